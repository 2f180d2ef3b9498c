"""Who may do what: tokens, scopes, and the check that every route passes."""

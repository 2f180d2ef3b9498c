"""The one way to addresses that a user chose: actions and notifications go through here."""

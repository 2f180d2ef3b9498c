"""The installed actions as people meet them: their forms, in either language, and what fits in."""

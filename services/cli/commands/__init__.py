"""The commands, a module per first word; loaded when the word is typed."""

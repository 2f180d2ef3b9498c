"""What the pages keep for people: the views that they save."""

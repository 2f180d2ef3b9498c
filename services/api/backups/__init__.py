"""Records of backups: what runs tell of them, how people see them."""

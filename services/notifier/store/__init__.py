"""The SQL of the notifier, the only writer of the tables in schema `notify`."""

"""The SQL of the log writer, the only writer of the tables in schema `log`."""

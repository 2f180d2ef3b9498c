"""`python -m services.log_writer` runs one log writer."""

from services.log_writer.app import main

main()

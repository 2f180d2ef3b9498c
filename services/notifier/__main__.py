"""`python -m services.notifier` runs one notifier."""

from services.notifier.app import main

main()

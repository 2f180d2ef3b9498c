"""`python -m services.bus_keeper` runs one keeper of the bus."""

from services.bus_keeper.app import main

main()

"""`python -m services.api`: run the API."""

from services.api.app import main

if __name__ == "__main__":
    main()

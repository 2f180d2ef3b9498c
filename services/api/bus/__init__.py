"""What the API says and asks over the bus, and what it answers there."""

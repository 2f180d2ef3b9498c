"""What watches over the system: scrape configuration, rules and their tests, and the catalogue."""

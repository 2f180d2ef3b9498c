"""Call a URL: what `http_request` does, and what other actions that speak HTTP use of it."""

"""plantverse twins/sync."""

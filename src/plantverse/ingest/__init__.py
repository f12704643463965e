"""plantverse ingest."""

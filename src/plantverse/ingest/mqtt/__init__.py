"""plantverse ingest/mqtt."""

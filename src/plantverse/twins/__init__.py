"""plantverse twins."""

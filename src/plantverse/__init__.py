"""plantverse package."""

"""plantverse platform."""

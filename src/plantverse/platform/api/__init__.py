"""plantverse platform/api."""

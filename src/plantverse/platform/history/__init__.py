"""plantverse platform/history."""

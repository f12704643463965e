"""plantverse twins/interop."""

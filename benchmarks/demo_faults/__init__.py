"""How well detectors find the demo plant's faults, beside controls; see `__main__` for the command."""

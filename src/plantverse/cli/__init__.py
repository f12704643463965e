"""The command line: `plantverse run`, and groups for plants, data, users, the audit log and the state of the machine.

Commands import what they need when they run, so that `plantverse --help` is quick.
"""

from plantverse.cli.app import app, main

__all__ = ["app", "main"]

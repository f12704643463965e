"""Reads and commands a running server from Python: newest values, live changes, history as numpy, commands.

`connect` is the way in. REST goes through `rest.py`, live values through `feed.py`, which is sans-IO; `live.py` has its
two shells, one blocking and one for asyncio.
"""

from plantverse.client.client import Client, connect
from plantverse.client.results import Buckets, Change, Outcome, Reading, Series, Snapshot

__all__ = ["Buckets", "Change", "Client", "Outcome", "Reading", "Series", "Snapshot", "connect"]

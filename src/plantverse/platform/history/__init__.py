"""Durable samples, events and documents: the store Protocol, the embedded DuckDB store, and the writer behind the loop.

`DuckDbStore` lives in `duckdb_store`, imported where it is opened: DuckDB alone takes .17 s.
"""

from plantverse.platform.history.store import Buckets, HistoryStore, LastState, Series, StoredEvent
from plantverse.platform.history.writer import HistoryWriter, WriterState

__all__ = ["Buckets", "HistoryStore", "HistoryWriter", "LastState", "Series", "StoredEvent", "WriterState"]

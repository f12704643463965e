"""Opens the history store that the settings name."""

from plantverse.platform.config import Settings
from plantverse.platform.config_file import secret
from plantverse.platform.history.store import HistoryStore


def open_store(settings: Settings) -> HistoryStore:
    """Return the store of one server; its packages are imported only now.

    Raises:
        ConfigInvalid: A file with a token or a password cannot be read.
        HistoryUnavailable: Another process has it open, a file is damaged, or the folder cannot be used.
    """
    memory_limit = f"{settings.history.memory_limit_mb}MB"
    if settings.history.store == "duckdb":
        from plantverse.platform.history.duckdb_store import DuckDbStore

        return DuckDbStore(settings.history_path, memory_limit=memory_limit)
    from plantverse.platform.history.influx_http import InfluxOptions
    from plantverse.platform.history.influx_store import InfluxStore

    influx = settings.influx
    options = InfluxOptions(
        url=influx.url,
        database=influx.database,
        bucket=influx.bucket,
        org=influx.org,
        token=secret(influx.token_file, "influx.token_file"),
        user=influx.user,
        password=secret(influx.password_file, "influx.password_file"),
        timeout_s=influx.timeout_s,
    )
    return InfluxStore(settings.history_path, options, max_spool_bytes=influx.spool_mb << 20, memory_limit=memory_limit)

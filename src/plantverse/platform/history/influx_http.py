"""The wire to InfluxDB: line protocol out, InfluxQL back, and what its refusals mean.

Writes go to `/api/v2/write` through influxdb-client where a bucket is named, else to `/write` of 1.x. Questions are
InfluxQL over `/query`, the one language that 1.x, 2.x with a DBRP mapping and 3.x share.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import httpx
import msgspec

from plantverse.errors import HistoryUnavailable

_Answered = TypeVar("_Answered")

_STATEMENTS_PER_REQUEST = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class InfluxOptions:
    """Where InfluxDB is and who we are there.

    Attributes:
        url: `http://host:port` or `https://host:port`.
        database: Database for InfluxQL; with 2.x the one that the DBRP mapping names.
        bucket: Bucket for writes of the v2 interface; empty writes to `database` the 1.x way.
        org: Organisation of the bucket.
        token: API token; None where users or nobody are asked for.
        user: User of 1.x.
        password: Its password.
        timeout_s: Longest wait for an answer.
    """

    url: str
    database: str = "plantverse"
    bucket: str = ""
    org: str = ""
    token: str | None = field(default=None, repr=False)
    user: str = ""
    password: str | None = field(default=None, repr=False)
    timeout_s: float = 10.0


@dataclass(frozen=True, slots=True)
class Table:
    """One series of an answer: its tags and its columns by name."""

    tags: dict[str, str]
    columns: dict[str, list[Any]]


class PointsRefused(HistoryUnavailable):
    """InfluxDB will never take some of these points: too old for its retention, or a field of another type."""


class _Result(msgspec.Struct):
    statement_id: int = 0
    series: list[dict[str, Any]] = []
    error: str = ""


class _Answer(msgspec.Struct):
    results: list[_Result] = []


class InfluxServer:
    """Blocking calls; any thread may make them.

    Raises:
        HistoryUnavailable: Every method, when there is no answer or a refusal; the same call may work later, unless
            it is `PointsRefused`.
    """

    def __init__(self, options: InfluxOptions) -> None:
        self._options = options
        token = {"Authorization": f"Token {options.token}"} if options.token else {}
        self._http = httpx.Client(
            base_url=options.url.rstrip("/"),
            headers=token,
            auth=(options.user, options.password or "") if options.user else None,
            timeout=httpx.Timeout(options.timeout_s, connect=min(3.0, options.timeout_s)),
        )
        self._decoder = msgspec.json.Decoder(_Answer)
        self._v2 = _V2Writer(options) if options.bucket else None

    def write(self, body: bytes) -> None:
        """Store lines durably, as far as InfluxDB's own log goes."""
        if self._v2 is not None:
            status, text = self._reach(lambda: self._v2.write(body))  # type: ignore[union-attr]
        else:
            parameters = {"db": self._options.database, "precision": "ns"}
            answer = self._reach(lambda: self._http.post("/write", params=parameters, content=body))
            status, text = answer.status_code, answer.text
        if status >= 300:
            raise self._refusal(status, text, writing=True)

    def ask(self, statements: Sequence[str]) -> list[list[Table]]:
        """Return the tables of each InfluxQL statement."""
        found: list[list[Table]] = []
        for first in range(0, len(statements), _STATEMENTS_PER_REQUEST):
            asked = statements[first : first + _STATEMENTS_PER_REQUEST]
            answer = self._query(";".join(asked))
            if answer.status_code >= 300:
                raise self._refusal(answer.status_code, answer.text, writing=False)
            found += self._tables(answer.content, len(asked))
        return found

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()
        if self._v2 is not None:
            self._v2.close()

    def _query(self, text: str) -> httpx.Response:
        # An answer in one piece may be cut short by the server (max-row-limit) without a sign.
        parameters = {"db": self._options.database, "epoch": "ns", "chunked": "true"}
        return self._reach(lambda: self._http.post("/query", params=parameters, data={"q": text}))

    def _tables(self, content: bytes, statements: int) -> list[list[Table]]:
        try:
            results = [result for answer in self._decoder.decode_lines(content) for result in answer.results]
        except msgspec.DecodeError as exc:
            raise HistoryUnavailable(f"{self._options.url} does not answer as InfluxDB does: {exc}") from exc
        for error in (result.error for result in results if result.error):
            raise self._refusal(404 if "not found" in error else 500, error, writing=False)
        if {result.statement_id for result in results} != set(range(statements)):
            raise HistoryUnavailable(f"{self._options.url} answers InfluxQL, but not every statement")
        found: list[list[Table]] = [[] for _ in range(statements)]
        for result in results:
            found[result.statement_id] += [_table(series) for series in result.series]
        return found

    def _reach(self, call: Callable[[], _Answered]) -> _Answered:
        try:
            return call()
        except (httpx.HTTPError, OSError) as exc:
            problem = str(exc) or type(exc).__name__
            raise HistoryUnavailable(
                f"InfluxDB at {self._options.url} does not answer: {problem}",
                hint="is it running, and is influx.url right?",
            ) from exc

    def _refusal(self, status: int, text: str, *, writing: bool) -> HistoryUnavailable:
        where, said = f"InfluxDB at {self._options.url}", _message(text)
        if status in {401, 403}:
            return HistoryUnavailable(
                f"{where} does not let us in: {said}", hint="see influx.token_file, or influx.user and its password"
            )
        if status == 404:
            name = self._options.bucket if writing and self._options.bucket else self._options.database
            return HistoryUnavailable(
                f"{where} has no {name!r} for us: {said}", hint="see docs/how-to/influxdb.md for how to make it"
            )
        if writing and status in {400, 422}:
            return PointsRefused(f"{where} refused points: {said}")
        return HistoryUnavailable(f"{where} answers {status}: {said}")


class _V2Writer:
    """influxdb-client, which costs .45 s to import and so is imported only for who uses it."""

    def __init__(self, options: InfluxOptions) -> None:
        try:
            from influxdb_client.client.influxdb_client import InfluxDBClient
            from influxdb_client.client.write_api import SYNCHRONOUS
            from influxdb_client.rest import ApiException
            from urllib3.exceptions import HTTPError
        except ImportError as exc:
            raise HistoryUnavailable(
                "writing to a bucket needs influxdb-client", hint="pip install 'plantverse[influx]'"
            ) from exc
        self._refused, self._unreachable = ApiException, HTTPError
        self._bucket = options.bucket
        self._client = InfluxDBClient(
            options.url, token=options.token or "", org=options.org, timeout=round(options.timeout_s * 1e3)
        )
        self._writer = self._client.write_api(write_options=SYNCHRONOUS)

    def write(self, body: bytes) -> tuple[int, str]:
        try:
            self._writer.write(self._bucket, record=body)
        except self._refused as exc:
            return exc.status or 500, str(exc.body or exc.reason)
        except self._unreachable as exc:
            raise OSError(str(exc)) from exc
        return 204, ""

    def close(self) -> None:
        self._client.close()  # type: ignore[no-untyped-call]


def _table(series: dict[str, Any]) -> Table:
    names, rows = series["columns"], series.get("values", [])
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(names)
    return Table(series.get("tags", {}), {name: list(c) for name, c in zip(names, columns, strict=True)})


def _message(text: str) -> str:
    try:
        told = json.loads(text)
    except ValueError:
        return text.strip()[:200]
    return str(told.get("error") or told.get("message") or text)[:200] if isinstance(told, dict) else text[:200]

"""`plantverse ai watch`: a detector on a running plant, in a process of its own: it can never hold up the server."""

import asyncio
import json
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Annotated

import typer

from plantverse._clock import SystemClock
from plantverse.cli.ai import MODELS, Models, shares_text
from plantverse.cli.options import DEFAULT_URL, AsJson, Ca, Token, Url, client_of
from plantverse.cli.output import iso, none_for_nan, number
from plantverse.twins.selector_text import MAX_LENGTH, MAX_TERMS

if TYPE_CHECKING:
    from plantverse.ai.detectors import Detector, Verdict
    from plantverse.ai.live import LiveRows
    from plantverse.cli.ai_publish import ScorePublisher
    from plantverse.client import Client

LINK = " or "


def watch(
    name: Annotated[str, typer.Argument(help="Of the model.")],
    model_version: Annotated[int, typer.Option(help="Of the model; the newest by default.")] = 0,
    model_hash: Annotated[str, typer.Option(help="Refuse any model but the one with this hash.")] = "",
    publish: Annotated[str, typer.Option(help="Broker that scores are sent to, mqtt://HOST:PORT.")] = "",
    topic: Annotated[str, typer.Option(help="Where to; plantverse/anomaly/NAME by default.")] = "",
    every_row: Annotated[bool, typer.Option("--every-row", help="Print all rows, not only changes of alarm.")] = False,
    count: Annotated[int, typer.Option(help="End after so many rows; 0 goes on.")] = 0,
    models: Models = MODELS,
    url: Url = DEFAULT_URL,
    token: Token = "",
    ca: Ca = None,
    as_json: AsJson = False,
) -> None:
    """Judge a running plant row by row; with --publish the scores become telemetry. Ctrl-C ends it."""
    from plantverse.ai.detectors import load_detector, spacing_of
    from plantverse.ai.models import ModelRegistry

    model = ModelRegistry(models).load(name, model_version or None, model_hash)
    detector, spacing = load_detector(model), spacing_of(model)
    with ExitStack() as stack:
        client = stack.enter_context(client_of(url, token, ca))
        publisher = None
        if publish:
            from plantverse.cli.ai_publish import ScorePublisher

            publisher = stack.enter_context(ScorePublisher(publish, topic or f"plantverse/anomaly/{name}"))
        printer = _Printer(detector.columns.names, every_row=every_row, as_json=as_json)
        with suppress(KeyboardInterrupt):
            asyncio.run(_judge(client, detector, spacing, printer, publisher, count))


async def _judge(
    client: "Client",
    detector: "Detector",
    spacing: tuple[float, float],
    printer: "_Printer",
    publisher: "ScorePublisher | None",
    count: int,
) -> None:
    from plantverse.ai.live import LiveRows, Steps

    clock, names = SystemClock(), detector.columns.names
    rows = LiveRows(names, spacing[1])
    steps = Steps(spacing[0], clock.time_ns() / 1e3)
    readers = [asyncio.create_task(_read(client, selector, rows, clock)) for selector in selectors(names)]
    judged = 0
    try:
        while not count or judged < count:
            wait_s = steps.wait_s(clock.time_ns() / 1e3)
            await asyncio.wait(readers, timeout=wait_s, return_when=asyncio.FIRST_COMPLETED)
            for reader in readers:
                if reader.done():
                    reader.result()
            at_us = steps.take(clock.time_ns() / 1e3)
            if at_us is None:
                continue
            verdict = detector.update(rows.row(at_us))
            judged += 1
            printer.show(at_us, verdict, skipped=steps.skipped)
            if publisher is not None:
                publisher.publish(at_us, verdict, names)
    finally:
        for reader in readers:
            reader.cancel()
        await asyncio.gather(*readers, return_exceptions=True)
        dropped = publisher.dropped if publisher is not None else 0
        typer.echo(f"{judged} rows judged, {steps.skipped} skipped, {dropped} scores not sent", err=True)


async def _read(client: "Client", selector: str, rows: "LiveRows", clock: SystemClock) -> None:
    async for change in client.watch_async(selector):
        # The age is by the server's clock, so that ours may be wrong.
        at_us = clock.time_ns() / 1e3 - (change.age_s or 0.0) * 1e6
        value = None if change.value is None or change.quality.startswith("bad") else float(change.value)
        rows.take(change.signal, value, at_us)


def selectors(names: tuple[str, ...]) -> list[str]:
    """Return selectors that together name these signals, each within what the server takes.

    Example:
        >>> selectors(("p1:flow", "p2:flow"))
        ['p1:flow or p2:flow']
    """
    found: list[list[str]] = [[]]
    for name in names:
        joined = LINK.join([*found[-1], name])
        if found[-1] and (len(joined) > MAX_LENGTH or len(found[-1]) == MAX_TERMS):
            found.append([])
        found[-1].append(name)
    return [LINK.join(part) for part in found]


class _Printer:
    def __init__(self, names: tuple[str, ...], *, every_row: bool, as_json: bool) -> None:
        self._names, self._every_row, self._as_json = names, every_row, as_json
        self._alarm = False

    def show(self, at_us: float, verdict: "Verdict", *, skipped: int) -> None:
        """Print what changed, or every row."""
        from plantverse.ai.episodes import most_blamed

        changed, self._alarm = verdict.alarm != self._alarm, verdict.alarm
        if not (changed or self._every_row):
            return
        most = most_blamed(verdict, self._names)
        score = none_for_nan(verdict.score)
        if self._as_json:
            line = {"time": iso(at_us), "score": score, "alarm": verdict.alarm, "blamed": most, "skipped": skipped}
            typer.echo(json.dumps(line, ensure_ascii=False))
            return
        typer.echo(
            f"{iso(at_us)}  {'ALARM' if verdict.alarm else 'normal'}  {number(score)}  {shares_text(most)}".rstrip()
        )

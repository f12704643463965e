"""`plantverse ai`: learn what is normal, judge rows by it, and judge the detectors themselves."""

import csv
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
import typer

from plantverse.cli.options import DEFAULT_URL, AsJson, Ca, Token, Url, client_of
from plantverse.cli.output import iso, number, show_json, show_table
from plantverse.errors import ConfigInvalid

if TYPE_CHECKING:
    from plantverse.ai.detectors import Verdict
    from plantverse.ai.grid import Samples

Files = Annotated[
    list[Path] | None, typer.Option("--file", help="A .csv or .parquet of `plantverse data export`; may be repeated.")
]
Select = Annotated[str, typer.Option(help="Instead of files: signals of a running server, as 'type:Pump'.")]
Start = Annotated[str, typer.Option(help="With --select: ISO 8601, seconds since 1970, or -10m, -2h, -1d.")]
End = Annotated[str, typer.Option(help="As --start, or now.")]
Models = Annotated[Path, typer.Option(help="Folder of saved models.")]
MODELS = Path(".plantverse/models")
HOLD = 10
"""Steps that a value is good for where --hold does not say."""


def fit(
    name: Annotated[str, typer.Argument(help="Of the model; each fit is a new version of it.")],
    file: Files = None,
    select: Select = "",
    start: Start = "-24h",
    end: End = "now",
    every: Annotated[float, typer.Option(help="Seconds from row to row.")] = 1.0,
    hold: Annotated[float, typer.Option(help="Seconds that a value is good for; ten rows by default.")] = 0.0,
    method: Annotated[str, typer.Option(help="mewma, mewma-bank, pca-ewma, var-cusum, pca or dpca.")] = "mewma",
    rate: Annotated[float, typer.Option(help="Share of normal rows that may raise an alarm.")] = 0.001,
    mode: Annotated[
        list[str] | None,
        typer.Option(help="Signal whose values tell regimes apart, each with its own normal; may be repeated."),
    ] = None,
    settle: Annotated[float, typer.Option(help="With --mode: seconds after a change that are not judged.")] = 60.0,
    models: Models = MODELS,
    url: Url = DEFAULT_URL,
    token: Token = "",
    ca: Ca = None,
    as_json: AsJson = False,
) -> None:
    """Learn what is normal from samples of normal operation, and save it."""
    from plantverse.ai.detectors import fit as learn
    from plantverse.ai.detectors import save_detector
    from plantverse.ai.grid import grid
    from plantverse.ai.models import ModelRegistry

    hold = hold or HOLD * every
    parts = _samples(file, select, start, end, url, token, ca)
    names = sorted({signal for part in parts for signal in part})
    runs = [run for part in parts for run in grid(part, names, every_s=every, hold_s=hold).runs()]
    detector = learn(method, runs, names, rate=rate, modes=mode or (), settle=round(settle / every))
    entry = ModelRegistry(models).save(name, save_detector(detector, {"every_s": every, "hold_s": hold}))
    report = detector.report
    if as_json:
        show_json({"name": name, "version": entry.version, "hash": entry.hash, "method": method, "report": report})
        return
    typer.echo(
        f"{name} version {entry.version}: {method} on {len(names) - len(report['ignored'])} signals, "
        f"{report['rows']} rows; {report['held_out_rate']:.2%} of rows held out were beyond the limits "
        f"({rate:.2%} wanted)\nhash {entry.hash}"
    )
    for column, why in report["ignored"].items():
        typer.echo(f"not watched: {column}: {why}")


def score(
    name: Annotated[str, typer.Argument(help="Of the model.")],
    file: Files = None,
    start: Start = "-1h",
    end: End = "now",
    model_version: Annotated[int, typer.Option(help="Of the model; the newest by default.")] = 0,
    model_hash: Annotated[str, typer.Option(help="Refuse any model but the one with this hash.")] = "",
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="CSV for every row: time, score, alarm, share of each signal.")
    ] = None,
    models: Models = MODELS,
    url: Url = DEFAULT_URL,
    token: Token = "",
    ca: Ca = None,
    as_json: AsJson = False,
) -> None:
    """Judge samples by a saved model; without --file those of the model's signals on a running server."""
    from plantverse.ai.detectors import load_detector, spacing_of
    from plantverse.ai.episodes import Tally
    from plantverse.ai.grid import grid
    from plantverse.ai.models import ModelRegistry

    model = ModelRegistry(models).load(name, model_version or None, model_hash)
    detector = load_detector(model)
    names, (every_s, hold_s) = detector.columns.names, spacing_of(model)
    tally = Tally(names=names)
    with ExitStack() as stack:
        write = None if out is None else stack.enter_context(_table(out, names))
        for part in _samples(file, "", start, end, url, token, ca, signals=names):
            rows = grid(part, names, every_s=every_s, hold_s=hold_s)
            detector.reset()
            tally.end_run()
            for at_us, row in zip(rows.time_us, rows.rows, strict=True):
                verdict = detector.update(row)
                tally.take(at_us, verdict)
                if write is not None:
                    write(at_us, verdict)
    counts = {"rows": tally.rows, "not_judged": tally.not_judged, "alarm_rows": tally.alarm_rows}
    if as_json:
        alarms = [
            {"from": iso(e.start_us), "to": iso(e.end_us), "rows": e.rows, "peak": e.peak, "blamed": e.blamed}
            for e in tally.episodes
        ]
        show_json({**counts, "alarms": alarms})
        return
    show_table(
        ("from", "to", "rows", "peak", "most to do with it"),
        ((iso(e.start_us), iso(e.end_us), str(e.rows), number(e.peak), shares_text(e.blamed)) for e in tally.episodes),
    )
    typer.echo("{rows} rows, {alarm_rows} in alarm, {not_judged} without a value to judge".format(**counts), err=True)


def evaluate(
    data: Annotated[Path, typer.Option("--data", help="Folder with skab/ and tep/, or any part of them.")],
    method: Annotated[
        list[str] | None,
        typer.Option(help="Detector or control (random, all-positive); repeatable. All by default."),
    ] = None,
    rate: Annotated[float, typer.Option(help="False-alarm rate that each is asked to keep.")] = 0.01,
    seeds: Annotated[int, typer.Option(help="Draws; mean and worst of them are told.")] = 5,
    missing: Annotated[float, typer.Option(help="Share of values to drop before scoring.")] = 0.0,
    as_json: Annotated[Path | None, typer.Option("--json", help="Write everything to this file.")] = None,
) -> None:
    """Judge detectors and controls on public data by one protocol: limits from training rows, no point adjustment."""
    from plantverse.ai.evaluate import evaluate as judge

    found = judge(
        data, method or (), rate=rate, seeds=seeds, missing=missing, note=lambda text: typer.echo(text, err=True)
    )
    if as_json is not None:
        as_json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    figures = ("f1", "far", "mar", "vus_pr", "event_recall", "false_episodes", "median_delay", "top1")
    show_table(
        ("set", "method", *figures, "causal"),
        (
            (name, kind, *(number(summary["mean"].get(f)) for f in figures), "yes" if summary["causal"] else "NO")
            for name, methods in found["sets"].items()
            for kind, summary in methods.items()
        ),
    )


def _samples(
    files: list[Path] | None,
    select: str,
    start: str,
    end: str,
    url: str,
    token: str,
    ca: Path | None,
    signals: tuple[str, ...] = (),
) -> list[dict[str, "Samples"]]:
    """Return samples by signal: one part per file, or one from the server."""
    from plantverse.ai.grid import Samples
    from plantverse.cli.export import pages
    from plantverse.cli.samples import read_samples
    from plantverse.twins.quality import describe

    if files:
        return [read_samples(path) for path in files]
    if not (select or signals):
        raise ConfigInvalid("nothing to learn from: expected --file or --select")
    bad = np.array([describe(code).startswith("bad") for code in range(192)])
    found = {}
    with client_of(url, token, ca) as client:
        for signal in signals or client.latest(select):
            page = list(pages(client, signal, start, end))
            quality = np.concatenate([p.quality for p in page])
            value = np.where(bad[quality], np.nan, np.concatenate([p.value for p in page]))
            found[signal] = Samples(time_us=np.concatenate([p.observed_us for p in page]), value=value)
    return [found]


def shares_text(shares: dict[str, float]) -> str:
    """Return shares as people read them.

    Example:
        >>> shares_text({"p1:flow": 0.75, "p1:speed": 0.25})
        'p1:flow 75%, p1:speed 25%'
    """
    return ", ".join(f"{name} {share:.0%}" for name, share in shares.items())


@contextmanager
def _table(out: Path, names: tuple[str, ...]) -> "Iterator[Callable[[float, Verdict], None]]":
    """Yield what writes one row of a CSV file."""
    with out.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("time", "score", "alarm", *names))

        def write(at_us: float, verdict: "Verdict") -> None:
            known = "" if np.isnan(verdict.score) else f"{verdict.score:.6g}"
            writer.writerow((iso(at_us), known, int(verdict.alarm), *(f"{c:.4f}" for c in verdict.contributions)))

        yield write

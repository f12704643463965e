"""`plantverse ai`: learn what is normal, judge rows by it, and judge the detectors themselves."""

import csv
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer

from plantverse.cli.options import DEFAULT_URL, AsJson, Ca, Token, Url, client_of
from plantverse.cli.output import iso, number, show_json, show_table
from plantverse.errors import ConfigInvalid

if TYPE_CHECKING:
    from plantverse.ai.detectors import Detector, Verdict
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
BLAMED = 3
"""Columns named per alarm."""


def fit(
    name: Annotated[str, typer.Argument(help="Of the model; each fit is a new version of it.")],
    file: Files = None,
    select: Select = "",
    start: Start = "-24h",
    end: End = "now",
    every: Annotated[float, typer.Option(help="Seconds from row to row.")] = 1.0,
    hold: Annotated[float, typer.Option(help="Seconds that a value is good for; ten rows by default.")] = 0.0,
    method: Annotated[str, typer.Option(help="mewma, pca-ewma, var-cusum, pca or dpca.")] = "mewma",
    rate: Annotated[float, typer.Option(help="Share of normal rows that may raise an alarm.")] = 0.001,
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
    detector = learn(method, runs, names, rate=rate)
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
    from plantverse.ai.detectors import load_detector
    from plantverse.ai.grid import grid
    from plantverse.ai.models import ModelRegistry
    from plantverse.ai.stretches import stretches

    model = ModelRegistry(models).load(name, model_version or None, model_hash)
    detector = load_detector(model)
    names, extra = detector.columns.names, model.facts["extra"]
    episodes: list[dict[str, Any]] = []
    judged: list[tuple[float, Verdict]] = []
    for part in _samples(file, "", start, end, url, token, ca, signals=names):
        rows = grid(part, names, every_s=extra["every_s"], hold_s=extra["hold_s"])
        detector.reset()
        verdicts = [detector.update(row) for row in rows.rows]
        alarms = np.array([v.alarm for v in verdicts], np.bool_)
        episodes += [_episode(detector, rows.time_us[a:b], verdicts[a:b]) for a, b in stretches(alarms)]
        judged += zip(rows.time_us.tolist(), verdicts, strict=True)
    if out is not None:
        _write(out, names, judged)
    unknown = sum(bool(np.isnan(v.score)) for _, v in judged)
    alarmed = sum(v.alarm for _, v in judged)
    if as_json:
        show_json({"rows": len(judged), "not_judged": unknown, "alarm_rows": alarmed, "alarms": episodes})
        return
    show_table(
        ("from", "to", "rows", "peak", "most to do with it"),
        (_cells(e) for e in episodes),
    )
    typer.echo(f"{len(judged)} rows, {alarmed} in alarm, {unknown} without a value to judge", err=True)


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


def _episode(detector: "Detector", time_us: "np.ndarray[Any, Any]", verdicts: list["Verdict"]) -> dict[str, Any]:
    """Return one stretch of alarm rows; the blame is that of its first row, before it spreads."""
    shares = verdicts[0].contributions
    most = np.argsort(-shares, kind="stable")[:BLAMED]
    return {
        "from": iso(time_us[0]),
        "to": iso(time_us[-1]),
        "rows": len(verdicts),
        "peak": max(v.score for v in verdicts),
        "blamed": {detector.columns.names[i]: float(shares[i]) for i in most if shares[i] > 0},
    }


def _cells(episode: dict[str, Any]) -> tuple[str, ...]:
    blamed = ", ".join(f"{name} {share:.0%}" for name, share in episode["blamed"].items())
    return episode["from"], episode["to"], str(episode["rows"]), number(episode["peak"]), blamed


def _write(out: Path, names: tuple[str, ...], judged: list[tuple[float, "Verdict"]]) -> None:
    with out.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("time", "score", "alarm", *names))
        for at, verdict in judged:
            known = "" if np.isnan(verdict.score) else f"{verdict.score:.6g}"
            writer.writerow((iso(at), known, int(verdict.alarm), *(f"{c:.4f}" for c in verdict.contributions)))

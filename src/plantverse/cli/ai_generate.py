"""`plantverse ai generate`: learn to make windows of a plant, make them, and judge how real they are."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from plantverse.cli.ai import HOLD, MODELS, Models
from plantverse.cli.options import AsJson
from plantverse.cli.output import number, show_json, show_table
from plantverse.errors import ConfigInvalid

if TYPE_CHECKING:
    from plantverse.ai.generate import Recorded

Runs = Annotated[Path | None, typer.Option("--runs", help="A .npz of `plantverse sim record`.")]
Length = Annotated[int, typer.Option(help="Rows of a window.")]
Steps = Annotated[int, typer.Option(help="Of training; 0 takes the method's own choice.")]


def fit(
    name: Annotated[str, typer.Argument(help="Of the model; each fit is a new version of it.")],
    runs: Runs = None,
    file: Annotated[
        list[Path] | None,
        typer.Option("--file", help="Normal operation: a .csv or .parquet of `plantverse data export`; repeatable."),
    ] = None,
    fault: Annotated[
        list[str] | None,
        typer.Option(
            "--fault", help="KIND=FILE or KIND@SEVERITY=FILE: with a fault from its first row on; repeatable."
        ),
    ] = None,
    plant: Annotated[Path | None, typer.Option(help="Plant file whose twins know ranges, codes and counters.")] = None,
    every: Annotated[float, typer.Option(help="Of files: seconds from row to row.")] = 1.0,
    hold: Annotated[float, typer.Option(help="Of files: seconds a value is good for; ten rows by default.")] = 0.0,
    length: Length = 24,
    stride: Annotated[int, typer.Option(help="Rows from window to window; 0 is a quarter of the length.")] = 0,
    method: Annotated[
        str, typer.Option(help="var-gaussian, flow, jitter, smote, block-bootstrap or replay.")
    ] = "var-gaussian",
    steps: Steps = 0,
    seed: Annotated[int, typer.Option(help="Of the training.")] = 0,
    models: Models = MODELS,
    as_json: AsJson = False,
) -> None:
    """Learn windows of a plant with their faults, and save what was learned."""
    from plantverse.ai.generate import cut, save_generator
    from plantverse.ai.generate import fit as learn
    from plantverse.ai.models import ModelRegistry

    recorded = _recorded(runs, file or [], fault or [], plant, every, hold or HOLD * every)
    windows = cut(
        recorded.runs,
        recorded.columns,
        length=length,
        stride=stride or max(1, length // 4),
        every_s=recorded.every_s,
    )
    generator = learn(method, windows, rules=recorded.rules, seed=seed, steps=steps)
    entry = ModelRegistry(models).save(name, save_generator(generator))
    seen = generator.seen.facts()
    if as_json:
        show_json(
            {
                "name": name,
                "version": entry.version,
                "hash": entry.hash,
                "method": generator.kind,
                "seen": seen,
                "report": generator.report,
            }
        )
        return
    typer.echo(
        f"{name} version {entry.version}: {generator.kind} from {len(windows)} windows of {length} rows and "
        f"{len(windows.columns)} columns, {windows.dropped} left out for missing values\nhash {entry.hash}"
    )
    for column in generator.report["constant"]:
        typer.echo(f"never moves: {column}")
    show_table(
        ("fault", "windows", "severity", "onset"),
        ((f, str(s["windows"]), _span(s["severity"]), _span(s["onset"])) for f, s in seen.items()),
    )


def sample(
    name: Annotated[str, typer.Argument(help="Of the model.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="A .npz, .csv, .parquet or .jsonl file.")],
    n: Annotated[int, typer.Option("--n", help="Windows.")] = 100,
    fault: Annotated[str, typer.Option(help="Kind of fault; `fit` lists what was seen.")] = "normal",
    severity: Annotated[float, typer.Option(help="Above 0 and at most 1.")] = 1.0,
    onset: Annotated[
        float, typer.Option(help="Row of the window at which the fault begins; negative: so many rows before it.")
    ] = 0.0,
    seed: Annotated[int, typer.Option(help="The same seed makes the same windows.")] = 0,
    first: Annotated[int, typer.Option(help="Number of the first window of that seed.")] = 0,
    model_version: Annotated[int, typer.Option(help="Of the model; the newest by default.")] = 0,
    model_hash: Annotated[str, typer.Option(help="Refuse any model but the one with this hash.")] = "",
    topic: Annotated[str, typer.Option(help="Of .jsonl: what stands before the twin's id.")] = "synthetic",
    start_ms: Annotated[int, typer.Option(help="Of .jsonl: time of the first row, ms since 1970.")] = 0,
    models: Models = MODELS,
) -> None:
    """Make windows of a wanted fault, each marked with who made it, and write them to a file."""
    from plantverse.ai.generate import Condition, load_generator
    from plantverse.ai.generate.output import write_sampled
    from plantverse.ai.models import ModelRegistry

    registry = ModelRegistry(models)
    version = model_version or max(registry.versions(name), default=0)
    model = registry.load(name, version or None, model_hash)
    generator = load_generator(model, name=name, version=version)
    made = generator.sample(n, Condition(fault=fault, severity=severity, onset=onset), seed, first=first)
    write_sampled(out, made, start_ms=start_ms, topic=topic, rules=generator.shape.rules)
    typer.echo(
        f"{n} windows of {generator.shape.length} rows by {made.generator} version {version} written to {out}", err=True
    )


def evaluate(
    runs: Runs = None,
    data: Annotated[Path | None, typer.Option("--data", help="Folder with tep/, or any part of it.")] = None,
    method: Annotated[list[str] | None, typer.Option(help="Repeatable; all by default. Replay always runs.")] = None,
    length: Length = 24,
    seeds: Annotated[int, typer.Option(help="Trainings of each method; mean and worst of them are told.")] = 3,
    steps: Steps = 0,
    lift: Annotated[int, typer.Option(help="Draws of the fault lift on tep/; 0 leaves it out.")] = 0,
    as_json: Annotated[Path | None, typer.Option("--json", help="Write everything to this file, as it comes.")] = None,
) -> None:
    """Judge generators beside controls on runs that they did not learn from; fails where a replay is not caught."""
    from plantverse.ai.generate import read_recordings
    from plantverse.ai.generate.evaluate import Case, fault_lift, tep_runs
    from plantverse.ai.generate.evaluate import evaluate as judge

    if runs is None and data is None:
        raise ConfigInvalid("nothing to judge on: expected --runs or --data")
    cases = []
    if runs is not None:
        cases.append(Case(name=runs.stem, recorded=read_recordings(runs), by_run=True))
    if data is not None:
        cases.append(Case(name="tep", recorded=tep_runs(data), by_run=False))

    def note(text: str) -> None:
        typer.echo(text, err=True)

    def keep(so_far: dict[str, Any]) -> None:
        if as_json is not None:
            as_json.write_text(json.dumps(so_far, indent=1) + "\n", encoding="utf-8")

    found = judge(cases, method or (), length=length, seeds=seeds, steps=steps, note=note, keep=keep)
    if lift and data is not None:
        tried = [kind for kind in found["cases"]["tep"] if kind != "replay"]
        found["lift"] = fault_lift(cases[-1], tried, length=length, draws=lift, steps=steps, note=note)
    keep(found)
    figures = ("worst_judge", "nearer_to_training", "memorisation_passed", "precision", "recall", "type_ratio")
    show_table(
        ("data", "method", *figures),
        (
            (case, kind, *(number(summary["mean"].get(f)) for f in figures))
            for case, by in found["cases"].items()
            for kind, summary in by.items()
        ),
    )
    if "lift" in found:
        _show_lift(found["lift"])


def _show_lift(lift: dict[str, Any]) -> None:
    show_table(
        ("classifier", "learns also from", "macro-F1", "over jitter"),
        (
            (classifier, name, number(s["mean"]), number(s["over_jitter"]["mean"]))
            for classifier, by in lift["classifiers"].items()
            for name, s in by.items()
        ),
    )


def _recorded(
    runs: Path | None, files: list[Path], faults: list[str], plant: Path | None, every_s: float, hold_s: float
) -> "Recorded":
    """Return runs of the file that `sim record` wrote, or of exported samples."""
    from plantverse.ai.generate import Recorded, Recording, read_recordings, rules_of_twins
    from plantverse.ai.grid import grid
    from plantverse.cli.samples import read_samples

    if (runs is None) == (not files):
        raise ConfigInvalid("nothing to learn from: expected either --runs or --file")
    if runs is not None:
        if faults:
            raise ConfigInvalid("--fault belongs to --file; --runs knows its faults")
        recorded = read_recordings(runs)
        columns, every_s, known = recorded.columns, recorded.every_s, recorded.runs
        rules = dict(recorded.rules)
    else:
        parts = [("normal", 0.0, path) for path in files] + [_fault(text) for text in faults]
        samples = [read_samples(path) for _, _, path in parts]
        columns = tuple(sorted({signal for part in samples for signal in part}))
        rows = [grid(part, columns, every_s=every_s, hold_s=hold_s).rows for part in samples]
        known = tuple(
            Recording(name=path.name, rows=table, fault=kind, severity=severity)
            for (kind, severity, path), table in zip(parts, rows, strict=True)
        )
        rules = {}
    if plant is not None:
        from plantverse.twins.interop import read_plant

        rules |= rules_of_twins(read_plant(plant).spec.twins, columns)
    return Recorded(runs=known, columns=columns, every_s=every_s, rules=rules)


def _fault(text: str) -> tuple[str, float, Path]:
    """Return kind, severity and file of `KIND=FILE` or `KIND@SEVERITY=FILE`."""
    head, equals, path = text.partition("=")
    kind, at, severity = head.partition("@")
    try:
        level = float(severity) if at else 1.0
    except ValueError:
        level = -1.0
    if not (kind and equals and path and 0 < level <= 1):
        raise ConfigInvalid(f"--fault {text}: expected KIND=FILE or KIND@SEVERITY=FILE, severity above 0, at most 1")
    return kind, level, Path(path)


def _span(span: list[float]) -> str:
    low, high = span
    return number(low) if low == high else f"{number(low)} to {number(high)}"

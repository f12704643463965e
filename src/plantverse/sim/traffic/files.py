"""Traffic in files: JSON lines with everything, CSV with times, topics and sizes.

The first line of `.jsonl` is `{"format": "plantverse.traffic.v1", "seconds", "origin", "topics": [...]}`; each further
one a message, `[at_s, topic number, bytes]`, with the payload in base64 behind it where it was captured.
"""

import base64
import binascii
import csv
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import numpy as np

from plantverse.errors import RequestInvalid
from plantverse.sim.traffic.events import Traffic

FORMAT: Final = "plantverse.traffic.v1"
COLUMNS: Final = ("at_s", "topic", "bytes")
SUFFIXES: Final = (".jsonl", ".csv")


def write_traffic(traffic: Traffic, path: Path) -> None:
    """Write a `.jsonl` or `.csv` file; times have microseconds.

    Raises:
        RequestInvalid: Another kind of file, or it cannot be written.
    """
    _check_kind(path)
    rows = zip(traffic.at_s.tolist(), traffic.topic.tolist(), traffic.size.tolist(), strict=True)
    try:
        with path.open("w", encoding="utf-8", newline="") as out:
            if path.suffix == ".csv":
                writer = csv.writer(out, lineterminator="\n")
                writer.writerow(COLUMNS)
                writer.writerows((f"{at_s:.6f}", traffic.topics[topic], size) for at_s, topic, size in rows)
                return
            head = {"format": FORMAT, "seconds": traffic.seconds, "origin": traffic.origin, "topics": traffic.topics}
            out.write(json.dumps(head, ensure_ascii=False) + "\n")
            if traffic.payloads is None:
                out.writelines(f"[{at_s:.6f},{topic},{size}]\n" for at_s, topic, size in rows)
            else:
                out.writelines(
                    f'[{at_s:.6f},{topic},{size},"{base64.b64encode(payload).decode()}"]\n'
                    for (at_s, topic, size), payload in zip(rows, traffic.payloads, strict=True)
                )
    except OSError as exc:
        raise RequestInvalid("file", expected="a file that can be written", got=f"{path}: {exc.strerror}") from exc


def read_traffic(path: Path) -> Traffic:
    """Return the traffic of a file that `write_traffic` or another program wrote, in order of time.

    Raises:
        RequestInvalid: It cannot be read; the message names the line.
    """
    _check_kind(path)
    try:
        with path.open(encoding="utf-8", newline="") as lines:
            return _read_csv(path, lines) if path.suffix == ".csv" else _read_lines(path, lines)
    except OSError as exc:
        raise RequestInvalid("file", expected="a file that can be read", got=f"{path}: {exc.strerror}") from exc
    except UnicodeDecodeError as exc:
        raise RequestInvalid("file", expected="UTF-8 text", got=f"{path}: {exc.reason}") from exc


def _read_lines(path: Path, lines: Iterable[str]) -> Traffic:
    head: dict[str, Any] | None = None
    rows: list[tuple[float, int, int]] = []
    payloads: list[bytes] = []
    for number, line in enumerate(lines, 1):
        try:
            told = json.loads(line)
            if head is None:
                head = _head(told)
                continue
            rows.append(_checked(float(told[0]), _known(int(told[1]), len(head["topics"])), int(told[2])))
            if len(told) > 3:
                payloads.append(base64.b64decode(told[3], validate=True))
        except (ValueError, TypeError, KeyError, IndexError, RecursionError, binascii.Error) as exc:
            expected = f'{{"format": "{FORMAT}", "topics": [...]}}' if head is None else "[at_s, topic number, bytes]"
            raise RequestInvalid(f"{path}:{number}", expected=expected, got=line.strip()) from exc
    if head is None:
        raise RequestInvalid(f"{path}:1", expected=f'{{"format": "{FORMAT}", "topics": [...]}}', got="nothing")
    if payloads and len(payloads) != len(rows):
        raise RequestInvalid(str(path), expected="a payload in every message or in none", got=len(payloads))
    return _ordered(
        rows, tuple(head["topics"]), head.get("seconds"), str(head.get("origin", path.name)), payloads or None
    )


def _read_csv(path: Path, lines: Iterable[str]) -> Traffic:
    topics: dict[str, int] = {}
    rows = []
    for number, cells in enumerate(csv.reader(lines), 1):
        if number == 1:
            if tuple(cells) != COLUMNS:
                raise RequestInvalid(f"{path}:1", expected=",".join(COLUMNS), got=",".join(cells))
            continue
        try:
            at_s, topic, size = cells
            rows.append(_checked(float(at_s), topics.setdefault(topic, len(topics)), int(size)))
        except ValueError as exc:
            raise RequestInvalid(f"{path}:{number}", expected="time, topic, bytes", got=",".join(cells)) from exc
    return _ordered(rows, tuple(topics), None, path.name, None)


def _head(told: Any) -> dict[str, Any]:
    if told["format"] != FORMAT or not all(isinstance(name, str) for name in told["topics"]):
        raise ValueError(FORMAT)
    return dict(told)


def _known(topic: int, count: int) -> int:
    if not 0 <= topic < count:
        raise ValueError(topic)
    return topic


def _checked(at_s: float, topic: int, size: int) -> tuple[float, int, int]:
    if not 0 <= at_s < float("inf") or not 0 <= size < 1 << 31:
        raise ValueError(at_s)
    return at_s, topic, size


def _ordered(
    rows: list[tuple[float, int, int]],
    topics: tuple[str, ...],
    seconds: float | None,
    origin: str,
    payloads: list[bytes] | None,
) -> Traffic:
    table = np.array(rows, np.float64).reshape(-1, 3)
    order = np.argsort(table[:, 0], kind="stable")
    at_s = table[order, 0]
    last_s = float(at_s[-1]) if len(at_s) else 0.0
    return Traffic(
        at_s=at_s,
        topic=table[order, 1].astype(np.int32),
        size=table[order, 2].astype(np.int32),
        topics=topics,
        seconds=max(float(seconds or 0.0), last_s),
        origin=origin,
        payloads=None if payloads is None else tuple(payloads[n] for n in order.tolist()),
    )


def _check_kind(path: Path) -> None:
    if path.suffix not in SUFFIXES:
        raise RequestInvalid("file", expected="a .jsonl or .csv file", got=path.name)

"""`plantverse ai bind|unbind|bound` as somebody types it, against a server that is a table of answers."""

import json
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

import plantverse.client
from plantverse.cli import app
from plantverse.errors import PlantverseError

ENTRY: dict[str, Any] = {
    "detector": "hall/pump-1:anomaly",
    "twin": "hall/pump-1",
    "name": "anomaly",
    "model": "pumps",
    "version": 2,
    "runs_on": "edge-1",
    "state": "watching",
    "message": "1 of its 9 signals are not in the plant: a:b",
    "signals": 8,
    "score": "hall/pump-1:anomaly.score",
    "shares": [{"signal": "hall/pump-1:motor.vibration", "share": 0.62}],
    "judged": 40,
    "skipped": 1,
    "dropped": 2,
    "late": 0,
    "lost": 3,
}
MODEL = {"model": "pumps", "versions": [1, 2], "method": "mewma", "signals": ["a:b"], "problem": ""}


class Answers:
    def __init__(self) -> None:
        self.asked: list[tuple[str, Any]] = []
        self.detectors: list[dict[str, Any]] = [ENTRY]

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix("/api/v1")
        self.asked.append((path, json.loads(request.content) if request.content else None))
        if path == "/me":
            return httpx.Response(200, json={"user": "vera", "role": "engineer"})
        if path == "/detectors/unbind" and not self.detectors:
            return httpx.Response(404, json={"code": "not_found", "message": "no detector anomaly at hall/pump-1"})
        return httpx.Response(200, json={"detectors": self.detectors, "worker": {}, "models": [MODEL]})


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Answers:
    answers = Answers()
    connect = plantverse.client.connect

    def connected(url: str, token: str | None = None, **options: Any) -> plantverse.client.Client:
        return connect(url, token, transport=httpx.MockTransport(answers))

    monkeypatch.setattr(plantverse.client, "connect", connected)
    return answers


def run(*arguments: str) -> str:
    result = CliRunner().invoke(app, ["ai", *arguments])
    if isinstance(result.exception, PlantverseError):
        raise result.exception
    assert result.exit_code == 0, (result.output, result.exception)
    return result.stdout


def test_bind_says_what_watches_and_where_the_score_is(server: Answers) -> None:
    told = run("bind", "hall/pump-1", "pumps", "--model-version", "2", "--limit", "1.5", "--on-delay", "9")
    assert told == (
        "hall/pump-1:anomaly watches 8 signals, 1 of its 9 signals are not in the plant: a:b; "
        "its score is hall/pump-1:anomaly.score\n"
    )
    path, body = server.asked[-1]
    assert (path, body["version"], body["limit"], body["on_delay_s"], body["off_delay_s"]) == (
        "/detectors/bind", 2, 1.5, 9.0, 30.0,
    )  # fmt: skip


def test_unbind_takes_away_and_a_refusal_is_said(server: Answers) -> None:
    assert run("unbind", "hall/pump-1") == "hall/pump-1:anomaly no longer watches\n"
    assert server.asked[-1] == ("/detectors/unbind", {"twin": "hall/pump-1", "name": "anomaly"})
    server.detectors = []
    with pytest.raises(PlantverseError, match="no detector anomaly"):
        run("unbind", "hall/pump-1")


def test_bound_lists_detectors_or_models(server: Answers) -> None:
    header, row = (line.split("\t") for line in run("bound").splitlines())
    assert dict(zip(header, row, strict=True)) == {
        "detector": "hall/pump-1:anomaly",
        "model": "pumps 2",
        "runs on": "edge-1",
        "state": "watching",
        "rows": "40",
        "dropped": "6",
        "blames": "hall/pump-1:motor.vibration 62%",
        "message": ENTRY["message"],
    }
    assert run("bound", "--models").splitlines()[1].split("\t")[:3] == ["pumps", "1, 2", "mewma"]
    assert json.loads(run("bound", "--json")) == [ENTRY]

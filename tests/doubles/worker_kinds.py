"""Kinds of models that misbehave on demand, to be run by a real worker."""

import os
import sys
import time
from typing import Any

from plantverse.ai.errors import ModelInvalid


class Echo:
    """Answers with the request; `crash`, `hang`, `raise`, `print` and `long` in it do what they say."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._asked = 0

    def facts(self) -> dict[str, Any]:
        return {"folder": self._folder, "pid": os.getpid()}

    def answer(self, body: dict[str, Any]) -> dict[str, Any]:
        self._asked += 1
        if body.get("crash"):
            os._exit(3)
        if body.get("hang"):
            time.sleep(3_600)
        if body.get("raise"):
            raise RuntimeError("the detector fell over")
        if body.get("print"):
            sys.stdout.write("a model that talks\n")
            sys.stdout.flush()
        if body.get("long"):
            return {"text": "x" * (1 << 25)}
        return {"echo": body, "asked": self._asked}


def open_echo(folder: str, expected_hash: str) -> Echo:
    if folder == "broken":
        raise ModelInvalid("model broken: changed since it was saved")
    return Echo(folder)


class Double:
    """A dummy policy: a second kind needs a runner like this one, a line in `kinds.py`, and nothing else."""

    def facts(self) -> dict[str, Any]:
        return {"actions": 2}

    def answer(self, body: dict[str, Any]) -> dict[str, Any]:
        return {"action": int(body["load"] > 0.5)}


def open_policy(folder: str, expected_hash: str) -> Double:
    return Double()

import importlib.util
import json
import sys
from pathlib import Path

import numpy as np
import pytest

from plantverse.twins.sync import frames, messages

ROOT = Path(__file__).parents[4]
GOLDEN = sorted((ROOT / "tests" / "golden" / "sync").glob("*.json"))


@pytest.fixture(scope="module")
def generate():
    spec = importlib.util.spec_from_file_location("viewer_generate", ROOT / "viewer" / "generate.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


def test_checked_in_types_are_what_the_messages_say(generate):
    assert generate.TYPES.read_text(encoding="utf-8") == generate.typescript(), "run: python viewer/generate.py"


def test_checked_in_golden_messages_are_fresh(generate):
    fresh = dict(generate.golden())
    assert {path.name: path.read_text(encoding="utf-8") for path in GOLDEN} == fresh, "run: python viewer/generate.py"


def test_every_message_type_has_a_golden_example():
    seen = {json.loads(path.read_text(encoding="utf-8"))["decoded"].get("type") for path in GOLDEN}
    tags = {
        m.__struct_config__.tag for union in (messages.ClientMessage, messages.ServerMessage) for m in union.__args__
    }
    assert tags <= seen


@pytest.mark.parametrize("path", GOLDEN, ids=lambda p: p.stem)
def test_python_reads_the_golden_bytes(path, generate):
    document = json.loads(path.read_text(encoding="utf-8"))
    data = bytes.fromhex(document["hex"])
    if document["side"] == "frame":
        _check_frame(data, document["decoded"])
        return
    decode = messages.decode_client if document["side"] == "client" else messages.decode_server
    assert generate._plain(decode(data)) == document["decoded"]
    if "hex_javascript" in document:
        assert decode(bytes.fromhex(document["hex_javascript"])) == decode(data)


def _check_frame(data, expected):
    frame = frames.decode_frame(data)
    header = ("kind", "subscription", "number", "revision", "time_us")
    assert {name: getattr(frame, name) for name in header} == {name: expected[name] for name in header}
    np.testing.assert_array_equal(frame.value, [float(v) for v in expected["value"]])
    for name in ("slot", "observed_us", "quality", "exact_row"):
        assert getattr(frame, name).tolist() == expected[name]
    assert [str(v) for v in frame.exact.tolist()] == expected["exact"]

"""Models come back as they were saved, or not at all."""

import json
from pathlib import Path

import numpy as np
import pytest

from plantverse.ai.errors import ModelInvalid
from plantverse.ai.models import Model, ModelRegistry, file, read_model, write_model

MODEL = Model(
    kind="detector.demo", facts={"unit": "°C", "list": [1, 2.5]}, arrays={"mean": np.arange(3.0), "n": np.array([7])}
)


def test_round_trip_and_same_content_same_hash(tmp_path: Path) -> None:
    digest = write_model(MODEL, tmp_path / "a")
    assert write_model(MODEL, tmp_path / "b") == digest
    found = read_model(tmp_path / "a", digest)
    assert (found.kind, found.facts, found.hash) == (MODEL.kind, MODEL.facts, digest)
    assert {k: v.tolist() for k, v in found.arrays.items()} == {"mean": [0.0, 1.0, 2.0], "n": [7]}
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a", "b"], "nothing half-written is left"


def test_another_content_has_another_hash(tmp_path: Path) -> None:
    other = Model(kind=MODEL.kind, facts=MODEL.facts, arrays={**MODEL.arrays, "mean": np.arange(3.0) + 1e-12})
    assert write_model(other, tmp_path / "b") != write_model(MODEL, tmp_path / "a")


def test_a_saved_model_is_never_overwritten(tmp_path: Path) -> None:
    write_model(MODEL, tmp_path / "a")
    with pytest.raises(ModelInvalid, match="is there already"):
        write_model(MODEL, tmp_path / "a")


def test_objects_are_not_saved(tmp_path: Path) -> None:
    with pytest.raises(ModelInvalid, match="got objects"):
        write_model(Model(kind="k", facts={}, arrays={"o": np.array([{}], object)}), tmp_path / "a")
    assert list(tmp_path.iterdir()) == []


def _edit(folder: Path, **changes: object) -> None:
    path = folder / "model.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"facts": {"unit": "K"}}, "changed since it was saved"),
        ({"kind": "detector.other"}, "changed since it was saved"),
        ({"arrays_sha256": "0" * 64}, "changed since it was saved"),
        ({"extra": 1}, "changed since it was saved"),
        ({"version": 2}, "format version 2, this plantverse reads 1"),
        ({"format": "other"}, "not a model of plantverse"),
        ({"facts": 3}, "without a proper facts"),
        ({"sha256": None}, "without a proper sha256"),
    ],
)
def test_an_edited_head_is_refused(tmp_path: Path, changes: dict[str, object], words: str) -> None:
    write_model(MODEL, tmp_path / "a")
    _edit(tmp_path / "a", **changes)
    with pytest.raises(ModelInvalid, match=words):
        read_model(tmp_path / "a")


@pytest.mark.parametrize("at", [0, 100, -1])
def test_any_changed_byte_of_the_arrays_is_refused(tmp_path: Path, at: int) -> None:
    write_model(MODEL, tmp_path / "a")
    path = tmp_path / "a" / "arrays.npz"
    packed = bytearray(path.read_bytes())
    packed[at] ^= 1
    path.write_bytes(packed)
    with pytest.raises(ModelInvalid, match=r"arrays\.npz: changed since it was saved"):
        read_model(tmp_path / "a")


def _forged(folder: Path, packed: bytes) -> None:
    """Put other arrays into a model and make every hash inside fit."""
    import hashlib

    (folder / "arrays.npz").write_bytes(packed)
    head = json.loads((folder / "model.json").read_text())
    head["arrays_sha256"] = hashlib.sha256(packed).hexdigest()
    head["sha256"] = file._digest({k: v for k, v in head.items() if k != "sha256"})
    (folder / "model.json").write_text(json.dumps(head))


def test_a_forged_model_needs_the_hash_that_was_kept_elsewhere(tmp_path: Path) -> None:
    digest = write_model(MODEL, tmp_path / "a")
    write_model(Model(kind="k", facts={}, arrays={"mean": np.zeros(3)}), tmp_path / "b")
    _forged(tmp_path / "a", (tmp_path / "b" / "arrays.npz").read_bytes())
    assert read_model(tmp_path / "a").arrays["mean"].tolist() == [0, 0, 0]
    with pytest.raises(ModelInvalid, match="expected the model"):
        read_model(tmp_path / "a", digest)


def test_a_pickle_inside_is_refused_even_with_fitting_hashes(tmp_path: Path) -> None:
    import io

    write_model(MODEL, tmp_path / "a")
    packed = io.BytesIO()
    np.savez(packed, mean=np.array([{"a": 1}], object))
    _forged(tmp_path / "a", packed.getvalue())
    with pytest.raises(ModelInvalid, match="cannot be read"):
        read_model(tmp_path / "a")


def test_whatever_the_archive_is_it_is_refused_in_words(tmp_path: Path) -> None:
    import io
    import random
    import struct

    write_model(MODEL, tmp_path / "a")
    packed = io.BytesIO()
    np.savez_compressed(packed, mean=np.arange(500.0), other=np.ones((3, 4)))
    whole = packed.getvalue()
    claims = io.BytesIO()
    np.lib.format.write_array_header_1_0(claims, {"descr": "<f8", "fortran_order": False, "shape": (10**15,)})
    import zipfile

    with zipfile.ZipFile(tmp_path / "huge.npz", "w") as archive:
        archive.writestr("mean.npy", claims.getvalue() + struct.pack("<d", 1.0))
    rng = random.Random(1)
    broken = [b"", b"PK", whole[:-30], (tmp_path / "huge.npz").read_bytes()]
    for _ in range(300):
        changed = bytearray(whole)
        for _ in range(rng.randint(1, 4)):
            changed[rng.randrange(len(changed))] = rng.randrange(256)
        broken.append(bytes(changed))
    refused = 0
    for forged in broken:
        _forged(tmp_path / "a", forged)
        try:
            read_model(tmp_path / "a")
        except ModelInvalid:
            refused += 1
    assert refused > 200


def test_a_head_nested_without_end_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "model.json").write_text("[" * 100_000)
    with pytest.raises(ModelInvalid, match="cannot be read"):
        read_model(tmp_path / "a")


def test_what_unpacks_to_too_much_is_refused_before_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import io

    write_model(MODEL, tmp_path / "a")
    packed = io.BytesIO()
    np.savez_compressed(packed, mean=np.zeros(1_000_000))
    assert len(packed.getvalue()) < 100_000
    _forged(tmp_path / "a", packed.getvalue())
    monkeypatch.setattr(file, "LARGEST_BYTES", 200_000)
    with pytest.raises(ModelInvalid, match="larger than 200000 bytes when unpacked"):
        read_model(tmp_path / "a")


def test_nothing_there_and_no_json(tmp_path: Path) -> None:
    with pytest.raises(ModelInvalid, match="no model there"):
        read_model(tmp_path / "a")
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "model.json").write_text("{")
    with pytest.raises(ModelInvalid, match="cannot be read"):
        read_model(tmp_path / "a")


def test_registry_counts_versions_and_loads_the_newest(tmp_path: Path) -> None:
    registry = ModelRegistry(tmp_path / "models")
    assert registry.names() == []
    entries = [registry.save("pumps", MODEL) for _ in range(11)]
    registry.save("fans", MODEL)
    assert [e.version for e in entries] == list(range(1, 12))
    assert registry.names() == ["fans", "pumps"]
    assert registry.versions("pumps") == list(range(1, 12))
    assert registry.load("pumps").hash == registry.load("pumps", 3).hash == entries[0].hash
    with pytest.raises(ModelInvalid, match="no model there"):
        registry.load("pumps", 99)
    with pytest.raises(ModelInvalid, match="model valves: not in"):
        registry.load("valves")


def test_saving_at_once_gives_each_its_own_version(tmp_path: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    registry = ModelRegistry(tmp_path)
    with ThreadPoolExecutor(8) as pool:
        entries = list(pool.map(lambda _: registry.save("pumps", MODEL), range(16)))
    assert sorted(e.version for e in entries) == list(range(1, 17)) == registry.versions("pumps")


@pytest.mark.parametrize("name", ["", "..", "a/b", ".hidden", "../a", "a\\b", "x" * 101])
def test_a_name_cannot_leave_the_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(ModelInvalid, match="model name"):
        ModelRegistry(tmp_path).save(name, MODEL)

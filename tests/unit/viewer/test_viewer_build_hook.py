import importlib.util
import json
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]

FAKE_NPM = """
import pathlib, sys
here = pathlib.Path.cwd()
with open({log!r}, "a") as log:
    print(" ".join(sys.argv[1:]), (here / "src" / "main.tsx").read_text(), file=log)
if sys.argv[1] == {fails!r}:
    print("npm error something specific")
    sys.exit(3)
if sys.argv[1] == "run":
    built = here / sys.argv[-1]
    (built / "assets").mkdir(parents=True)
    (built / "index.html").write_text("page")
"""


@pytest.fixture(scope="module")
def hook():
    spec = importlib.util.spec_from_file_location("viewer_build_hook", ROOT / "hatch_build.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


@pytest.fixture
def checkout(tmp_path):
    for name in ("index.html", "package.json", "package-lock.json", "tsconfig.json", "vite.config.ts", ".npmrc"):
        path = tmp_path / "viewer" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(name)
    source = tmp_path / "viewer" / "src" / "main.tsx"
    source.parent.mkdir()
    source.write_text("one")
    return tmp_path


@pytest.fixture
def npm(hook, monkeypatch, tmp_path):
    """A stand-in for npm that writes down how it was called; `fails` names the step that fails."""
    log = tmp_path / "npm.log"

    def use(fails=""):
        script = tmp_path / "npm.py"
        script.write_text(FAKE_NPM.format(log=str(log), fails=fails))
        monkeypatch.setattr(hook, "_npm", lambda: ([sys.executable, str(script)], {}))

    def calls():
        return log.read_text().splitlines() if log.exists() else []

    use()
    use.calls = calls
    return use


def test_builds_with_locked_packages_and_leaves_the_checkout_alone(hook, checkout, npm):
    before = sorted((checkout / "viewer").rglob("*"))
    assert hook.build_viewer(checkout) is True
    assert [call.split()[0] for call in npm.calls()] == ["ci", "run"]
    assert (checkout / hook.STATIC / "index.html").read_text() == "page"
    assert sorted((checkout / "viewer").rglob("*")) == before


def test_an_up_to_date_bundle_is_reused_and_a_changed_source_is_not(hook, checkout, npm):
    hook.build_viewer(checkout)
    assert hook.build_viewer(checkout) is False
    assert len(npm.calls()) == 2
    (checkout / "viewer" / "src" / "main.tsx").write_text("two")
    (checkout / hook.STATIC / "assets" / "old.js").write_text("stale")
    assert hook.build_viewer(checkout) is True
    assert npm.calls()[-1].endswith("two")
    assert not (checkout / hook.STATIC / "assets" / "old.js").exists()


def test_a_bundle_without_its_page_is_built_again(hook, checkout, npm):
    hook.build_viewer(checkout)
    (checkout / hook.STATIC / "index.html").unlink()
    assert hook.build_viewer(checkout) is True


@pytest.mark.parametrize("text", ["", "{", "[]", "{}"])
def test_a_damaged_build_note_means_build(hook, checkout, npm, text):
    hook.build_viewer(checkout)
    (checkout / hook.STATIC / "BUILD.json").write_text(text)
    assert hook.build_viewer(checkout) is True
    assert len(json.loads((checkout / hook.STATIC / "BUILD.json").read_text())["source"]) == 64


def test_the_digest_sees_names_and_contents(hook, checkout):
    viewer = checkout / "viewer"
    first = hook.source_digest(viewer)
    (viewer / "src" / "main.tsx").rename(viewer / "src" / "other.tsx")
    renamed = hook.source_digest(viewer)
    (viewer / "src" / "other.tsx").rename(viewer / "src" / "main.tsx")
    assert renamed != first
    assert hook.source_digest(viewer) == first


@pytest.mark.parametrize("step", ["ci", "run"])
def test_a_failing_step_fails_the_build_with_its_last_lines(hook, checkout, npm, step):
    npm(fails=step)
    with pytest.raises(RuntimeError, match=rf"(?s)`npm {step}.*failed \(3\).*something specific.*npm run build"):
        hook.build_viewer(checkout)
    assert not (checkout / hook.STATIC).exists()


def test_missing_sources_are_named(hook, checkout):
    (checkout / "viewer" / "package-lock.json").unlink()
    with pytest.raises(RuntimeError, match=r"package-lock\.json is missing"):
        hook.build_viewer(checkout)


def test_without_node_it_says_what_to_install(hook, monkeypatch):
    monkeypatch.setattr(hook.importlib.util, "find_spec", lambda _name: None)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(RuntimeError, match=r"Node\.js 20\.19"):
        hook._npm()


def test_the_lock_file_names_no_registry():
    lock = (ROOT / "viewer" / "package-lock.json").read_text()
    assert '"resolved"' not in lock
    assert '"integrity": "sha512-' in lock

import pytest

from plantverse import viewer
from plantverse.errors import ViewerBundleMissing


def test_a_bundle_without_its_page_is_missing_and_says_what_to_run(tmp_path):
    with pytest.raises(ViewerBundleMissing, match=r"not built: .* has no index\.html") as caught:
        viewer._checked(tmp_path)
    assert "npm run build" in (caught.value.hint or "")


def test_a_built_bundle_is_found(tmp_path):
    (tmp_path / "index.html").write_text("<!doctype html>")
    assert viewer._checked(tmp_path) == tmp_path


def test_it_looks_beside_the_package(monkeypatch, tmp_path):
    monkeypatch.setattr(viewer, "__file__", str(tmp_path / "__init__.py"))
    (tmp_path / "static").mkdir()
    (tmp_path / "static" / "index.html").write_text("<!doctype html>")
    assert viewer.bundle_dir() == tmp_path / "static"

"""Builds on disk: whole, unchangeable, and checked."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from pipeline.errors import WarehouseCorrupt
from pipeline.publish.builds import (
    builds_folder,
    check_build,
    hash_files,
    point_day,
    read_build,
    write_atom,
    write_build,
)
from pipeline.publish.document import DigestRows, make_document
from pipeline.publish.render import render_files

DAY = date(2026, 3, 4)


@pytest.fixture
def files(invented_rows: DigestRows) -> dict[str, bytes]:
    return render_files(make_document(invented_rows))


def test_a_build_is_written_once(tmp_path: Path, files: dict[str, bytes]) -> None:
    folder = write_build(tmp_path, "one", files)
    before = (folder / "digest.html").stat().st_mtime_ns
    assert write_build(tmp_path, "one", files) == folder
    assert (folder / "digest.html").stat().st_mtime_ns == before
    assert read_build(tmp_path, "one") == files
    assert [path.name for path in builds_folder(tmp_path).iterdir()] == ["one"]


def test_other_bytes_under_the_same_id_are_refused(tmp_path: Path, files: dict[str, bytes]) -> None:
    write_build(tmp_path, "one", files)
    with pytest.raises(WarehouseCorrupt, match=r"digest\.md"):
        write_build(tmp_path, "one", {**files, "digest.md": b"other"})
    assert read_build(tmp_path, "one") == files


def test_a_check_finds_what_was_touched(tmp_path: Path, files: dict[str, bytes]) -> None:
    folder = write_build(tmp_path, "one", files)
    sha256 = hash_files(files)
    assert check_build(tmp_path, "one", sha256) == []
    (folder / "digest.html").write_bytes(files["digest.html"][:-1])
    assert "not the ones that were published" in check_build(tmp_path, "one", sha256)[0]
    (folder / "digest.html").unlink()
    assert "lacks digest.html" in check_build(tmp_path, "one", sha256)[0]
    assert "has no files" in check_build(tmp_path, "two", sha256)[0]


def test_a_day_leads_to_its_last_build(tmp_path: Path, files: dict[str, bytes]) -> None:
    for build_id in ("one", "two", "two"):
        write_build(tmp_path, build_id, files)
        point_day(tmp_path, DAY, build_id)
        link = tmp_path / "digests" / "2026-03-04"
        assert str(link.readlink()) == f"builds/{build_id}"
        assert (link / "digest.html").read_bytes() == files["digest.html"]


def test_the_feed_is_written_over_builds(tmp_path: Path, files: dict[str, bytes]) -> None:
    write_build(tmp_path, "b" * 32, files)
    write_atom(tmp_path, ["b" * 32])
    feed = (tmp_path / "digests" / "atom.xml").read_text()
    assert "Varn floods Oldmill" in feed
    with pytest.raises(WarehouseCorrupt, match=r"lacks its digest\.json"):
        write_atom(tmp_path, ["nowhere"])
    assert (tmp_path / "digests" / "atom.xml").read_text() == feed

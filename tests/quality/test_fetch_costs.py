"""What asking costs is measured on every page, by both clients."""

from __future__ import annotations

from pathlib import Path

from benchmarks.fetch import PAGES, run


def test_both_clients_bring_every_page(tmp_path: Path) -> None:
    figures = run(tmp_path, tmp_path / "out.json", scale=0.02)
    assert {name: figure["pages"] for name, figure in figures.items()} == dict.fromkeys(("plain", "daybook"), 4 * PAGES)
    assert 0 < float(str(figures["daybook"]["of_plain"])) < 10
    assert (tmp_path / "out.json").exists()
    assert not [path for path in tmp_path.iterdir() if path.is_dir()], "what was made is removed again"

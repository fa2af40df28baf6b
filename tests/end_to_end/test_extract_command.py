"""`daybook extract`: files and archives in, JSON lines out."""

from __future__ import annotations

import gzip
import json

import pytest


def lines_of(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.mark.drill
def test_all_real_pages(daybook, shared_data, tmp_path):
    out = tmp_path / "preds.jsonl"
    daybook("extract", shared_data / "pages" / "html", "--out", out)
    articles = lines_of(out)
    assert len(articles) == 228
    assert len({article["id"] for article in articles}) == 228
    assert sum(len(article["text"] or "") >= 250 for article in articles) >= 220
    assert {"id", "url", "title", "authors", "published_at", "published_at_source", "language", "text"} <= set(
        articles[0]
    )
    with (shared_data / "pages" / "truth.jsonl").open(encoding="utf-8") as truth:
        assert {json.loads(line)["id"] for line in truth} == {article["id"] for article in articles}


def test_mixed_files_and_refusals(daybook, tmp_path):
    body = "<p>" + "The council of Arvik met on Tuesday and agreed to mend the long bridge before winter. " * 5 + "</p>"
    (tmp_path / "bridge.html").write_text(f"<html><body><article><h1>Bridge</h1>{body * 3}</article></body></html>")
    (tmp_path / "packed.html.gz").write_bytes(
        gzip.compress(f"<html><body><article>{body * 3}</article></body></html>".encode())
    )
    (tmp_path / "empty.html").write_text("")
    (tmp_path / "notes.md").write_text("not a page")
    out = tmp_path / "out.jsonl"
    daybook("extract", tmp_path / "bridge.html", tmp_path / "packed.html.gz", tmp_path / "empty.html", "--out", out)
    by_id = {article["id"]: article for article in lines_of(out)}
    assert set(by_id) == {"bridge", "packed", "empty"}
    assert by_id["empty"]["reason"] == "empty-page"
    assert "long bridge" in by_id["bridge"]["text"]

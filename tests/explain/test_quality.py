"""What `daybook quality` says: of every run, over all and source by source, and the page that draws it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from newsroom import DAYS
from pipeline.explain.quality import quality_facts, quality_page
from pipeline.publish.quality import draw_trend, render_quality
from pipeline.store.warehouse import Warehouse
from tests.played import Play


@pytest.fixture(scope="module")
def facts(play: Play) -> dict[str, Any]:
    return quality_facts(Warehouse(play.root))


def test_every_day_and_source_is_there_and_the_sums_agree(play: Play, facts: dict[str, Any]) -> None:
    assert facts["days"] == [str(day) for day in DAYS]
    assert {len(row["trend"]) for name in ("sources", "expectations") for row in facts[name]} == {len(DAYS)}
    extracted = [row for row in play.rows("stage_counts") if row["stage"] == "extract"]
    assert facts["totals"]["pages"] == sum(row["received"] for row in extracted)
    assert {row["source_id"] for row in facts["sources"]} == {row["source_id"] for row in extracted}
    for name in ("pages", "refused", "articles", "lineless"):
        whole = facts["totals"][name]
        assert sum(row[name] for row in facts["sources"]) == sum(row[name] for row in facts["day_rows"]) == whole
    assert facts["kinds"]["news"] == sum(row["content_kind"] == "news" for row in play.rows("articles"))


def test_metrics_of_every_run_are_kept_by_source(play: Play) -> None:
    rows = play.rows("quality_metrics")
    whole = {(r["run_id"], r["expectation"], r["column"]): r for r in rows if r["suite"] == "articles"}
    parts = [row for row in rows if row["suite"].startswith("articles@")]
    assert {row["suite"] for row in parts} == {f"articles@{row['source_id']}" for row in parts}
    for (run, expectation, column), row in whole.items():
        of = [p for p in parts if (p["run_id"], p["expectation"], p["column"]) == (run, expectation, column)]
        if not of:
            assert row["severity"] == "set"
            continue
        count = sum(part["row_count"] for part in of)
        assert sum(part["observed"] * part["row_count"] for part in of) == pytest.approx(row["observed"] * count)


def test_fewer_days_are_the_last_ones(play: Play) -> None:
    facts = quality_facts(Warehouse(play.root), days=2)
    assert facts["days"] == [str(day) for day in DAYS[-2:]]
    assert "pages" in quality_page(facts)


def test_a_warehouse_without_runs_has_an_empty_page(tmp_path: Path) -> None:
    facts = quality_facts(Warehouse(tmp_path / "warehouse"))
    assert quality_page(facts) == "no run has counted a page yet"
    assert "No run has counted a page yet" in render_quality(facts)


def test_the_page_asks_for_nothing_and_names_never_act(facts: dict[str, Any]) -> None:
    evil = '<script>alert(1)</script>"><img src=x>'
    told = facts | {"reasons": {evil: 3}, "sources": [row | {"source_id": evil} for row in facts["sources"]]}
    page = render_quality(told)
    assert "<script" not in page and "<img" not in page and "http:" not in page and "https:" not in page
    assert page.count("<svg") >= len(facts["expectations"])
    assert "default-src 'none'" in page
    body = page[page.index("<body>") : page.index("</body>") + len("</body>")]
    ET.fromstring(body)  # every element is closed where it was opened


def test_a_trend_runs_from_foot_to_top_and_breaks_where_nothing_is_known() -> None:
    drawn = draw_trend([0.0, 1.0, None, 2.0])
    assert len(drawn["lines"]) == 2
    assert (drawn["least"], drawn["greatest"]) == (0.0, 2.0)
    assert draw_trend([])["lines"] == []
    heights = [float(point.partition(",")[2]) for point in draw_trend([0.0, 1.0, 2.0])["lines"][0].split()]
    assert heights == sorted(heights, reverse=True)
    assert draw_trend([0.0, 0.0])["greatest"] == 0.0


def test_the_command_writes_the_page_or_says_it(play: Play, tmp_path: Path, daybook: Any) -> None:
    page = tmp_path / "quality.html"
    assert daybook("quality", "--html", page, warehouse=str(play.root)).stdout.strip() == str(page)
    assert page.read_text().startswith("<!doctype html>")
    told = json.loads(daybook("quality", "--json", "--days", 1, warehouse=str(play.root)).stdout)
    assert told["days"] == [str(max(DAYS))]
    assert daybook("quality", "--days", 0, check=False, warehouse=str(play.root)).returncode == 2
    assert (
        daybook("quality", "--html", tmp_path / "no" / "q.html", check=False, warehouse=str(play.root)).returncode == 1
    )

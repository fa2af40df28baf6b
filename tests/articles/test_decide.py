"""Deciding is pure: what stands comes in as a value, what changes comes out as one, and no warehouse is near."""

from __future__ import annotations

import pyarrow as pa

from pipeline.articles.decide import decide_articles
from pipeline.articles.standing import DayPages, Row, Standing
from pipeline.dedupe.fingerprints import fingerprint_articles
from pipeline.tables import ARTICLES, EXTRACTED, FINGERPRINTS
from pipeline.windows import Window
from tests.articles.test_open_days import DAY, YESTERDAY, prose, reading

NOW = Window.of_day(DAY).end
KNOWN = ("article_id", "duplicate_of", "language", "canonical_url", "publisher", "day")


def article(row: dict[str, object]) -> Row:
    """The stored first version of what a page was read to be."""
    about = {"version": 1, "cause": "new", "version_window_start": row["window_start"], "recorded_at": NOW}
    return {name: row.get(name) for name in ARTICLES.row_schema.names} | about


def standing(rows: list[dict[str, object]], stored: list[Row], *, is_open: bool = True) -> Standing:
    """What stands beside the pages of one day: some articles in their first version."""
    candidates = EXTRACTED.rows(rows)
    table = ARTICLES.rows(stored)
    pages = DayPages(
        day=DAY, is_open=is_open, candidates=candidates, walls=EXTRACTED.empty(), wall_details={},
        standing=frozenset(), released=frozenset(),
    )  # fmt: skip
    by_id = {row["article_id"]: row for row in stored}
    concerned = {str(row["article_id"]) for row in rows}
    return Standing(
        days=[pages],
        last_closed=YESTERDAY if is_open else DAY,
        passed=candidates,
        versions={a: [by_id[a]] if a in by_id else [] for a in concerned},
        current={a: by_id[a] for a in concerned if a in by_id},
        provisional=frozenset(),
        known=table.select(list(KNOWN)),
        fingerprints=pa.concat_tables([FINGERPRINTS.empty(), fingerprint_articles(table)]),
        duplicates={DAY: []},
        texts_as_of=lambda article_ids, day: {a: str(by_id[a]["text"]) for a in article_ids},
    )


def test_a_copy_is_attached_to_what_stands() -> None:
    origin = article(reading("origin", 9, prose(1), YESTERDAY))
    changes = decide_articles(standing([reading("copy", 9, prose(1) + " Ours.", outlet="mirror")], [origin]), now=NOW)
    assert changes.articles["duplicate_of"].to_pylist() == [origin["article_id"]]
    assert changes.outcomes == {"copy-2026-03-03-09": ("duplicates", None)}
    assert not any(changes.gone.values())


def test_an_edit_makes_the_stored_version_history() -> None:
    before = article(reading("a", 9, prose(1), YESTERDAY))
    changes = decide_articles(standing([reading("a", 9, prose(2))], [before]), now=NOW)
    assert changes.articles.select(["version", "cause"]).to_pylist() == [{"version": 2, "cause": "edit"}]
    assert changes.history["version"].to_pylist() == [1]
    assert changes.gone["articles"] == [], "it is replaced by its key, not deleted"


def test_what_stands_is_never_written_to() -> None:
    stored = article(reading("a", 9, prose(1), YESTERDAY))
    kept = dict(stored)
    decide_articles(
        standing([reading("a", 9, prose(2)), reading("b", 10, prose(2), outlet="mirror")], [stored]), now=NOW
    )
    assert stored == kept


def test_a_page_that_no_rule_let_through_is_told_as_dropped() -> None:
    nothing = standing([], [])
    passed = EXTRACTED.rows([reading("a", 9, prose(1))])
    alone = Standing(**{name: getattr(nothing, name) for name in Standing.__slots__} | {"passed": passed})
    assert decide_articles(alone, now=NOW).outcomes == {"a-2026-03-03-09": ("quarantined", "dropped")}

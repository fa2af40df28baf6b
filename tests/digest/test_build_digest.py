"""One day's digest: what becomes a line, what does not, and what is said of it."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from pipeline.digest.build import build_digest
from pipeline.digest.draft import DigestDraft
from pipeline.digest.inputs import DigestInputs
from pipeline.digest.verify import verify_citations
from pipeline.settings import Settings

Row = dict[str, Any]
Version = Callable[..., Row]
Inputs = Callable[..., DigestInputs]

NOW = datetime(2026, 3, 5, 1, 30, tzinfo=UTC)
YESTERDAY = date(2026, 3, 3)

FLOOD = "The river Varn burst its banks at Oldmill on Tuesday night and flooded 340 houses."
FLOOD_TOO = "The Varn flooded 340 houses at Oldmill when it burst its banks on Tuesday night."
FLOOD_OTHERWISE = "The river Varn burst its banks at Oldmill on Tuesday night and flooded 430 houses."
SCHOOL = "Mayor Hanne Brook opened the Oldmill school gym to people who lost their homes."
DAM = "Engineers from Lund lowered the gates of the Varn dam to hold the water back."


def build(inputs: DigestInputs, **settings: Any) -> DigestDraft:
    return build_digest(inputs, Settings(**settings), now=NOW)


def lines(draft: DigestDraft) -> list[str]:
    return [row["text"] for row in sorted(draft.developments.to_pylist(), key=lambda r: (r["story_id"], r["rank"]))]


def only(table: pa.Table) -> Row:
    assert table.num_rows == 1
    row: Row = table.to_pylist()[0]
    return row


def test_lines_are_spans_of_the_versions_they_cite(a_version: Version, make_inputs: Inputs) -> None:
    versions = [
        a_version("courier", f"OLDMILL (DPA) - {FLOOD}\n\n{SCHOOL}"),
        a_version("gazette", f"{FLOOD_TOO} {DAM}"),
    ]
    draft = build(make_inputs(versions))
    texts = {(v["article_id"], 1): v["text"] for v in versions}
    told = set(lines(draft))
    assert {SCHOOL, DAM} < told
    assert len(told & {FLOOD, FLOOD_TOO}) == 1
    assert len(told) == 3
    assert verify_citations(draft.developments, draft.citations, texts) == []


def test_another_article_that_says_the_same_confirms_a_line(a_version: Version, make_inputs: Inputs) -> None:
    draft = build(make_inputs([a_version("courier", FLOOD), a_version("gazette", FLOOD_TOO)]))
    line = only(draft.developments)
    assert [c["role"] for c in draft.citations.to_pylist()] == ["primary", "corroborates"]
    assert (line["article_count"], line["publisher_count"], line["origin_count"]) == (2, 2, 2)
    assert line["kind"] == "new"
    assert line["event_date"] == YESTERDAY


def test_a_copy_adds_coverage_but_no_origin(a_version: Version, make_inputs: Inputs) -> None:
    versions = [a_version("courier", FLOOD), a_version("blog", f"{FLOOD} Read on.", publisher=None)]
    draft = build(make_inputs(versions, copies={"blog": "courier"}))
    line = only(draft.developments)
    assert (line["article_count"], line["publisher_count"], line["origin_count"]) == (2, 2, 1)
    assert draft.citations.num_rows == 1
    assert [copy.article_id for copy in draft.copies] == ["blog"]


def test_two_articles_of_one_publisher_are_one_origin(a_version: Version, make_inputs: Inputs) -> None:
    versions = [
        a_version("a", FLOOD, publisher="courier.example"),
        a_version("b", FLOOD_TOO, publisher="courier.example"),
    ]
    line = only(build(make_inputs(versions)).developments)
    assert (line["article_count"], line["publisher_count"], line["origin_count"]) == (2, 1, 1)


def test_what_the_story_said_before_is_not_said_again(a_version: Version, make_inputs: Inputs) -> None:
    earlier = a_version("courier", FLOOD, day=YESTERDAY, version_day=YESTERDAY)
    draft = build(make_inputs([earlier, a_version("gazette", f"{FLOOD_TOO} {DAM}")]))
    assert lines(draft) == [DAM]


def test_a_story_with_articles_but_nothing_new_is_quiet(a_version: Version, make_inputs: Inputs) -> None:
    earlier = a_version("courier", FLOOD, day=YESTERDAY, version_day=YESTERDAY)
    draft = build(make_inputs([earlier, a_version("gazette", FLOOD_TOO)]))
    story = only(draft.digests)
    assert (story["is_quiet"], story["development_count"], draft.developments.num_rows) == (True, 0, 0)


def test_an_earlier_line_with_another_figure_is_an_update(a_version: Version, make_inputs: Inputs) -> None:
    line = {"build_id": "b1", "development_id": "d1", "digest_date": YESTERDAY, "story_id": "river", "text": FLOOD}
    draft = build(make_inputs([a_version("gazette", FLOOD_OTHERWISE)], earlier_lines=[line]))
    assert only(draft.developments)["kind"] == "updated"


def test_two_origins_with_different_figures_on_one_day_are_shown_both(a_version: Version, make_inputs: Inputs) -> None:
    draft = build(make_inputs([a_version("courier", FLOOD), a_version("gazette", FLOOD_OTHERWISE)]))
    line = only(draft.developments)
    assert line["kind"] == "differs"
    assert sorted(c["role"] for c in draft.citations.to_pylist()) == ["differs", "primary"]
    assert (line["article_count"], line["origin_count"]) == (1, 1)


@pytest.mark.parametrize(
    "hedged",
    [
        "The river Varn burst its banks at Oldmill on Tuesday night and flooded at least 300 houses.",
        "The river Varn burst its banks at Oldmill on Tuesday night and flooded 342 houses.",
        "The river Varn burst its banks at Oldmill on Tuesday night and flooded 12 cellars.",
    ],
)
def test_a_bound_a_rounding_or_another_thing_is_no_dispute(
    a_version: Version, make_inputs: Inputs, hedged: str
) -> None:
    draft = build(make_inputs([a_version("courier", FLOOD), a_version("gazette", hedged)]))
    assert "differs" not in {row["kind"] for row in draft.developments.to_pylist()}


def test_an_edit_that_takes_a_line_from_under_a_digest_corrects_it(a_version: Version, make_inputs: Inputs) -> None:
    old = a_version("courier", f"{FLOOD} {SCHOOL}", day=YESTERDAY, version_day=YESTERDAY)
    new = a_version("courier", f"{FLOOD_OTHERWISE} {SCHOOL}", version=2, cause="edit", day=YESTERDAY)
    shared = {"build_id": "b1", "digest_date": YESTERDAY, "story_id": "river"}
    lines_before = [
        {**shared, "development_id": "d1", "text": FLOOD},
        {**shared, "development_id": "d2", "text": SCHOOL},
    ]
    cited = {**shared, "event_id": "e", "n": 1, "article_id": "courier", "version": 1}
    citations = [
        {**cited, "development_id": "d1", "quote": FLOOD},
        {**cited, "development_id": "d2", "quote": SCHOOL},
    ]
    draft = build(make_inputs([old, new], earlier_lines=lines_before, earlier_citations=citations))
    line = only(draft.developments)
    assert (line["kind"], line["text"]) == ("corrected", FLOOD_OTHERWISE)
    assert only(draft.citations)["version"] == 2
    correction = only(draft.corrections)
    assert (correction["build_id"], correction["development_id"], correction["to_version"]) == ("b1", "d1", 2)
    assert (correction["old_quote"], correction["new_text"]) == (FLOOD, FLOOD_OTHERWISE)


def test_a_sentence_taken_out_is_recorded_though_nothing_replaces_it(a_version: Version, make_inputs: Inputs) -> None:
    old = a_version("courier", f"{FLOOD} {SCHOOL}", day=YESTERDAY, version_day=YESTERDAY)
    new = a_version("courier", SCHOOL, version=2, cause="edit", day=YESTERDAY)
    cited = {"build_id": "b1", "development_id": "d1", "digest_date": YESTERDAY, "story_id": "river", "event_id": "e"}
    citation = {**cited, "n": 1, "article_id": "courier", "version": 1, "quote": FLOOD}
    draft = build(make_inputs([old, new], earlier_citations=[citation]))
    assert only(draft.corrections)["new_text"] is None
    assert draft.developments.num_rows == 0


def test_a_reextraction_corrects_nothing(a_version: Version, make_inputs: Inputs) -> None:
    old = a_version("courier", FLOOD, day=YESTERDAY, version_day=YESTERDAY)
    new = a_version("courier", FLOOD_OTHERWISE, version=2, cause="reextraction", day=YESTERDAY)
    cited = {"build_id": "b1", "development_id": "d1", "digest_date": YESTERDAY, "story_id": "river", "event_id": "e"}
    citation = {**cited, "n": 1, "article_id": "courier", "version": 1, "quote": FLOOD}
    draft = build(make_inputs([old, new], earlier_citations=[citation]))
    assert (draft.corrections.num_rows, draft.developments.num_rows) == (0, 0)


@pytest.mark.parametrize(("edited", "corrections"), [(f"{FLOOD} {SCHOOL}", 0), (FLOOD_OTHERWISE, 1)])
def test_an_edit_is_told_by_its_own_text_though_its_page_was_read_anew_since(
    a_version: Version, make_inputs: Inputs, edited: str, corrections: int
) -> None:
    old = a_version("courier", FLOOD, day=YESTERDAY, version_day=YESTERDAY)
    edit = a_version("courier", edited, version=2, cause="edit", day=YESTERDAY)
    anew = a_version("courier", SCHOOL, version=3, cause="reextraction", day=YESTERDAY)
    cited = {"build_id": "b1", "development_id": "d1", "digest_date": YESTERDAY, "story_id": "river", "event_id": "e"}
    citation = {**cited, "n": 1, "article_id": "courier", "version": 1, "quote": FLOOD}
    draft = build(make_inputs([old, edit, anew], earlier_citations=[citation]))
    assert draft.corrections.num_rows == corrections


@pytest.mark.parametrize(
    "columns",
    [
        {"content_kind": "opinion"},
        {"content_kind": "promo"},
        {"content_kind": "paywall"},
        {"published_at": datetime(2026, 3, 1, 23, tzinfo=UTC)},
    ],
)
def test_opinion_promotion_stubs_and_stale_articles_give_no_line(
    a_version: Version, make_inputs: Inputs, columns: Row
) -> None:
    draft = build(make_inputs([a_version("courier", FLOOD, **columns)]))
    assert draft.developments.num_rows == 0
    assert only(draft.digests)["is_quiet"]


def test_no_line_stands_under_two_stories(a_version: Version, make_inputs: Inputs) -> None:
    versions = [a_version("courier", f"{FLOOD} {SCHOOL}"), a_version("gazette", f"{FLOOD} {DAM}")]
    draft = build(make_inputs(versions, stories={"courier": "one", "gazette": "two"}))
    told = [row["text"] for row in draft.developments.to_pylist()]
    assert sorted(told) == sorted({FLOOD, SCHOOL, DAM})


def test_most_lines_and_most_stories_are_kept_to(a_version: Version, make_inputs: Inputs) -> None:
    versions = [
        a_version("courier", f"{FLOOD} {SCHOOL} {DAM}"),
        a_version("fair", "The Neuwiek fair drew 9,000 visitors on Tuesday, its host said."),
    ]
    inputs = make_inputs(versions, stories={"courier": "one", "fair": "two"})
    draft = build(inputs, digest_max_lines=2, digest_max_stories=1)
    assert (draft.digests.num_rows, draft.developments.num_rows, draft.omitted_count) == (1, 2, 1)


def test_row_order_and_now_change_nothing(a_version: Version, make_inputs: Inputs) -> None:
    versions = [
        a_version("courier", f"{FLOOD} {SCHOOL}"),
        a_version("gazette", f"{FLOOD_TOO} {DAM}"),
        a_version("blog", FLOOD, publisher=None),
    ]
    inputs = make_inputs(versions, copies={"blog": "courier"})
    expected = build(inputs)
    shuffler = random.Random(7)
    for _ in range(5):
        shuffled = {}
        for name, (table, _schema) in inputs.tables().items():
            order = list(range(table.num_rows))
            shuffler.shuffle(order)
            shuffled[name] = table.take(pa.array(order, pa.int64()))
        draft = build(replace(inputs, **shuffled))
        assert draft == expected
    later = build_digest(inputs, Settings(), now=datetime(2027, 1, 1, tzinfo=UTC))
    assert later.build_id == expected.build_id
    assert later.developments.drop_columns(["recorded_at"]) == expected.developments.drop_columns(["recorded_at"])


def test_the_build_id_follows_inputs_status_and_settings(a_version: Version, make_inputs: Inputs) -> None:
    inputs = make_inputs([a_version("courier", FLOOD)])
    ids = {
        build(inputs).build_id,
        build(replace(inputs, status="provisional")).build_id,
        build(replace(inputs, missing_windows=("09",))).build_id,
        build(inputs, digest_max_lines=3).build_id,
        build(make_inputs([a_version("courier", FLOOD_OTHERWISE)])).build_id,
    }
    assert len(ids) == 5
    assert build(inputs, warehouse=Path("/elsewhere")).build_id in ids


def test_a_day_without_stories_is_an_empty_digest(make_inputs: Inputs) -> None:
    draft = build(make_inputs([]))
    assert (draft.digests.num_rows, draft.developments.num_rows, draft.omitted_count) == (0, 0, 0)


@pytest.mark.parametrize("text", ["", " ", "\n\n", ".", "…" * 500, "A" * 100_000, "1 " * 5000, "\u202e" * 50])
def test_strange_texts_break_nothing(a_version: Version, make_inputs: Inputs, text: str) -> None:
    draft = build(make_inputs([a_version("odd", text), a_version("courier", FLOOD)]))
    assert lines(draft) == [FLOOD]


def test_two_articles_on_the_talks_give_lines_from_both(
    a_version: Version, make_inputs: Inputs, shared_data: Path
) -> None:
    versions = [a_version(f"seed-{n}", (shared_data / "seeds" / f"seed-{n}.txt").read_text()) for n in (1, 2)]
    draft = build(make_inputs(versions))
    told = lines(draft)
    assert {c["article_id"] for c in draft.citations.to_pylist() if c["role"] == "primary"} == {"seed-1", "seed-2"}
    assert len(told) == len(set(told)) >= 4
    assert not any("tuned" in text or text.startswith("URGENT") or "NPR" in text for text in told)


@pytest.mark.parametrize(
    ("published", "lines"), [(YESTERDAY, 1), (date(2025, 4, 11), 0)], ids=["the day before", "months before"]
)
def test_an_edit_found_long_after_publication_is_noted_and_not_told(
    a_version: Version, make_inputs: Inputs, published: date, lines: int
) -> None:
    at = datetime.combine(published, time(9), UTC)
    old = a_version("courier", FLOOD, day=published, version_day=published, published_at=at)
    new = a_version("courier", FLOOD_OTHERWISE, version=2, cause="edit", day=published, published_at=at)
    cited = {"build_id": "b1", "development_id": "d1", "digest_date": published, "story_id": "river", "event_id": "e"}
    citation = {**cited, "n": 1, "article_id": "courier", "version": 1, "quote": FLOOD}
    draft = build(make_inputs([old, new], earlier_citations=[citation]))
    assert (draft.corrections.num_rows, draft.developments.num_rows) == (1, lines)

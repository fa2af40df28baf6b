"""What only many pages together can tell: a template's constants, walls under many addresses."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

import pytest

from pipeline.dedupe.identities import SAME_TEXT_ADDRESSES, find_boilerplate, settle_identities
from pipeline.tables import EXTRACTED
from pipeline.text.urls import article_id

START = datetime(2026, 3, 3, 9, tzinfo=UTC)
CONSTANT = datetime(2026, 1, 1, 12, 34, 56, tzinfo=UTC)


def url(n: int) -> str:
    return f"https://www.post.example/harbour/channel-dredged-again-{n}"


def row(n: int, *, canonical: str | None = None, text: str | None = None, **more: object) -> dict[str, object]:
    text = text or f"Channel {n} was dredged."
    own = canonical or url(n)
    return {
        "page_id": f"page-{n}", "article_id": article_id(own), "source_id": "post", "publisher": "The Post",
        "url": url(n), "canonical_url": own, "authors": [], "window_start": START, "first_seen_at": START,
        "text": text, "text_sha256": hashlib.sha256(text.encode()).hexdigest(), "word_count": 4, "content_kind": "news",
        "cleaning_rules": [], "extractor_version": "1", "fetched_at": START, "run_id": "run", "body_sha256": "b",
        "day": START.date(), **more,
    }  # fmt: skip


def settled(*rows: dict[str, object]) -> list[dict[str, object]]:
    return settle_identities(EXTRACTED.rows(list(rows))).to_pylist()


@pytest.mark.parametrize("count", [2, 3, 5])
def test_a_canonical_that_unlike_pages_share_is_a_template_s(count: int) -> None:
    found = settled(*(row(n, canonical=url(99)) for n in range(count)))
    names = {url(99)} if count < 3 else {url(n) for n in range(count)}
    assert {one["canonical_url"] for one in found} == names
    assert {one["article_id"] for one in found} == {article_id(name) for name in names}


@pytest.mark.parametrize(
    ("title", "text", "is_template"),
    [
        ("Theatre closes", "The theatre will close.\nIts roof leaks.", True),
        ("Railway closes", "The theatre will close.\nIts roof leaks.", False),
        ("Railway closes later", "The railway will close in May.\nTrains are old.", False),  # an edit at a new address
    ],
)
def test_two_with_neither_title_nor_line_in_common_are_enough(title: str, text: str, is_template: bool) -> None:
    one = row(0, canonical=url(99), title="Railway closes", text="The railway will close.\nTrains are old.")
    found = settled(one, row(1, canonical=url(99), title=title, text=text))
    assert {it["canonical_url"] for it in found} == ({url(0), url(1)} if is_template else {url(99)})


def test_an_original_elsewhere_that_unlike_pages_share_is_a_template_s() -> None:
    rows = [row(n, declared_original_url="https://wire.example/the-only-one") for n in range(3)]
    assert {one["declared_original_url"] for one in settled(*rows)} == {None}
    assert {one["declared_original_url"] for one in settled(*rows[:2])} == {"https://wire.example/the-only-one"}


def test_of_a_url_the_earliest_text_counts_whatever_the_order() -> None:
    later = row(0, canonical=url(99), text="Channel 1 was dredged.", page_id="later", fetched_at=START.replace(hour=10))
    rows = [row(0, canonical=url(99)), later, row(1, canonical=url(99)), row(2, canonical=url(99))]
    for order in (rows, rows[::-1]):
        assert {one["canonical_url"] for one in settled(*order)} == {url(n) for n in range(3)}


def test_a_canonical_that_versions_of_one_text_share_is_its_own() -> None:
    found = settled(*(row(n, canonical=url(99), text="The same text.") for n in range(4)))
    assert {one["canonical_url"] for one in found} == {url(99)}


def test_a_time_that_a_whole_site_claims_is_none() -> None:
    claim = {"published_at": CONSTANT, "published_at_source": "meta", "published_at_precision": "second"}
    rows = [row(n, **claim) for n in range(3)]
    rows[1] |= {"listed_at": START, "listed_by": "feed"}
    elsewhere = row(4, **claim, url="https://other.example/a-text-of-its-own")
    found = settled(*rows, elsewhere)
    assert [one["published_at"] for one in found] == [None, START, None, CONSTANT]
    assert [one["published_at_source"] for one in found] == [None, "feed", None, "meta"]
    assert "constant-date" in found[0]["cleaning_rules"]


def released(count: int, at: datetime, **more: object) -> list[dict[str, object]]:
    claim = {"published_at": at, "published_at_source": "jsonld", "published_at_precision": "second"}
    return [row(n, **claim, **more) for n in range(count)]


def dated(rows: list[dict[str, object]], *folders: str) -> list[dict[str, object]]:
    return [
        one | {"url": f"https://www.post.example/{folders[n % len(folders)]}/story-{n}", "canonical_url": f"c{n}"}
        for n, one in enumerate(rows)
    ]


MORNING = datetime(2026, 3, 3, 4, tzinfo=UTC)
OLD = datetime(2025, 11, 7, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "rows",
    [
        released(3, MORNING),
        released(12, MORNING),
        released(30, MORNING, listed_at=MORNING, listed_by="feed"),
        released(3, OLD, listed_at=OLD.replace(hour=0, minute=0), listed_by="sitemap"),
        dated(released(3, OLD), "2025/11"),
        dated(released(20, OLD), "2025/11/07", "2025-11-06", "20251107"),
        [*released(4, MORNING, listed_at=MORNING, listed_by="feed"),
         row(5, published_at=MORNING, published_at_source="meta", published_at_precision="second", listed_at=OLD)],
    ],
)  # fmt: skip
def test_articles_that_were_let_out_at_one_time_keep_it(rows: list[dict[str, object]]) -> None:
    assert [one["published_at"] for one in settled(*rows)] == [one["published_at"] for one in rows]


@pytest.mark.parametrize(
    "rows",
    [
        released(3, OLD),
        released(13, MORNING),
        released(3, MORNING.replace(day=4)),
        dated(released(3, MORNING), "2026/02/11", "2026/01/30", "2026/03/03"),
        dated(released(3, OLD), "2026/03"),
        [one | {"listed_at": START.replace(day=1 + n), "listed_by": "feed"} for n, one in enumerate(released(4, OLD))],
        dated(released(4, OLD, listed_at=START, listed_by="feed"), "2025/11"),
    ],
)
def test_a_template_s_time_is_none(rows: list[dict[str, object]]) -> None:
    found = settled(*rows)
    assert [one["published_at"] for one in found] == [one.get("listed_at") for one in rows]
    assert {tuple(one["cleaning_rules"]) for one in found} == {("constant-date",)}


def test_days_and_listed_times_are_no_claims() -> None:
    day = {"published_at": CONSTANT, "published_at_source": "meta", "published_at_precision": "day"}
    listed = {"published_at": CONSTANT, "published_at_source": "feed", "published_at_precision": "second"}
    for claim in (day, listed):
        assert {one["published_at"] for one in settled(*(row(n, **claim) for n in range(4)))} == {CONSTANT}


def test_order_changes_nothing() -> None:
    rows = [row(n, canonical=url(99 if n < 4 else n)) for n in range(6)]
    there = {one["page_id"]: one for one in settled(*rows)}
    assert {one["page_id"]: one for one in settled(*reversed(rows))} == there
    assert settled() == []


def test_one_text_under_many_addresses_of_one_publisher_is_no_article() -> None:
    wall = [row(n, text="Gone fishing.") for n in range(SAME_TEXT_ADDRESSES)]
    others = [row(n, text="Gone fishing.", publisher=f"P{n}") for n in range(20, 30)]
    found = find_boilerplate(EXTRACTED.rows([*wall, *others, row(50)]))
    assert set(found) == {one["page_id"] for one in wall}
    assert "5 addresses" in found["page-0"]
    assert find_boilerplate(EXTRACTED.rows(wall[1:])) == {}

"""Copies are attached to one canonical article, whatever the order of rows, and never by way of another copy."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.dedupe.duplicates import find_duplicates
from pipeline.dedupe.fingerprints import fingerprint_articles
from pipeline.tables import ARTICLES, DUPLICATES

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
VOCABULARY = [
    f"{a}{b}{c}" for a in ("ka", "mo", "ri", "tes", "lo") for b in ("den", "va", "shi", "rul") for c in "aeiou"
]


def words(seed: object, count: int) -> list[str]:
    return random.Random(repr(seed)).choices(VOCABULARY, k=count)


def prose(tokens: Sequence[str]) -> str:
    """Words as sentences of twelve."""
    return " ".join(" ".join(tokens[i : i + 12]).capitalize() + "." for i in range(0, len(tokens), 12))


def text(seed: object, count: int = 240) -> str:
    return prose(words(seed, count))


def article(article_id: str, body: str, **changes: Any) -> dict[str, Any]:
    return {
        "article_id": article_id,
        "version": 1,
        "cause": "new",
        "source_id": "courier",
        "canonical_url": f"https://{article_id}.example/",
        "authors": [],
        "window_start": NOON,
        "first_seen_at": NOON,
        "language": "en",
        "text": body,
        "text_sha256": "0" * 64,
        "word_count": len(body.split()),
        "content_kind": "news",
        "cleaning_rules": [],
        "extractor_version": "1",
        "page_id": f"page-{article_id}",
        "version_window_start": NOON,
        "fetched_at": NOON,
        "run_id": "r",
        "recorded_at": NOON,
        "day": NOON.date(),
        **changes,
    }


def at(hour: int) -> dict[str, Any]:
    return {"published_at": NOON + timedelta(hours=hour), "published_at_precision": "second"}


class Store:
    """What a warehouse would know: articles recorded batch by batch."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[str, Any]] = {}
        self.forgotten: set[str] = set()
        self.asked: list[list[str]] = []

    def texts_of(self, ids: Sequence[str]) -> Mapping[str, str]:
        self.asked.append(list(ids))
        return {i: self.rows[i]["text"] for i in ids if i in self.rows}

    def add(self, *new: dict[str, Any]) -> dict[str, tuple[str, str]]:
        known = ARTICLES.rows(list(self.rows.values()))
        window = known.filter(pa.array([i not in self.forgotten for i in known["article_id"].to_pylist()], pa.bool_()))
        batch = ARTICLES.rows(list(new))
        found = find_duplicates(
            batch,
            fingerprint_articles(batch),
            known=known.select(["article_id", "duplicate_of", "language", "publisher", "canonical_url"]),
            known_fingerprints=fingerprint_articles(window),
            texts_of=self.texts_of,
        )
        assert found.schema.equals(DUPLICATES.row_schema)
        result = {r["article_id"]: (r["canonical_id"], r["kind"]) for r in found.to_pylist()}
        for row in new:
            earlier = self.rows.get(row["article_id"])
            place = earlier["duplicate_of"] if earlier else result.get(row["article_id"], (None, ""))[0]
            self.rows[row["article_id"]] = {**row, "duplicate_of": place}
        for canonical, _ in result.values():
            assert self.rows[canonical]["duplicate_of"] is None, "a canonical article is no duplicate"
        return result


def test_the_same_words_are_exact_whatever_the_typography() -> None:
    body = text(1)
    same = body.upper().replace(".", " —\n\n").replace(" ", "\u00a0")
    assert Store().add(article("a", body, **at(0)), article("b", same, **at(1))) == {"b": ("a", "exact")}


def test_short_texts_match_whole_or_not_at_all() -> None:
    body = text(1, 60)
    longer = body + " " + text(2, 10)
    found = Store().add(article("a", body, **at(0)), article("b", body, **at(1)), article("c", longer, **at(2)))
    assert found == {"b": ("a", "exact")}


@pytest.mark.parametrize("count", [3, 8, 20])
def test_the_shortest_texts_match_within_a_batch_and_across_commits(count: int) -> None:
    store, body = Store(), text("flash", count)
    assert store.add(article("a", body, **at(0)), article("b", body, **at(1))) == {"b": ("a", "exact")}
    assert store.add(article("c", body), article("d", text("flash", count + 1))) == {"c": ("a", "exact")}


def test_texts_without_words_are_no_copies_of_each_other() -> None:
    assert Store().add(article("a", "… — !"), article("b", "… — !")) == {}


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("copy", text(1) + " " + text("a word from our sponsor", 12)),
        ("excerpt", prose(words(1, 240)[:100])),
        ("original", text(1) + " " + text("background", 200)),
        ("edited", prose([w if i % 12 else "kept" for i, w in enumerate(words(1, 240))]) + " " + text("intro", 30)),
    ],
)
def test_each_kind_within_a_batch_and_across_commits(kind: str, body: str) -> None:
    assert Store().add(article("a", text(1), **at(0)), article("b", body, **at(1))) == {"b": ("a", kind)}
    store = Store()
    assert store.add(article("a", text(1), **at(2))) == {}
    assert store.add(article("b", body, **at(1))) == {"b": ("a", kind)}


def test_figures_are_those_of_the_texts() -> None:
    batch = ARTICLES.rows([article("a", text(1), **at(0)), article("b", prose(words(1, 240)[:120]), **at(1))])
    empty = ARTICLES.empty()
    found = find_duplicates(
        batch, fingerprint_articles(batch), known=empty, known_fingerprints=fingerprint_articles(empty), texts_of=lambda _: {}
    ).to_pylist()  # fmt: skip
    assert found == [
        {
            "article_id": "b",
            "canonical_id": "a",
            "kind": "excerpt",
            "containment": 1.0,
            "jaccard": pytest.approx(118 / 238),
            "recorded_at": NOON,
            "day": date(2026, 3, 2),
        }
    ]


def test_unlike_texts_stay_apart() -> None:
    assert Store().add(*(article(f"a{n}", text(n)) for n in range(40))) == {}


def test_a_shared_passage_below_half_makes_no_copy() -> None:
    shared = words("wire", 80)
    one, other = prose(shared + words(1, 120)), prose(shared + words(2, 120))
    assert Store().add(article("a", one), article("b", other)) == {}


def test_a_long_report_that_quotes_a_brief_in_full_stays_its_own() -> None:
    brief = words("brief", 90)
    report = prose(words(1, 300) + brief + words(2, 300))
    store = Store()
    assert store.add(article("brief", prose(brief))) == {}
    assert store.add(article("report", report)) == {}
    assert Store().add(article("report", report, **at(0)), article("brief", prose(brief), **at(1))) == {
        "brief": ("report", "excerpt")
    }


def test_a_report_that_is_mostly_its_own_is_no_copy_of_what_it_takes_up() -> None:
    known, report = words(1, 240), prose(words(1, 240)[:150] + words("own", 300))
    store = Store()
    store.add(article("a", prose(known)))
    assert store.add(article("b", report)) == {}
    assert store.add(article("c", prose(known[:150] + words("c", 120)))) == {"c": ("a", "edited")}


@pytest.mark.parametrize("commits", [1, 2])
def test_a_publisher_reports_further_and_prints_again(commits: int) -> None:
    """Half of one's own text under new paragraphs is a further report; the whole or a cut of it is a copy."""
    known = words(1, 240)
    later = {
        "b": prose(words("new", 100) + known[:150]),
        "c": prose(known[:230]),
        "d": prose(known[:120]),
    }
    for publisher, kinds in (
        ("courier.example", {"c": "copy", "d": "excerpt"}),
        ("ledger.example", {"b": "edited", "c": "copy", "d": "excerpt"}),
        (None, {"b": "edited", "c": "copy", "d": "excerpt"}),
    ):
        store, found = Store(), {}
        first = article("a", prose(known), publisher="courier.example", **at(0))
        rest = [article(i, body, publisher=publisher, **at(1)) for i, body in later.items()]
        for batch in ([first, *rest],) if commits == 1 else ([first], rest):
            found |= store.add(*batch)
        assert found == {i: ("a", kind) for i, kind in kinds.items()}


def test_matches_do_not_chain() -> None:
    """a and c share nothing, b has half of each: whoever b goes to, a and c stay apart."""
    first, second = words("first", 150), words("second", 150)
    a, b, c = prose(first), prose(first + second), prose(second)
    assert Store().add(article("a", a, **at(0)), article("b", b, **at(1)), article("c", c, **at(2))) == {
        "b": ("a", "original")
    }
    store = Store()
    store.add(article("a", a))
    assert store.add(article("b", b)) == {"b": ("a", "original")}
    assert store.add(article("c", c)) == {}


def test_a_copy_of_a_known_copy_goes_to_its_canonical_even_when_that_left_the_window() -> None:
    store = Store()
    store.add(article("a", text(1)))
    assert store.add(article("b", text(1) + " " + text("x", 20))) == {"b": ("a", "copy")}
    store.forgotten = {"a"}
    assert store.add(article("c", text(1) + " " + text("x", 20)), article("d", text(1) + " " + text("y", 20))) == {
        "c": ("a", "copy"),
        "d": ("a", "copy"),
    }
    assert store.asked[-1] == ["a"]


def test_a_text_whose_canonical_cannot_be_read_is_left_alone() -> None:
    store = Store()
    store.add(article("a", text(1)))
    store.texts_of = lambda ids: {}  # type: ignore[method-assign]
    assert store.add(article("b", text(1))) == {}


def test_languages_are_never_mixed_and_an_unknown_one_may_match() -> None:
    body = text(1)
    found = Store().add(
        article("a", body, **at(0)), article("b", body, language="de", **at(1)), article("c", body, language=None, **at(2))
    )  # fmt: skip
    assert found == {"c": ("a", "exact")}
    store = Store()
    store.add(article("a", body))
    assert store.add(article("b", body, language="de")) == {}


ORIGIN = [
    ("earliest first", {**at(1)}, {**at(0)}, "b"),
    ("a day is no time", {**at(1)}, {**at(-20), "published_at_precision": "day"}, "a"),
    ("a known time before none", {}, {**at(5)}, "b"),
    ("who names an original comes second", {**at(0), "declared_original_url": "https://z.example/"}, {**at(1)}, "b"),
]


@pytest.mark.parametrize(("a", "b", "canonical"), [case[1:] for case in ORIGIN], ids=[case[0] for case in ORIGIN])
def test_the_origin_is_canonical(a: dict[str, Any], b: dict[str, Any], canonical: str) -> None:
    found = Store().add(article("a", text(1), **a), article("b", text(1), **b))
    assert {c for c, _ in found.values()} == {canonical}


def test_without_times_the_longer_text_is_canonical() -> None:
    assert Store().add(article("a", prose(words(1, 240)[:150])), article("b", text(1))) == {"a": ("b", "excerpt")}


def test_a_declared_original_is_found_by_less() -> None:
    """Two fifths in common: too little by itself, enough where the page says so."""
    body, rewrite = text(1, 200), prose(words(1, 200)[:80] + words(2, 120))
    declared = {"declared_original_url": "https://a.example/"}
    assert Store().add(article("a", body), article("b", rewrite)) == {}
    assert Store().add(article("a", body), article("b", rewrite, **declared)) == {"b": ("a", "edited")}
    store = Store()
    store.add(article("a", body))
    assert store.add(article("b", rewrite, **declared)) == {"b": ("a", "edited")}
    assert store.add(article("c", text(3), **declared)) == {}, "a claim without shared text proves nothing"


def test_pages_that_declare_each_other_do_not_both_vanish() -> None:
    found = Store().add(
        article("a", text(1), declared_original_url="https://b.example/"),
        article("b", text(1), declared_original_url="https://a.example/"),
    )
    assert found == {"b": ("a", "exact")}


def test_a_new_version_is_not_a_copy_of_its_old_self() -> None:
    store = Store()
    store.add(article("a", text(1)))
    assert store.add(article("a", text(1) + " Corrected.")) == {}


@pytest.mark.parametrize("has_followers", [True, False])
def test_a_known_canonical_stays_canonical(has_followers: bool) -> None:
    store = Store()
    store.add(article("a", text(1)), article("k", text(2)))
    if has_followers:
        store.add(article("b", text(1)))
    assert store.add(article("a", text(2))) == {}


def test_a_known_copy_stays_with_its_canonical() -> None:
    store = Store()
    store.add(article("a", prose(words(1, 200))))
    assert store.add(article("b", prose(words(1, 200)[:160] + words("b", 40)))) == {"b": ("a", "edited")}
    store.add(article("k", prose(words("k", 240))))
    assert store.add(article("b", text(1, 200))) == {"b": ("a", "exact")}
    assert store.add(article("b", prose(words("k", 240)))) == {}, "no other canonical takes it"
    assert store.add(article("b", text("all new")), article("c", text("all new"))) == {}, "nor is it one itself"


def test_a_canonical_and_its_copy_changed_together_stay_together() -> None:
    store = Store()
    store.add(article("a", text(1), **at(3)))
    store.add(article("b", text(1), **at(0)))
    assert store.add(article("a", text(2), **at(3)), article("b", text(2), **at(0))) == {"b": ("a", "exact")}


def test_a_canonical_changed_in_the_same_batch_is_met_in_its_new_form() -> None:
    store = Store()
    store.add(article("a", text(1), **at(3)))
    store.add(article("b", text(1)))
    assert store.add(article("a", text(2), **at(3)), article("c", text(2), **at(0)), article("d", text(1))) == {
        "c": ("a", "exact")
    }


def test_a_wire_story_of_a_hundred_outlets_does_not_become_furniture() -> None:
    outlets = [article(f"o{n:03}", text(1) + " " + text(("local", n), 24), **at(n)) for n in range(150)]
    found = Store().add(*outlets)
    assert found == {f"o{n:03}": ("o000", "copy") for n in range(1, 150)}
    store = Store()
    for start in range(0, 150, 50):
        store.add(*outlets[start : start + 50])
    assert {row["duplicate_of"] for row in store.rows.values()} == {None, "o000"}
    assert store.add(article("late", text(1) + " " + text("late", 60))) == {"late": ("o000", "copy")}


def test_furniture_of_many_articles_pairs_nobody() -> None:
    """90 words of their own under 110 words of standing lines: more than half in common, and no copies."""
    furniture = text("about us", 110)
    pages = [article(f"p{n:03}", text(("own", n), 90) + " " + furniture) for n in range(300)]
    store = Store()
    store.rows = {row["article_id"]: {**row, "duplicate_of": None} for row in pages[:200]}
    assert store.add(*pages[200:]) == {}


def test_nothing_new_gives_nothing() -> None:
    assert Store().add() == {}


def family(seed: int) -> list[dict[str, Any]]:
    """A few texts with cuts, additions and copies of each other, some dated, some not."""
    draw = random.Random(seed)
    rows = []
    for n in range(draw.randint(2, 9)):
        base = words(("base", draw.randint(1, 3)), 240)
        start = draw.choice((0, 0, 60, 120))
        body = base[start : start + draw.choice((100, 160, 240))] + words(
            ("own", draw.randint(1, 3)), draw.choice((0, 20, 60))
        )
        rows.append(
            article(
                f"{draw.randint(10, 99)}-{n}",
                prose(body),
                language=draw.choice(("en", "en", None)),
                declared_original_url=draw.choice((None, None, "https://z.example/")),
                **(at(draw.randint(0, 3)) if draw.random() < 0.6 else {}),
            )
        )
    return rows


@settings(max_examples=60, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10_000), shuffled=st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(seed: int, shuffled: random.Random) -> None:
    rows = family(seed)
    expected = Store().add(*rows)
    shuffled.shuffle(rows)
    assert Store().add(*rows) == expected


@settings(max_examples=30, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10_000), cut=st.integers(0, 9))
def test_across_commits_canonicals_stay_and_a_rerun_says_the_same(seed: int, cut: int) -> None:
    rows, store = family(seed), Store()
    first = store.add(*rows[:cut])
    store.add(*rows[cut:])
    before = {i: row["duplicate_of"] for i, row in store.rows.items()}
    assert {i: c for i, (c, _) in first.items()}.items() <= before.items()
    again = store.add(*rows)
    assert {i: c for i, (c, _) in again.items()} == {i: c for i, c in before.items() if c}


def test_two_accounts_of_one_story_are_no_duplicates(shared_data: Path) -> None:
    one, other = (path.read_text(encoding="utf-8") for path in sorted((shared_data / "seeds").glob("*.txt")))
    assert Store().add(article("one", one), article("other", other)) == {}
    store = Store()
    store.add(article("one", one))
    assert store.add(article("other", other)) == {}

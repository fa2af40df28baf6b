"""Every expectation of the articles suite has a frame that it accepts and a frame that it fails."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from pipeline.reasons import Reason
from pipeline.validate.suites import Verdict, quiet_great_expectations, run_suite

quiet_great_expectations()
import great_expectations as gx  # noqa: E402

from expectations.articles import CONTENT_KINDS, articles_suite  # noqa: E402

NOON = pd.Timestamp("2026-03-02T12:00Z")
GOOD = {
    "article_id": "0123456789abcdef" * 2,
    "publisher": "courier.example",
    "url": "https://courier.example/a",
    "canonical_url": "https://courier.example/a",
    "declared_original_url": None,
    "title": "Ferry line reopens",
    "published_at": NOON,
    "published_at_source": "jsonld",
    "published_at_precision": "second",
    "fetched_at": NOON,
    "language": "en",
    "text_sha256": "0123456789abcdef" * 4,
    "word_count": 300,
    "content_kind": "news",
    "text_size": 1800,
    "unreadable_ratio": 0.0,
    "opening": "The ferry line across the lake reopened on Monday.",
    "title_chars": 18,
    "author_count": 1,
    "author_chars": 12,
    "blank_authors": 0,
    "hours_ahead": -2.0,
    "modified_hours_ahead": -1.0,
    "published_year": 2026,
    "undescribed_dates": 0,
    "section_chars": 5,
    "keyword_count": 3,
    "keyword_chars": 12,
    "blank_keywords": 0,
    "unexplained_kind": 0,
    "blank_signs": 0,
    "is_lineless": 0,
    "standfirst_outside": 0,
}
TYPES = {
    **{name: "str" for name, value in GOOD.items() if isinstance(value, str)},
    **{name: "float64" for name, value in GOOD.items() if isinstance(value, (int, float))},
    "declared_original_url": "str",
    "published_at": "datetime64[us, UTC]",
    "fetched_at": "datetime64[us, UTC]",
}
NOT_NULL, BETWEEN = "expect_column_values_to_not_be_null", "expect_column_values_to_be_between"
REGEX, NOT_REGEX = "expect_column_values_to_match_regex", "expect_column_values_to_not_match_regex"
MEAN = "expect_column_mean_to_be_between"
IN_SET, UNIQUE = "expect_column_values_to_be_in_set", "expect_column_proportion_of_unique_values_to_be_between"

# (expectation, column): values that fail it, then values at the edge that pass.
CASES: dict[tuple[str, str], tuple[list[object], list[object]]] = {
    **{(NOT_NULL, c): ([None], [GOOD[c]]) for c in ("article_id", "text_size", "text_sha256", "word_count")},
    **{(NOT_NULL, c): ([None], [GOOD[c]]) for c in ("content_kind", "author_count", "fetched_at")},
    (BETWEEN, "unreadable_ratio"): ([0.0051, 1.0], [0.005, None]),
    (BETWEEN, "text_size"): ([0, 119], [120, 500_000]),
    (NOT_REGEX, "opening"): (
        [
            "Please enable JavaScript and cookies to continue.",
            "One more step: please verify you are human before you go on to the site.",
            "Our systems have detected unusual traffic from your computer network.",
            "Access Denied. You do not have permission to view this page on this server.",
            "We and our 842 partners use cookies to store information on your device.",
            "Wir verwenden Cookies. Bitte stimmen Sie zu.",
            "Um weiterzulesen, müssen Sie Cookies und Tracking akzeptieren.",
        ],
        [
            "The baker handed out cookies to partners of the harbour fair.",
            "A robot that may prove useful in hospitals was shown on Monday.",
            "Officials denied access to the bridge on Friday, citing storms.",
            "Forbidden fruit was the theme of the harbour fair, and the baker sold 300 apple cakes.",
            None,
        ],
    ),
    (BETWEEN, "word_count"): ([0], [1]),
    (REGEX, "article_id"): (["", "A" * 32, "0" * 31, "0" * 33, "x" * 32], ["0" * 32]),
    (REGEX, "text_sha256"): (["0" * 63, "g" * 64], ["f" * 64]),
    **{
        (REGEX, c): (
            ["", "ftp://a.example/b", "//a.example/b", "https://", "https:///b", "/b", "javascript:void(0)"],
            ["http://a.example", "https://a.example:8443/b?c=d", None],
        )
        for c in ("url", "canonical_url", "declared_original_url")
    },
    (REGEX, "language"): (["", "EN", "en-GB", "english", "e"], ["en", "fil", None]),
    (IN_SET, "content_kind"): (["", "News", "blog", "press release"], list(CONTENT_KINDS)),
    (BETWEEN, "section_chars"): ([0, 201], [1, 200, None]),
    (BETWEEN, "keyword_count"): ([51], [0, 50, None]),
    (BETWEEN, "keyword_chars"): ([201], [0, 200]),
    (BETWEEN, "blank_keywords"): ([1], [0]),
    (BETWEEN, "unexplained_kind"): ([1], [0]),
    (BETWEEN, "blank_signs"): ([1], [0]),
    (BETWEEN, "standfirst_outside"): ([1], [0, None]),
    (IN_SET, "published_at_source"): (["", "crawl"], ["htmldate", None]),
    (IN_SET, "published_at_precision"): (["", "hour"], ["day", None]),
    (BETWEEN, "title_chars"): ([0, 301], [1, 300, None]),
    (BETWEEN, "hours_ahead"): ([24.01], [24.0, -90_000.0, None]),
    (BETWEEN, "published_year"): ([1970, 1989], [1990, None]),
    (BETWEEN, "undescribed_dates"): ([1], [0]),
    (BETWEEN, "blank_authors"): ([1], [0]),
    (BETWEEN, "author_count"): ([51], [0, 50]),
    (BETWEEN, "author_chars"): ([121], [120]),
    (BETWEEN, "modified_hours_ahead"): ([24.01], [24.0, None]),
}
# Bounds on a batch: a frame that fails and one that just passes.
SET_CASES: dict[tuple[str, str], tuple[list[object], list[object]]] = {
    (NOT_NULL, "title"): (["a"] * 6 + [None] * 4, ["a"] * 7 + [None] * 3),
    (NOT_NULL, "published_at"): ([NOON] * 6 + [None] * 4, [NOON] * 7 + [None] * 3),
    (NOT_NULL, "language"): (["en"] * 7 + [None] * 3, ["en"] * 8 + [None] * 2),
    (NOT_NULL, "publisher"): (["a"] * 4 + [None] * 6, ["a"] * 5 + [None] * 5),
    (UNIQUE, "text_sha256"): (list("aaaaabcdef"), list("aaaabcdefg")),
    (UNIQUE, "article_id"): (list("aaaaaaabcd"), list("aaaaaabcde")),
    (MEAN, "is_lineless"): ([1] * 6 + [0] * 4, [1] * 5 + [0] * 5),
}


def frame(column: str, values: list[object]) -> pd.DataFrame:
    rows = [{**GOOD, column: value} for value in values]
    return pd.DataFrame(rows).astype(TYPES)


def verdict_on(expectation: str, column: str, values: list[object]) -> Verdict:
    chosen = [
        e for e in articles_suite().expectations
        if (e.configuration.type, e.configuration.kwargs["column"]) == (expectation, column)
    ]  # fmt: skip
    (verdict,) = run_suite(gx.ExpectationSuite(name="one", expectations=chosen), frame(column, values))
    return verdict


def test_each_expectation_is_tried_here() -> None:
    suite = [(e.configuration.type, e.configuration.kwargs["column"]) for e in articles_suite().expectations]
    assert len(suite) == len(set(suite)), "quality_metrics is keyed by suite, expectation and column"
    assert set(suite) == {*CASES, *SET_CASES}


@pytest.mark.parametrize(("expectation", "column"), CASES, ids=lambda v: v.removeprefix("expect_column_"))
def test_rows_pass_or_fail(expectation: str, column: str) -> None:
    bad, good = CASES[expectation, column]
    verdict = verdict_on(expectation, column, [*good, *bad])
    assert verdict.failed_rows == tuple(range(len(good), len(good) + len(bad)))
    assert not verdict.success
    assert verdict.observed == pytest.approx(len(bad) / (len(bad) + len(good)))
    assert verdict_on(expectation, column, good).success


@pytest.mark.parametrize(("expectation", "column"), SET_CASES, ids=lambda v: v.removeprefix("expect_column_"))
def test_batches_pass_or_fail(expectation: str, column: str) -> None:
    bad, good = SET_CASES[expectation, column]
    failed, passed = verdict_on(expectation, column, bad), verdict_on(expectation, column, good)
    assert (failed.success, passed.success) == (False, True)
    assert failed.reason is None


def test_a_good_row_passes_the_whole_suite_alone() -> None:
    assert [v.column for v in run_suite(articles_suite(), frame("title", ["A title"])) if not v.success] == []


def test_each_expectation_says_what_becomes_of_a_failure() -> None:
    for expectation in articles_suite().expectations:
        meta = expectation.configuration.meta
        assert meta["field"]
        assert meta["expects"]
        if meta["severity"] == "critical":
            Reason(meta["reason"])
        else:
            assert meta["severity"] in ("warning", "set")
            assert "reason" not in meta


def test_importing_the_suite_does_not_load_great_expectations() -> None:
    code = (
        "import sys, expectations.articles, pipeline.validate.articles; sys.exit('great_expectations' in sys.modules)"
    )
    root = Path(__file__).resolve().parents[2]
    assert subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode == 0

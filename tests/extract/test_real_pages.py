"""228 real pages: the bars that extraction must not sink below. Read once for all tests; each eighth in the quick ones."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.pages import Scored, load_pages, score_pages
from pipeline.extract.isolated import extract_each

# By reading the pages: ids and codes, no text.
LANGUAGES = json.loads((Path(__file__).parent / "languages.json").read_text(encoding="utf-8"))


def read(data: Path, every: int = 1) -> list[Scored]:
    """Each so manieth page, beside its truth."""
    truths, pages = (found[::every] for found in load_pages(data))
    found = extract_each(pages, workers=0, timeout_seconds=60.0)
    return [Scored(truth=t, page=p, found=f) for t, p, f in zip(truths, pages, found, strict=True)]


@pytest.fixture(scope="module")
def scored(shared_data: Path) -> list[Scored]:
    return read(shared_data)


def test_each_eighth_page(shared_data: Path) -> None:
    """Few pages, so lower bars: what breaks reading altogether is seen here, what makes it worse in the drill."""
    scored = read(shared_data, every=8)
    figures = score_pages(scored)
    assert figures["full_texts"] == figures["pages"] == 29
    assert figures["text"]["fundus"]["f1"] >= 0.95
    assert figures["text"]["scrapinghub"]["f1"] >= 0.96
    assert figures["metadata"]["published_within_60s"]["share"] >= 0.93
    assert figures["metadata"]["published_equals_capture"] == 0
    assert_nobody_named_admin_and_no_furniture(scored)


@pytest.mark.drill
def test_texts(scored: list[Scored]) -> None:
    figures = score_pages(scored)
    assert figures["pages"] == 228
    assert figures["full_texts"] >= 226
    assert figures["text"]["fundus"]["f1"] >= 0.965, "stock trafilatura: 0.941"
    assert figures["text"]["scrapinghub"]["f1"] >= 0.966, "stock trafilatura: 0.962"


@pytest.mark.drill
def test_metadata(scored: list[Scored]) -> None:
    figures = score_pages(scored)["metadata"]
    assert figures["published_within_60s"]["share"] >= 0.98
    assert figures["published_within_60s"]["of"] >= 120
    assert figures["published_equals_capture"] == 0
    assert figures["title_equal"]["share"] >= 0.90
    assert figures["authors_without_sites"]["share"] >= 0.82


@pytest.mark.drill
def test_languages(scored: list[Scored]) -> None:
    wrong = {
        one.truth["id"]: (one.found.language, LANGUAGES[one.truth["id"]])
        for one in scored
        if one.truth["id"] in LANGUAGES and one.found.language != LANGUAGES[one.truth["id"]]
    }
    assert len(LANGUAGES) == 131
    assert len(wrong) <= 2, wrong


@pytest.mark.drill
def test_nobody_named_admin_and_no_furniture(scored: list[Scored]) -> None:
    assert_nobody_named_admin_and_no_furniture(scored)


def assert_nobody_named_admin_and_no_furniture(scored: list[Scored]) -> None:
    for one in scored:
        names = {name.casefold() for name in one.found.authors}
        assert not names & {"admin", "staff", "redaktion", "newsroom", "editor"}
        assert not any(line in ("Advertisement", "Read more", "Source link") for line in one.found.text.split("\n\n"))

"""228 real pages: the bars that extraction must not sink below. Read once for all tests; each eighth in the quick ones."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.pages import Scored, load_pages, score_pages
from pipeline.extract.pool import extract_each

# By reading the pages: ids and codes, no text.
LANGUAGES = json.loads((Path(__file__).parent / "languages.json").read_text(encoding="utf-8"))


@pytest.fixture(
    scope="module", params=[pytest.param(8, id="each eighth"), pytest.param(1, id="all", marks=pytest.mark.drill)]
)
def scored(request: pytest.FixtureRequest, shared_data: Path) -> list[Scored]:
    truths, pages = (found[:: request.param] for found in load_pages(shared_data))
    found = extract_each(pages, workers=0, timeout_seconds=60.0)
    return [Scored(truth=t, page=p, found=f) for t, p, f in zip(truths, pages, found, strict=True)]


def test_texts(scored: list[Scored]) -> None:
    figures = score_pages(scored)
    assert figures["pages"] == 228
    assert figures["full_texts"] >= 226
    assert figures["text"]["fundus"]["f1"] >= 0.955, "stock trafilatura: 0.941"
    assert figures["text"]["scrapinghub"]["f1"] >= 0.965, "stock trafilatura: 0.962"


def test_metadata(scored: list[Scored]) -> None:
    figures = score_pages(scored)["metadata"]
    assert figures["published_within_60s"]["share"] >= 0.98
    assert figures["published_within_60s"]["of"] >= 120
    assert figures["published_equals_capture"] == 0
    assert figures["title_equal"]["share"] >= 0.90
    assert figures["authors_without_sites"]["share"] >= 0.82


def test_languages(scored: list[Scored]) -> None:
    wrong = {
        one.truth["id"]: (one.found.language, LANGUAGES[one.truth["id"]])
        for one in scored
        if one.truth["id"] in LANGUAGES and one.found.language != LANGUAGES[one.truth["id"]]
    }
    assert len(LANGUAGES) == 131
    assert len(wrong) <= 2, wrong


def test_nobody_named_admin_and_no_furniture(scored: list[Scored]) -> None:
    for one in scored:
        names = {name.casefold() for name in one.found.authors}
        assert not names & {"admin", "staff", "redaktion", "newsroom", "editor"}
        assert not any(line in ("Advertisement", "Read more", "Source link") for line in one.found.text.split("\n\n"))

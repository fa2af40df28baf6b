"""Plain texts: with a title or none, in paragraphs of any shape."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.extract.page import Extraction, Page, extract_page
from pipeline.extract.plain_text import read_plain_text, split_paragraphs

PROSE = [
    "The harbour board of Quillmouth voted on Tuesday to dredge the eastern channel for the first time in nineteen years.",
    "Harbour master Petra Lindqvist told the meeting that the channel had lost 1.4 metres of depth since its last survey.",
    "Fishermen objected that the dredger would stir up silt over the mussel beds off Tern Point, and asked for samples.",
]
TITLE = "Quillmouth to dredge its eastern channel"


@pytest.mark.parametrize(
    "text",
    [
        "\n\n".join([TITLE, *PROSE]),
        "\n".join([TITLE, *PROSE]),
        "\r\n\r\n".join([TITLE, "Admin", TITLE, *PROSE, "Source link"]),
        "\n\n".join([f"# {TITLE}", *PROSE]),
        "\n".join([f"Title: {TITLE}", "Date: 3 March 2026", *PROSE]),
        "\n\n".join([TITLE + ".", TITLE + ".", *PROSE]).replace(TITLE + ".", TITLE),
    ],
)
def test_a_title_is_found(text: str) -> None:
    found = read_plain_text(text)
    assert found.title == TITLE
    assert list(found.paragraphs) == PROSE
    assert found.authors == ()


@pytest.mark.parametrize("lead", ["", "URGENT UPDATE: ", "BREAKING: "])
def test_a_text_that_opens_with_prose_has_no_title(lead: str) -> None:
    found = read_plain_text("\n".join([lead + PROSE[0], *PROSE[1:], "Stay tuned for more."]))
    assert found.title is None
    assert list(found.paragraphs) == PROSE


def test_byline_and_date() -> None:
    found = read_plain_text("\n\n".join([TITLE, "By Ida Varga and Tom Okafor", "3 March 2026, 18:10", *PROSE]))
    assert found.authors == ("Ida Varga", "Tom Okafor")
    assert found.stamp is not None
    assert found.stamp.utc == datetime(2026, 3, 3, 18, 10, tzinfo=UTC)
    assert list(found.paragraphs) == PROSE


def test_wrapped_lines_are_one_paragraph() -> None:
    wrapped = "The harbour board of Quillmouth voted on Tuesday\nto dredge the eastern channel for the first time\nin nineteen years."
    assert split_paragraphs(f"{wrapped}\n\nSecond.") == [wrapped.replace("\n", " "), "Second."]
    assert split_paragraphs("\n".join(PROSE)) == PROSE


def page(text: str) -> Extraction:
    return extract_page(
        Page(body=text.encode(), content_type="text/plain", fetched_at=datetime(2026, 3, 4, tzinfo=UTC))
    )


def test_an_unknown_time_is_null() -> None:
    found = page("\n".join(PROSE))
    assert found.published.at is None
    assert found.title_source is None
    assert found.language == "en"


def test_real_seeds(shared_data: Path) -> None:
    untitled, titled = (
        page((shared_data / "seeds" / name).read_text(encoding="utf-8")) for name in ("seed-1.txt", "seed-2.txt")
    )
    assert untitled.title is None
    assert titled.title == "Russia Reports Positive Progress in Peace Talks on US Plan for Ukraine"
    assert titled.title not in titled.text
    for found in (untitled, titled):
        assert found.authors == ()
        assert found.published.at is None
        lowered = found.text.lower()
        assert not any(dirt in lowered for dirt in ("source link", "stay tuned", "urgent update", "admin\n"))
        assert found.cleaning_rules
    assert len(titled.text.split("\n\n")) == 7
    assert len(untitled.text.split("\n\n")) == 7

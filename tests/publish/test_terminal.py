"""The digest on a terminal: it fits the screen, and opens on demand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.publish.document import DigestRows, make_document
from pipeline.publish.terminal import render_screen, render_sources
from pipeline.tables import DIGESTS


def test_the_day_on_a_screen(invented_rows: DigestRows) -> None:
    text = render_screen(make_document(invented_rows), width=80, height=None)
    assert text.startswith("Daybook, Wednesday, 4 March 2026: 4 developments in 3 stories\nNot heard: ")
    assert "1. The Varn burst its banks at Oldmill" in text
    assert "- Varn floods Oldmill (2)\n- Hafenbrücke gesperrt (1)\n- First ferry to Lund Island (1)" in text
    assert "430 houses" not in text


@pytest.mark.parametrize(("width", "height"), [(80, 24), (50, 40), (200, 40), (100, 30)])
def test_it_fits(invented_rows: DigestRows, width: int, height: int) -> None:
    document = make_document(invented_rows)
    story = document["stories"][2]
    document["stories"] += [{**story, "headline": f"A story of many {n}"} for n in range(40)]
    lines = render_screen(document, width=width, height=height).splitlines()
    assert max(map(len, lines)) < width
    assert len(lines) < height
    assert " stories more" in "\n".join(lines)


def test_the_day_s_lines_stand_however_small_the_screen_is(invented_rows: DigestRows) -> None:
    text = render_screen(make_document(invented_rows), width=30, height=5)
    assert "Varn burst" in text.replace("\n   ", " ")
    assert "Varn floods Oldmill (2)" in text


def test_every_line_with_its_sources(invented_rows: DigestRows) -> None:
    text = render_sources(make_document(invented_rows), width=100)
    for told in (
        "courier.example, https://courier.example/varn",
        "says otherwise: “It flooded 430 houses",
        "Unknown publisher",
    ):
        assert told in text


def test_a_day_of_nothing(invented_rows: DigestRows) -> None:
    empty = replace(
        invented_rows, digests=DIGESTS.empty(), developments=invented_rows.developments.slice(0, 0), unheard=()
    )
    assert "0 developments in 0 stories" in render_screen(make_document(empty), width=80, height=24)

"""Dates as pages print them, and those that stand in figures alone."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pipeline.extract.page import Page, extract_page
from pipeline.text.dates import Published

FETCHED = datetime(2026, 3, 4, 12, tzinfo=UTC)
BODY = "".join(
    f"<p>The county council met on Monday evening to settle item {n} of the budget, and the debate lasted until midnight.</p>"
    for n in range(4)
)


def published(line: str, *, lang: str = "en", head: str = "", before: str = "", after: str = "") -> Published:
    page = (
        f"<html lang='{lang}'><head><title>Council settles budget</title>{head}</head><body><main><article>{before}"
        f"<h1>Council settles budget in Carrow</h1>{line}{BODY}</article>{after}</main></body></html>"
    )
    return extract_page(
        Page(body=page.encode(), url="http://post.example/a-council-story", fetched_at=FETCHED)
    ).published


def day_of(line: str, **more: str) -> str | None:
    found = published(line, **more)
    assert found.precision in (None, "day")
    return found.at.date().isoformat() if found.at else None


@pytest.mark.parametrize(
    ("line", "lang", "day"),
    [
        ("27 de febrero de 2026", "es", "2026-02-27"),
        ("2026年2月27日 10時00分", "ja", "2026-02-27"),
        ("2026년 2월 27일 오후 3:05", "ko", "2026-02-27"),
        ("2026-02-27 10:00:00", "zh", "2026-02-27"),
        ("Vendredi 27 février 2026 à 10h15", "fr", "2026-02-27"),
        ("27 lutego 2026, 10:15", "pl", "2026-02-27"),
        ("2 listopada 2025", "pl", "2025-11-02"),
        ("27 февраля 2026, 10:15", "ru", "2026-02-27"),
        ("27 Şubat 2026 Cuma", "tr", "2026-02-27"),
        ("٢٧ فبراير ٢٠٢٦", "ar", "2026-02-27"),
        ("27.02.2026, 10:15 Uhr", "de", "2026-02-27"),
        ("By Ida Brandt · February 27, 2026", "en", "2026-02-27"),
        ("03/02/2026", "en-US", "2026-03-02"),
        ("03/02/2026", "en-GB", "2026-02-03"),
        ("03/02/2026", "it", "2026-02-03"),
        ("03/02/2026", "en", None),
        ("27/02/2026", "en", "2026-02-27"),
        ("31/02/2026", "en", None),
    ],
)
@pytest.mark.parametrize(
    "place", ['<p class="date">{}</p>', "<p>{}</p>", '<div class="post-meta"><span>{}</span></div>']
)
def test_a_printed_day(line, lang, day, place):
    assert day_of(place.format(line), lang=lang) == day


@pytest.mark.parametrize(
    ("line", "day"),
    [
        ("Updated 2 March 2026 · Published 27 February 2026", "2026-02-27"),
        ("Published 27 February 2026, updated 2 March 2026", "2026-02-27"),
        ("Veröffentlicht: 27.02.2026 | Aktualisiert: 02.03.2026, 10:15 Uhr", "2026-02-27"),
        ("Aktualisiert am 2. März 2026, veröffentlicht am 27. Februar 2026", "2026-02-27"),
        ("Mis à jour le 2 mars 2026 - Publié le 27 février 2026", "2026-02-27"),
        ("2026年3月2日 更新 2026年2月27日 公開", "2026-02-27"),
        ("更新：2026年3月2日 公開：2026年2月27日", "2026-02-27"),
        ("27.02.2026 opublikowano, 02.03.2026 zaktualizowano", "2026-02-27"),
        ("Last updated: 2 March 2026", None),
    ],
)
def test_a_change_is_no_publication(line, day):
    assert day_of(f'<p class="date">{line}</p>') == day
    assert day_of(f"<p>{line}</p>") == day


@pytest.mark.parametrize(
    "lines",
    [
        '<p><span class="updated">2 March 2026</span> <span class="published">27 February 2026</span></p>',
        "<p>Updated: <time>2 March 2026</time></p><p>Published: <time>27 February 2026</time></p>",
        '<p>Updated <time datetime="2026-03-02">2 March</time> · Published <time datetime="2026-02-27">27 February</time></p>',
        '<p>Aktualisiert: <time datetime="2026-03-02">2.3.</time></p><p><time datetime="2026-02-27">27.2.</time></p>',
        "<p>First published: 27 February 2026 (last updated: 2 March 2026)</p>",
        '<div class="meta"><p>Updated 2 March 2026</p><p>27 February 2026</p></div>',
    ],
)
def test_markup_and_words_tell_a_change(lines):
    assert day_of(lines) == "2026-02-27"


def test_a_sentence_and_other_boxes_tell_no_date():
    assert (
        day_of("<p>The old mill of Torrin burned down on 27 February 2026</p><p class='date'>1 March 2026</p>")
        == "2026-03-01"
    )
    related = (
        "<aside><p class='date'>5 January 2026</p></aside><div class='related'><p class='date'>6 January 2026</p></div>"
    )
    assert day_of("<p class='date'>1 March 2026</p>", before=related, after=related) == "2026-03-01"


@pytest.mark.parametrize(
    ("mark", "at"),
    [
        ('<span itemprop="datePublished" content="2026-02-27T08:00:00Z">27 Feb</span>', "2026-02-27T08:00:00"),
        ('<div property="schema:datePublished" content="2026-02-27T09:00:00+01:00"></div>', "2026-02-27T08:00:00"),
        ('<b itemprop="dateCreated datePublished" content="2026-02-27T08:00:00Z"></b>', "2026-02-27T08:00:00"),
        ('<p itemprop="datePublished">Fri, 27 Feb 2026 08:00:00 GMT</p>', "2026-02-27T08:00:00"),
        ('<abbr itemprop="datePublished" content="1772179200">27 Feb</abbr>', "2026-02-27T08:00:00"),
    ],
)
def test_microdata_on_any_element(mark, at):
    found = published(mark)
    assert (found.at, found.source, found.precision) == (
        datetime.fromisoformat(at).replace(tzinfo=UTC),
        "meta",
        "second",
    )


@pytest.mark.parametrize(
    ("content", "lang", "day"),
    [
        ("03/02/2026 10:00 PM", "en-US", "2026-03-02"),
        ("03/02/2026 10:00", "en-GB", "2026-02-03"),
        ("03/02/2026 10:00 PM", "en", None),
        ("02/27/2026 10:00 PM", "en", "2026-02-27"),
        ("2026-02-30T10:00:00Z", "en", None),
    ],
)
def test_figures_in_meta_are_read_by_the_pages_region(content, lang, day):
    assert day_of("", lang=lang, head=f'<meta property="article:published_time" content="{content}">') == day


@pytest.mark.parametrize(
    "line",
    [
        "Starts 5 March 2026", "Born 2 March 1976", "Joined 2 March 2016", "Deadline: 2 March 2026", "Valid until 2 March 2026",
        "Member since 2 March 2016", "Frist: 2. März 2026", "seit 2. März 2016", "desde el 2 de marzo de 2026", "depuis le 2 mars 2016",
    ],
)  # fmt: skip
def test_a_day_of_something_else_is_no_publication(line):
    assert day_of(f"<div>{line}</div>") is None
    assert day_of(f"<div>Published 1 March 2026 | {line}</div>") == "2026-03-01"


def test_a_german_stand_is_a_change():
    assert day_of("<div>Stand: 03.03.2026, 10:15 Uhr</div>", lang="de") is None

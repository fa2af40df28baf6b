"""What a story is called: a name that stays, a heading of the day that is never an earlier day's."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.digest.evidence import Article, Evidence, Line
from pipeline.digest.features import read_sentences
from pipeline.digest.headings import Heading, find_heading

OPENED = "The mill bridge at Torrin opened on Monday after eleven years of repair."
TOLL = "The council of Torrin will take a toll of two crowns on the mill bridge."


def line(title: str | None, text: str) -> Line:
    article = Article(
        article_id=title or "untitled", version=1, event_id="e", origin="courier", publisher="courier", language="en",
        title=title, text=text, published_at=None,
    )  # fmt: skip
    (sentence, *_) = read_sentences(text, "en")
    evidence = (Evidence(article=article, sentence=sentence, role="primary"),)
    return Line(kind="new", novelty=1.0, score=1.0, event_date=None, evidence=evidence)


def row(title: str | None, kind: str = "news") -> dict[str, Any]:
    return {"title": title, "language": "en", "content_kind": kind}


FRESH = [row("Mill bridge opens at Torrin"), row("Torrin takes a toll on its bridge"), row("Goat wanted")]


def test_it_is_the_title_of_what_the_first_line_cites() -> None:
    lines = [line("Torrin takes a toll on its bridge", TOLL), line("Mill bridge opens at Torrin", OPENED)]
    assert find_heading(lines, FRESH, [], "Mill bridge closed") == Heading(
        of_day="Torrin takes a toll on its bridge", name="Torrin takes a toll on its bridge"
    )


def test_the_name_is_the_first_heading_ever() -> None:
    found = find_heading(
        [line("Mill bridge opens at Torrin", OPENED)], FRESH, ["Bridge shut", "Bridge still shut"], None
    )
    assert found == Heading(of_day="Mill bridge opens at Torrin", name="Bridge shut")


@pytest.mark.parametrize(
    ("title", "before", "kind"),
    [
        ("Mill bridge opens at Torrin", ["MILL BRIDGE opens  at Torrin"], "news"),
        ("Will the mill bridge open?", [], "news"),
        ("Wird die Brücke geöffnet? »", [], "news"),
        ("The day at the bridge as it happened", [], "live"),
        (None, [], "news"),
    ],
    ids=["used before", "a question", "a quoted question", "a live report", "no title"],
)
def test_else_it_is_the_title_of_the_day_with_most_words_of_the_lines(
    title: str | None, before: list[str], kind: str
) -> None:
    fresh = [row(title, kind), row("Goat wanted"), row("Toll of two crowns on the mill bridge")]
    lines = [line(title, OPENED), line("x", TOLL)]
    assert find_heading(lines, fresh, before, "Older").of_day == "Toll of two crowns on the mill bridge"


def test_where_no_title_of_the_day_will_do_it_is_the_story_s_own() -> None:
    lines = [line("Will it open?", OPENED)]
    assert find_heading(lines, [row("Will it open?")], [], "Mill bridge closed").of_day == "Mill bridge closed"
    assert find_heading(lines, [row("Will it open?")], [], None).of_day == "Will it open?"
    assert find_heading([line(None, OPENED)], [row(None)], [], None) == Heading(of_day=None, name=None)


def test_a_quiet_story_goes_by_its_name() -> None:
    assert find_heading([], FRESH, ["Bridge shut"], "Mill bridge closed") == Heading(
        of_day="Bridge shut", name="Bridge shut"
    )
    assert find_heading([], FRESH, [], "Mill bridge closed").of_day == "Mill bridge closed"


def test_a_title_whose_words_no_line_has_gives_way_to_one_that_the_lines_tell() -> None:
    lines = [line("Goat wanted", TOLL), line("Mill bridge opens at Torrin", OPENED)]
    assert find_heading(lines, FRESH, [], None).of_day == "Torrin takes a toll on its bridge"


def test_where_all_titles_of_the_day_headed_the_story_before_it_is_that_of_the_first_line() -> None:
    lines = [line("Mill bridge opens at Torrin", OPENED)]
    used = [str(each["title"]) for each in FRESH]
    assert find_heading(lines, FRESH, used, "Mill bridge closed").of_day == "Mill bridge opens at Torrin"

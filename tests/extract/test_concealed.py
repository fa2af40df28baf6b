"""What a page's styles conceal is no word of its text; what they only shrink or fade is; large initials belong to their words."""

from __future__ import annotations

import pytest

from tests.extract.test_boxes import paragraphs, read
from tests.extract.test_two_signs import STORY

SHEET = (
    "<style>.far{position:absolute;clip:rect(0 0 0 0)} a.gone , .off { display : none }"
    " @media print{.paper{display:none}} .menu .item{display:none} .small{font-size:0.8em}</style>"
)
WORD = "elsewhere"


def told_with(attributes: str, tag: str = "span") -> str:
    """The story with one more element within its first sentence."""
    first, rest = STORY[0].split(" ", 1)
    return read(f"{SHEET}<p>{first} <{tag} {attributes}>{WORD}</{tag}> {rest}</p>{paragraphs(*STORY[1:])}")


@pytest.mark.parametrize(
    "attributes",
    [
        'style="position:absolute;clip:rect(0,0,0,0);height:1px;width:1px;overflow:hidden"',
        'style="clip: rect(1px, 1px, 1px, 1px); position: absolute !important"',
        'style="position:absolute; clip-path: inset(50%)"',
        'style="position:absolute; width:1px; height:1px; overflow:hidden"',
        'style="position:absolute;left:-9999px"',
        'style="text-indent:-9999px"',
        'style="display : none"',
        'style="font-size:0"',
        'style="opacity: 0; color: red"',
        'class="note far"',
        'class="off"',
    ],
)
def test_concealed_words_are_none(attributes: str) -> None:
    assert told_with(attributes) == "\n\n".join(STORY)


@pytest.mark.parametrize(
    "attributes",
    [
        'style="font-size:0.9em;opacity:0.9;line-height:1px;left:-1px"',
        'style="width:1px"',
        'style="border-width:1px;min-height:1px;overflow:hidden"',
        'style="clip:rect(10px,40px,40px,10px)"',
        'class="paper"',
        'class="item"',
        'class="small farther"',
    ],
)
def test_words_that_are_only_small_or_hidden_elsewhere_stay(attributes: str) -> None:
    assert WORD in told_with(attributes)


def test_paragraphs_that_a_script_fades_in_stay() -> None:
    faded = "".join(f'<p style="opacity:0">{line}</p>' for line in STORY)
    assert read(faded) == "\n\n".join(STORY)


FIRST, REST = STORY[0][0], STORY[0][1:]
HEAD, TAIL = STORY[0].split(" ", 1)


@pytest.mark.parametrize(
    "opening",
    [
        f'<p><span class="dropcap">{FIRST}</span> {REST}</p>',
        f'<p>\n<span class="has-drop-cap">{FIRST}</span>\n{REST}</p>',
        f'<p><span style="float:left;font-size:60px"><b>{FIRST}</b></span> {REST}</p>',
        f'<div><div class="first-letter">{FIRST}</div>{REST}</div>',
        f'<p><span aria-hidden="true"><b>{FIRST}</b>{HEAD[1:]}</span><span class="sr-only">{HEAD}</span> {TAIL}</p>',
        f"<p><strong>{FIRST}</strong>{REST}</p>",
    ],
)
def test_a_large_initial_belongs_to_its_word(opening: str) -> None:
    assert read(opening + paragraphs(*STORY[1:])) == "\n\n".join(STORY)


@pytest.mark.parametrize(
    ("opening", "words"),
    [
        ('<span class="dropcap">A</span> county council met on Monday evening.', "A county council"),
        ('<span class="dropcap">I</span> saw the county council on Monday evening.', "I saw the county"),
        ("<b>T</b> cells were counted on Monday evening by the county.", "T cells were"),
        ('<span class="drop-cap">T</span> Shirts were sold on Monday by the county.', "T Shirts were"),
        ('<span class="size">M</span> was sold out on Monday, said the county.', "M was sold"),
    ],
)
def test_a_letter_that_is_a_word_stays_one(opening: str, words: str) -> None:
    assert words in read(f"<p>{opening} {STORY[0]}</p>{paragraphs(*STORY[1:])}")

"""Words inside a sentence: whatever element they stand in, they stay in their place; what is no word goes."""

from __future__ import annotations

import pytest

from pipeline.extract.html import parse_page
from pipeline.extract.inline import tidy_inline
from pipeline.extract.names import read_names
from pipeline.extract.own_text import read_runs
from pipeline.extract.page import Page, extract_page
from pipeline.extract.proof import prove_lines
from tests.extract.test_two_signs import STORY

SENTENCES = [
    (
        "The plan, which the mayor called <label>a gift</label> to the town, was dropped on Monday after a long debate.",
        "called a gift to the town",
    ),
    (
        'Voters of <span class="author">Ida Brandt</span> wept when the result was read out at midnight in the hall.',
        "Voters of Ida Brandt wept",
    ),
    (
        "The ship left <nobr>Port Aldery</nobr> at dawn with 40 sailors and a goat on board, the harbour said.",
        "left Port Aldery at dawn",
    ),
    (
        'He paid <output>300 crowns</output> for the boat and <data value="2">two</data> oars, the court heard on Monday morning.',
        "paid 300 crowns for the boat and two oars",
    ),
    (
        "On <time>Monday</time>, <time>10 March</time>, the court will hear the case of the mill and of its owner.",
        "On Monday, 10 March, the court",
    ),
    (
        'The <news-term data-x="1">referendum</news-term> on the hall will be held in May, Mrs Brandt told residents of the town.',
        "The referendum on the hall",
    ),
    (
        'The <abbr title="United Nations" class="share">UN</abbr> sent a letter to the council, which was read out at midnight.',
        "The UN sent a letter",
    ),
    (
        'The vote on the <a class="social" href="/h">swimming hall</a> was put off until May because of the rain, she said.',
        "on the swimming hall was put off",
    ),
    ('The vote is on <time datetime="2026-03-01">1 March</time>.', "The vote is on 1 March."),
    (
        "<button>Referendum</button> papers were burned in the yard of the hall on Monday, three witnesses told the court.",
        "Referendum papers were burned",
    ),
    (
        "The town of <ruby>東京<rt>とうきょう</rt></ruby> sent a letter of thanks to the council on Monday, it was said.",
        "The town of 東京 sent",
    ),
    (
        "The mayor walked out in disgrace<sup>1</sup> and did not come back until the morning, her driver told the court.",
        "in disgrace and did not",
    ),
    (
        'The mayor<span class="sr-only">opens in a new tab</span> walked out and did not come back until the morning, her driver said.',
        "The mayor walked out",
    ),
    (
        "The river rose by 12 m<sup>2</sup> of water an hour, which nobody believed, the engineer told the council.",
        "12 m2 of water",
    ),
    (
        'The mayor<span hidden>secret</span> walked <i aria-hidden="true">icon</i> out of the room at nine'
        " in the evening, her driver said.",
        "The mayor walked out",
    ),
    (
        'The firm paid <span class="caption">40 crowns</span> a day to <span class="newsletter">each'
        " man</span> in the pit, the union said.",
        "paid 40 crowns a day to each man in the pit",
    ),
    (
        'He said <mark>nothing</mark> and <meter value="1">little</meter> more to the judges of the high court on Monday.',
        "nothing and little more",
    ),
    (
        'Mr <em class="meta">Holt</em> left the <strong class="button">hall</strong> at nine and <b'
        ' class="related">nobody</b> saw him again that night.',
        "Mr Holt left the hall at nine and nobody saw",
    ),
    (
        'The <progress>old</progress> mill, said <cite class="author-name">Holt</cite>, will be <u'
        ' class="share-text">torn down</u> by June at the latest, as planned.',
        "The old mill, said Holt, will be torn down",
    ),
]
OUTSIDE = [
    "<button>Share</button> The council met again on Tuesday, and nobody came but the mayor and his dog.",
    "The council met again on Tuesday, and nobody came but the mayor and his dog. <button>Share</button> <button>print</button>",
    "<time>12:30</time> The council met again on Tuesday, and nobody came but the mayor and his dog.",
    "<label>Topic</label> The council met again on Tuesday, and nobody came but the mayor and his dog.",
]


def text_of(paragraph: str) -> str:
    lines = "</p><p>".join([STORY[0], paragraph, *STORY[1:3]])
    html = f"<html><body><article><h1>Budget</h1><p>{lines}</p></article></body></html>"
    return extract_page(Page(body=html.encode(), content_type="text/html; charset=utf-8")).text


@pytest.mark.parametrize(("paragraph", "words"), SENTENCES, ids=[f"sentence-{i}" for i in range(len(SENTENCES))])
def test_words_stay_in_their_sentence(paragraph: str, words: str) -> None:
    assert words in text_of(paragraph)


@pytest.mark.parametrize("paragraph", OUTSIDE, ids=["before", "behind", "clock", "label"])
def test_controls_beside_a_sentence_are_no_words(paragraph: str) -> None:
    assert "\n\nThe council met again on Tuesday, and nobody came but the mayor and his dog.\n\n" in text_of(paragraph)


def test_joiners_survive_where_the_script_needs_them() -> None:
    persian = "شورای شهرستان دوشنبه شب بودجه سال آینده را پس از بحثی که تا نیمه\u200cشب ادامه داشت تصویب کرد."
    devanagari = "परिषद ने सोमवार को श्री\u200dलंका के साथ पुल के बजट पर आधी रात तक बहस की और उसे मंजूरी दी।"
    for line in (persian, devanagari):
        assert line in text_of(line)


def test_lines_that_lost_words_are_mended_and_others_refused() -> None:
    """The check itself, held against faults that an extractor may have: a word dropped, a sentence split, a letter lost."""
    tree = parse_page(
        f"<html><body><div><p>{STORY[0]}</p><p>Nimeshab: نیمه\u200cشب. {STORY[1]}</p><p>{STORY[2]} {STORY[3]}</p></div></body></html>"
    )
    assert tree is not None
    tidy_inline(tree, read_names(tree))
    runs = read_runs(tree)
    dropped = STORY[0].replace("Monday evening ", "")
    split = [STORY[2][:40], STORY[2][40:].strip()]
    done = prove_lines([dropped, f"Nimeshab: نیمهشب. {STORY[1]}", *split, "The mayor never said this."], runs)
    assert done.lines == [STORY[0], f"Nimeshab: نیمه\u200cشب. {STORY[1]}", STORY[2]]
    assert done.refused == ["The mayor never said this."]
    assert dropped in done.restored


def test_a_line_found_whole_is_left_alone() -> None:
    tree = parse_page(f"<html><body><p>{STORY[0]} {STORY[1]}</p></body></html>")
    assert tree is not None
    done = prove_lines([STORY[1]], read_runs(tree))
    assert (done.lines, done.restored, done.refused) == ([STORY[1]], [], [])


@pytest.mark.parametrize(
    "page",
    [
        "<article><p>{0}</p><p>{0}</p></article>",
        "<p>{0}</p><p>{0}</p>",
        "<div><h1>Council</h1><p>{0}</p></div>",
        "<body><p>{0}</p><p>{0}</p></body>",
    ],
)
def test_a_page_without_html_and_head_is_read(page: str) -> None:
    told = "The council of Sarn met on Monday evening to settle the budget, and the debate lasted until midnight."
    found = extract_page(Page(body=page.format(told).encode(), content_type="text/html", url="http://post.example/a/1"))
    assert told in found.text

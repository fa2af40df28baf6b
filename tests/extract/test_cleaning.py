"""What the cleaning rules take out, and what they must leave."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.extract.clean import clean_paragraphs, normal_text
from pipeline.extract.html import join_split_body, parse_page

PROSE = [
    "The harbour board of Quillmouth voted on Tuesday to dredge the eastern channel for the first time in nineteen years.",
    "Harbour master Petra Lindqvist told the meeting that the channel had lost 1.4 metres of depth since its last survey.",
    "Fishermen objected that the dredger would stir up silt over the mussel beds off Tern Point, and asked for samples.",
]
TITLE = "Quillmouth to dredge its eastern channel"


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        (TITLE, "title-repeated"),
        ("Harbour news Quillmouth to dredge its eastern channel", "title-repeated"),
        ("Admin", "byline-placeholder"),
        ("By Staff", "byline-placeholder"),
        ("Ida Varga", "byline-line"),
        ("By Ida Varga", "byline-line"),
        ("3 min read", "head-mark"),
        ("Lesedauer: 4 Minuten", "head-mark"),
        ("Updated 3 March 2026, 18:10", "head-mark"),
        ("3 March 2026", "head-mark"),
        ("The Quillmouth Post | News from the quay", "site-line"),
    ],
)
def test_head_furniture(line: str, rule: str) -> None:
    done = clean_paragraphs([line, *PROSE], titles=[TITLE], authors=["Ida Varga"], sites=["thequillmouthpost"])
    assert done.paragraphs == PROSE
    assert done.rules == {rule}


@pytest.mark.parametrize(
    "line",
    ["Read more: Ferry back in service", "READ ALSO | Mussel prices", "Advertisement", "Lesen Sie auch: Fähre fährt wieder",
     "Lire aussi : le bac reprend", "Les også: Fergen går igjen", "Leggi anche", "Читайте также: Паром вернулся", "Comments",
     "Article content", "___", "* * *", "desk@post.example", "https://post.example/a", "Sign up for our newsletter The Tide",
     "Get the latest harbour news in your inbox.", "Jetzt abonnieren und nichts verpassen", "Suscríbete a nuestro boletín"],
)  # fmt: skip
def test_furniture_within(line: str) -> None:
    done = clean_paragraphs([PROSE[0], line, *PROSE[1:]])
    assert done.paragraphs == PROSE
    assert len(done.rules) == 1


@pytest.mark.parametrize(
    "line",
    ["1,204 readers · Updated 14 minutes ago · 18:00", "3.005 Leser · Vor 780 Minuten aktualisiert · 01:00 Uhr", "12K views",
     "18:00 | 214 people are reading this now", "vor 3 Stunden", "31 comments, 4 shares"],
)  # fmt: skip
def test_counters_in_a_row_with_clocks_are_no_text(line: str) -> None:
    done = clean_paragraphs([PROSE[0], line, *PROSE[1:]])
    assert (done.paragraphs, done.rules) == (PROSE, {"counter-line"})


@pytest.mark.parametrize(
    "line",
    ["15:05", "18:00 Uhr", "1,204 readers of the Post wrote to the mayor.", "Two hours ago the channel was closed.",
     "15:05 The doors are shut."],
)  # fmt: skip
def test_prose_with_counts_and_times_stays(line: str) -> None:
    assert clean_paragraphs([PROSE[0], line, *PROSE[1:]]).paragraphs == [PROSE[0], line, *PROSE[1:]]


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("Source link", "source-link"),
        ("Source: Reuters", "credit-line"),
        ("(Quelle: dpa)", "credit-line"),
        ("Reporting by Ida Varga; editing by Lena Holt", "credit-line"),
        ("© Quillmouth Post 2026", "credit-line"),
        ("With files from The Associated Press", "credit-line"),
        ("Stay tuned for further updates on this developing story.", "stay-tuned"),
        ("This is a developing story and will be updated.", "stay-tuned"),
        ("More to follow.", "stay-tuned"),
        ("Bleiben Sie dran.", "stay-tuned"),
    ],
)
def test_tail_furniture(line: str, rule: str) -> None:
    done = clean_paragraphs([*PROSE, line])
    assert done.paragraphs == PROSE
    assert done.rules == {rule}


@pytest.mark.parametrize("tail", ["Source link", " Source link", " source link".title(), "\u00a0Source link."])
def test_a_glued_source_link(tail: str) -> None:
    assert clean_paragraphs([*PROSE[:2], PROSE[2] + tail.replace("Source Link", "Source link")]).paragraphs == PROSE


def test_a_promise_behind_the_last_sentence() -> None:
    assert clean_paragraphs([*PROSE[:2], PROSE[2] + " Stay tuned for updates!"]).paragraphs == PROSE


@pytest.mark.parametrize("label", ["URGENT UPDATE: ", "BREAKING: ", "Breaking News – ", "JUST IN: ", "EILMELDUNG: "])
def test_alarm_labels(label: str) -> None:
    done = clean_paragraphs([label + PROSE[0][0].lower() + PROSE[0][1:], *PROSE[1:]])
    assert done.paragraphs == PROSE
    assert done.rules == {"urgent-lead"}


@pytest.mark.parametrize(
    "line",
    [
        "The newspaper’s subscribers will pay more from May, and the newsroom will shrink by a third, its owner said.",
        "Readers sign up for the ferry list at the town hall; the source of the leak is still not known to the police.",
        "More than forty boats left Tern Point on Monday, the harbour master said.",
        "“Stay tuned,” she told the crowd, and the crowd, which had waited for two hours in the rain, went home.",
        "Related charges against the ship’s owner were dropped in June.",
        "Live: three mussel beds, two cranes and a seal, all of them counted twice by the harbour’s only biologist.",
        "Comments by the minister had angered fishermen along the coast, who had feared the dredging since the spring.",
        "By Monday the channel was closed.",
        "In 2007 the dredger Marguerite worked here for eleven weeks.",
    ],
)
def test_prose_stays(line: str) -> None:
    text = [PROSE[0], line, *PROSE[1:]]
    assert clean_paragraphs(text).paragraphs == text


def test_a_list_of_links_at_the_end_is_cut_but_not_prose() -> None:
    links = ["More from the harbour", "Mussel prices fall", "Ferry timetable changes on Monday"]
    assert clean_paragraphs([*PROSE, *links]).paragraphs == PROSE
    assert clean_paragraphs([*PROSE, "More from the harbour", PROSE[0] + " Again."]).paragraphs == [
        *PROSE,
        PROSE[0] + " Again.",
    ]


def test_repeats_go_unless_repeating_is_the_form() -> None:
    assert (
        clean_paragraphs([*PROSE, "A fourth line of its own.", "And a fifth line, too.", PROSE[0]])
        .paragraphs[-1]
        .endswith("too.")
    )
    plan = [f"Day {i // 2}: two eggs, one glass of water" for i in range(20)]
    assert clean_paragraphs(plan).paragraphs == plan


def test_hidden_characters_go() -> None:
    assert normal_text("Tues\u202eday har\u00adbour\u200b \ufeffCafe\u0301\x07\n again") == "Tuesday harbour Café again"
    assert normal_text("می\u200cخواهم") == "می\u200cخواهم"


@given(st.lists(st.text(max_size=80), max_size=8))
def test_cleaning_twice_changes_nothing_in_the_characters(lines: list[str]) -> None:
    once = clean_paragraphs(lines).paragraphs
    assert [normal_text(line) for line in once] == once


def test_a_split_body_is_joined_only_where_some_of_it_is_missing() -> None:
    parts = "".join(
        f'<section class="g"><div class="body"><p>{line} {i}</p><p>{line} {i} b</p></div></section>'
        for i, line in enumerate(PROSE)
    )
    html = f"<html><body><article><h1>T</h1>{parts}</article></body></html>"
    folded = "".join(char for char in (PROSE[0] + " 0").casefold() if char.isalnum())
    tree = parse_page(html)
    assert tree is not None
    assert join_split_body(tree, folded)
    assert len(tree.xpath("//div[@class='body']")[0].findall("p")) == 6
    tree = parse_page(html)
    assert tree is not None
    assert not join_split_body(tree, "something else")


@pytest.mark.parametrize(
    "line",
    [
        "1,204 views", "Views: 12.4k", "3 comments", "Read by 1,377 people", "412 readers", "1,204 people are reading this",
        "This story has been read 1,234 times.", "Updated 5 minutes ago", "Last updated 14:05", "2 hours ago", "12 Kommentare",
        "Updated: 3 March 2026, 14:05", "1.377 Aufrufe", "Aktualisiert vor 12 Minuten", "Stand: 14:05 Uhr", "842 vues",
        "Dieser Artikel wurde 345 Mal gelesen", "hace 3 horas", "Es ist jetzt 14:05 Uhr in Castelan", "It is 14:05 in Port Aldery",
    ],
)  # fmt: skip
def test_counters_and_clocks_are_no_text(line: str) -> None:
    done = clean_paragraphs([*PROSE, line, PROSE[0].replace("Tuesday", "Wednesday")])
    assert done.paragraphs == [*PROSE, PROSE[0].replace("Tuesday", "Wednesday")]
    assert "counter-line" in done.rules or "label-line" in done.rules


@pytest.mark.parametrize(
    "line",
    [
        "61 passengers were taken off in the night.", "Views differ: 12 of 15 councillors objected to the plan.",
        "The train leaves at 14:05 from platform 3.", "1,240 jobs go", "Two hours ago the ferry left.", "15:05",
        "Updated plans for the 14:05 ferry were shown to 200 residents.", "He read 12 books and saw 3 films a week.",
        "Shares: 1,420 were sold to the founder's family on Monday, the exchange said.",
    ],
)  # fmt: skip
def test_figures_in_prose_stay(line: str) -> None:
    assert line in clean_paragraphs([*PROSE, line, PROSE[0].replace("Tuesday", "Wednesday")]).paragraphs


def test_what_is_taken_out_is_told_with_the_rule_that_took_it() -> None:
    pointer = "Read more: Ferry back in service"
    text = [TITLE, "By Staff", "URGENT: " + PROSE[0], pointer, *PROSE[1:], "Source link"]
    done = clean_paragraphs(text, titles=[TITLE])
    assert done.paragraphs == PROSE
    assert done.removed == [
        ("source-link", "Source link"),
        ("title-repeated", TITLE),
        ("byline-placeholder", "By Staff"),
        ("urgent-lead", "URGENT:"),
        ("pointer-line", pointer),
    ]
    assert {rule for rule, _ in done.removed} == done.rules


def test_what_is_taken_out_is_told_in_short() -> None:
    asked = "Sign up for our newsletter, " + "and then " * 21 + "subscribe."
    done = clean_paragraphs([*PROSE, *([asked] * 60), *PROSE])
    assert len(done.removed) == 50
    assert all(len(text) <= 200 and text.endswith("…") for _, text in done.removed)

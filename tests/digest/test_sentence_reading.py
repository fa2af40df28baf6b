"""What is read in a sentence: figures, openings to cut off, and whether it can stand alone."""

from __future__ import annotations

import pytest

from pipeline.digest.candidates import can_be_line, is_furniture
from pipeline.digest.evidence import Article
from pipeline.digest.features import Sentence, read_sentences
from pipeline.digest.figures import agrees, changed_figure
from pipeline.digest.leads import find_lead
from pipeline.digest.openings import trim_opening
from pipeline.digest.quantities import find_quantities
from pipeline.digest.standing import leans_on_context


def read(text: str, language: str = "en") -> Sentence:
    return read_sentences(text, language)[0]


def article(text: str, language: str = "en", title: str | None = None) -> Article:
    return Article(
        article_id="a", version=1, event_id="e", origin="a", publisher="a", language=language, title=title, text=text, published_at=None
    )  # fmt: skip


def first_can_be_line(text: str, language: str = "en") -> bool:
    return fits(article(text, language), read(text, language))


def fits(within: Article, sentence: Sentence) -> bool:
    return can_be_line(within.text, sentence, within.language, find_lead(within))


@pytest.mark.parametrize(
    ("language", "sentence", "figures"),
    [
        ("en", "The storm killed 1,200 people and cost $2.5 billion.", [("1200", "people"), ("2500000000", "$")]),
        ("en", "At least twelve houses burned, 45% of all 27 barns.", [("12", "houses"), ("45", "%"), ("27", "barns")]),
        ("en", "On 3 May 2010 at 9.30 pm the 19-year-old left.", []),
        (
            "de",
            "Zwölf Menschen starben, der Schaden beträgt 2,5 Millionen Euro.",
            [("12", "menschen"), ("2500000", "euro")],
        ),
        ("de", "Am 3. März um 8.30 Uhr kamen 1.200 Helfer.", [("1200", "helfer")]),
        ("en", "It cost 5.3bn kronor.", [("5300000000", "kronor")]),
    ],
)
def test_finds_figures_with_what_they_count(language: str, sentence: str, figures: list[tuple[str, str]]) -> None:
    assert [(q.number, q.unit) for q in find_quantities(sentence, language)] == figures


def test_a_changed_figure_is_of_one_unit_and_more_than_rounding() -> None:
    flood = read("The Varn flooded 340 houses in Oldmill on Tuesday.")
    assert changed_figure(flood, read("The Varn flooded 430 houses in Oldmill on Tuesday."), "en")
    assert not changed_figure(flood, read("The Varn flooded 343 houses in Oldmill on Tuesday."), "en")
    assert not changed_figure(flood, read("The Varn carried 430 boats to Oldmill on Tuesday."), "en")
    jobs = read("The buyer promised on Friday to keep 900 of its 1,240 jobs at the plant.")
    assert not changed_figure(jobs, read("The buyer promised on Friday to keep 900 jobs at the plant."), "en")
    assert not agrees(flood, read("The Varn flooded 430 houses in Oldmill on Tuesday."), "en")
    assert agrees(flood, read("The Varn flooded Oldmill on Tuesday."), "en")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("GENEVA, March 3 (Reuters) - The lake rose by two metres.", "The lake rose by two metres."),
        ("BERLIN/PARIS (dpa) – Die Minister trafen sich in Bonn.", "Die Minister trafen sich in Bonn."),
        ("Neuwiek (dpa) - Der Fluss ist gestiegen.", "Der Fluss ist gestiegen."),
        ("TRIPOLI | Fri Mar 18, 2011 7:22 pm EDT Rebels took the town.", "Rebels took the town."),
        ("15:05 The doors of the hotel are shut.", "The doors of the hotel are shut."),
        ("9.30 Uhr: Die Türen bleiben zu.", "Die Türen bleiben zu."),
        ("12.30 metres of rope were found.", "12.30 metres of rope were found."),
        ("URGENT UPDATE: The envoy has left the talks.", "The envoy has left the talks."),
        ("NATO - the alliance - met in Lund.", "NATO - the alliance - met in Lund."),
        (
            "Mayor Brook said on Monday - a holiday - that she would stay.",
            "Mayor Brook said on Monday - a holiday - that she would stay.",
        ),
        ("Breaking news shocked the town of Oldmill.", "Breaking news shocked the town of Oldmill."),
    ],
)
def test_cuts_labels_and_datelines_off_the_front(text: str, line: str) -> None:
    trimmed = trim_opening(text, read(text))
    assert trimmed.text == line
    assert text[trimmed.start : trimmed.end] == line


@pytest.mark.parametrize(
    "text",
    [
        "Too short in Oldmill.",
        "Will the Varn flood the town of Oldmill again this year?",
        "and then the Varn came over the wall at Oldmill in the night.",
        "The Varn came over the wall at Oldmill in the night, said “Hanne Brook.",
        "The Varn came over the wall at Oldmill in the night and",
        "nobody knows what will come next or whether it will ever end.",
        "The Varn " + "rose and rose and " * 30 + "fell.",
    ],
)
def test_some_sentences_cannot_stand_alone(text: str) -> None:
    assert not first_can_be_line(text)


def test_a_plain_statement_can_stand_alone_in_any_script() -> None:
    assert first_can_be_line("The Varn came over the wall at Oldmill in the night.")
    assert first_can_be_line("河水在夜里漫过了奥德米尔的堤坝，淹没了三百座房屋。", "zh")


@pytest.mark.parametrize(
    "text",
    [
        "Click here to read more about Oldmill.",
        "Subscribe to our newsletter from Oldmill today.",
        "Lesen Sie hier mehr zum Thema Neuwiek.",
        "See https://gazette.example/ for all of it.",
    ],
)
def test_page_furniture_is_known(text: str) -> None:
    assert is_furniture(text)
    assert not is_furniture("The Varn came over the wall at Oldmill in the night.")


def test_sentences_that_point_back_are_known() -> None:
    assert leans_on_context(read("He said the Varn had come over the wall."), "en")
    assert leans_on_context(read("Dies teilte die Stadt Neuwiek am Dienstag mit.", "de"), "de")
    assert not leans_on_context(read("Hanne Brook said the Varn had come over the wall."), "en")


def test_the_lead_may_be_longer_than_other_lines() -> None:
    lead = "NEUHAFEN/OLDMILL, March 7 (Reuters) - The Varn rose" + " over the wall of Oldmill and of Lund" * 9 + "."
    told = trim_opening(lead, read(lead))
    assert told.text.startswith("The Varn rose")
    assert 60 < told.word_count <= 90
    assert fits(article(lead), told)
    behind = f"The town of Oldmill is dry again at last. {told.text}"
    assert not fits(article(behind), read_sentences(behind, "en")[1])


@pytest.mark.parametrize("text", ["Berlin. ", "A standfirst without a stop\n\n", "Will it hold? "])
def test_what_is_no_whole_statement_is_no_lead(text: str) -> None:
    whole = article(f"{text}The Varn came over the wall at Oldmill in the night.")
    assert whole.sentences[find_lead(whole)].text.startswith("The Varn")


def test_a_sentence_inside_a_long_quotation_is_no_line() -> None:
    text = "“We came to Oldmill at noon. The Varn stood two metres high at Lund. The last house was dry.\n\n“It sank,” Ida Holm said."
    spoken = article(text)
    assert [fits(spoken, sentence) for sentence in spoken.sentences] == [False, False, False, False]


def test_a_signed_dateline_is_cut_where_a_paragraph_begins() -> None:
    text = "\n\n".join(
        [*(f"Line {n} of Oldmill stands." for n in range(4)), "LUND/OLDMILL, Nov 18 (Reuters) - The Varn rose."]
    )
    assert trim_opening(text, read_sentences(text, "en")[4]).text == "The Varn rose."

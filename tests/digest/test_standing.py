"""Which sentences stand alone, which stand with the one before, and what is cut from their front."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from pipeline.digest.build import build_digest
from pipeline.digest.features import read_sentences
from pipeline.digest.inputs import DigestInputs
from pipeline.digest.openings import trim_opening
from pipeline.digest.reading import told_sentences
from pipeline.digest.standing import is_filler, leans_on_context
from pipeline.settings import Settings

Version = Callable[..., dict[str, Any]]
Inputs = Callable[..., DigestInputs]
NOW = datetime(2026, 3, 5, 1, 30, tzinfo=UTC)
FLOOD = "The river Varn burst its banks at Oldmill on Tuesday night and flooded 340 houses."


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("However, Hanne Brook opened the gym.", "Hanne Brook opened the gym."),
        ("But 340 houses stayed dry.", "340 houses stayed dry."),
        ("Doch Neuwiek blieb trocken.", "Neuwiek blieb trocken."),
        ("OLDMILL, March 3 - OLDMILL (AP) - The Varn rose.", "The Varn rose."),
        ("11:20 GMT: The doors are shut.", "The doors are shut."),
        ("However, she opened the gym.", "However, she opened the gym."),
        ("But She Wore a Hat is the name of it.", "But She Wore a Hat is the name of it."),
        ("Reportedly, Hanne Brook opened the gym.", "Reportedly, Hanne Brook opened the gym."),
        ("According to police, Hanne Brook left.", "According to police, Hanne Brook left."),
        ("In return, Oldmill gets a bridge.", "In return, Oldmill gets a bridge."),
    ],
)
def test_what_joins_is_cut_and_what_hedges_stays(text: str, line: str) -> None:
    assert trim_opening(text, read_sentences(text, "en")[0]).text == line


@pytest.mark.parametrize(
    "text",
    [
        "He said the Varn had come.", "Another 20 houses were lost at Oldmill.", "Auch Neuwiek ist betroffen.",
        "Others fled to Lund.", "These gates were built by Lund.", "In return, Oldmill gets a bridge.",
        "In it, Ida Holm holds the reins.", "Of that, Oldmill gets 340 crowns.", "With this move Lund pays less.",
        "The second site was hit at dawn in Oldmill.", "Mayor Holm criticized such attacks on Oldmill.", "Well, Oldmill is dry.",
        "“This is not what Oldmill wanted,” Ida Holm said.", "Davon erhält Neuwiek 340 Kronen.", "Bei diesem Treffen kam Ida Holm zu Wort.",
        "Das teilte die Stadt Neuwiek mit.", "Das ist für Neuwiek neu.", "“We will stay,” the mayor said.",
    ],
)  # fmt: skip
def test_sentences_that_lean(text: str) -> None:
    assert leans_on_context(read_sentences(text, None)[0], None)


@pytest.mark.parametrize(
    "text",
    [
        "This week the Varn rose at Oldmill.", "There were 340 houses under water in Oldmill.",
        "“We will stay,” Hanne Brook said in Oldmill.", "Das Land Lund zahlt für Neuwiek.",
        "In this week’s storm the Varn rose at Oldmill.", "The second storm of March came to Oldmill.",
        "By those who know Oldmill it is loved.",
        "Ida Holm of Oldmill, who treats such cases, came.", "Oldmill had the first such flood since 1990.",
        "Towns such as Oldmill were flooded.", "“We hold such a town dear,” Ida Holm said.", "In diesem Jahr stieg die Varn in Neuwiek.",
        "Many houses in Oldmill were flooded.", "Three people from Lund died.", "WHO doctors came to Oldmill.",
        "After her speech, Ida Holm left.", "A man from Lund said he had seen the Varn rise.", "Ida Holm said she would stay.",
        "In this year's budget, Lund pays for the wall.", "Diese Woche tagt der Rat von Lund.", "On the day of the flood Ida Holm left.",
    ],
)  # fmt: skip
def test_sentences_that_do_not(text: str) -> None:
    assert not leans_on_context(read_sentences(text, None)[0], None)


def test_a_leaning_sentence_stands_with_the_one_before_or_not_at_all(a_version: Version, make_inputs: Inputs) -> None:
    leaning = "She also promised 1,200 sandbags from Lund by Friday."
    text = f"{FLOOD}\n\nMayor Hanne Brook opened the school gym. {leaning}"
    draft = build_digest(make_inputs([a_version("courier", text)]), Settings(), now=NOW)
    told = draft.developments["text"].to_pylist()
    assert leaning not in told
    for line in told:
        assert line in text


def test_a_span_is_of_two_sentences_at_most(a_version: Version) -> None:
    from pipeline.digest.evidence import Article

    text = "Hanne Brook opened the gym. She thanked Lund. She left at noon."
    article = Article(
        article_id="a", version=1, event_id="e", origin="a", publisher="a", language="en", title=None, text=text,
        published_at=None,
    )  # fmt: skip
    assert [s.text for s in told_sentences(article)] == [
        "Hanne Brook opened the gym.",
        "Hanne Brook opened the gym. She thanked Lund.",
        "She left at noon.",
    ]


def test_what_weighs_instead_of_telling_is_known() -> None:
    assert is_filler("The vote could redraw the political map of Lund for years.")
    assert is_filler("Was daraus wird, bleibt abzuwarten.")
    assert not is_filler("The dam could break tonight, engineers in Lund said.")


def test_a_lone_article_gives_few_lines(a_version: Version, make_inputs: Inputs) -> None:
    text = " ".join(
        [
            FLOOD,
            "Mayor Hanne Brook opened the Oldmill school gym to people who lost their homes.",
            "The gym in Oldmill has a new floor of oak.",
            "The floor at Oldmill was laid by hand in spring.",
        ]
    )
    draft = build_digest(make_inputs([a_version("courier", text)]), Settings(), now=NOW)
    assert draft.developments.num_rows == 2


def test_the_fact_that_most_origins_tell_comes_first(a_version: Version, make_inputs: Inputs) -> None:
    versions = [
        a_version("courier", f"Mayor Hanne Brook opened the Oldmill school gym to 90 people from Lund. {FLOOD}"),
        a_version("gazette", "The Varn flooded 340 houses at Oldmill when it burst its banks on Tuesday night."),
        a_version("post", "At Oldmill the Varn burst its banks on Tuesday night, and 340 houses were flooded."),
    ]
    draft = build_digest(make_inputs(versions), Settings(), now=NOW)
    first = next(row for row in draft.developments.to_pylist() if row["rank"] == 1)
    assert "340" in first["text"]
    assert first["origin_count"] == 3


@pytest.mark.parametrize(
    ("language", "leans", "stands"),
    [
        ("es", "Ella abrió la escuela de Molino.", "Este martes abrió la escuela de Molino."),
        ("fr", "Celui-ci a fermé le pont de Moulin.", "Ce lundi, Moulin a fermé le pont."),
        ("it", "Inoltre il ponte di Mulino è chiuso.", "Il ponte di Mulino è chiuso."),
        ("pt", "Ele abriu a escola de Moinho.", "O rio Varn subiu em Moinho."),
        ("nl", "Daarna ging de brug van Molen dicht.", "De brug van Molen ging dicht."),
        ("no", "Hun åpnet skolen i Mølle.", "I Mølle steg elva Varn."),
        ("pl", "Ona otworzyła szkołę w Młynie.", "W Młynie wezbrała rzeka Varn."),
        ("ru", "Она открыла школу в Мельнице.", "В Мельнице поднялась река Варн."),
        ("tr", "Bu köprü Değirmen'de kapandı.", "Bu hafta Değirmen'de köprü kapandı."),
        ("zh", "她在奥德米尔打开了学校。", "奥德米尔的学校昨天打开了。"),
        ("ja", "この橋はオルドミルで閉鎖された。", "オルドミルの橋は三日に閉鎖された。"),
    ],
)
def test_each_language_points_back_with_words_of_its_own(language: str, leans: str, stands: str) -> None:
    assert leans_on_context(read_sentences(leans, language)[0], language)
    assert not leans_on_context(read_sentences(stands, language)[0], language)

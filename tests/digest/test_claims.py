"""What is a source of a line, what only keeps a fact from being told twice, and who is an origin."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from pipeline.digest.build import build_digest
from pipeline.digest.claims import confirms, shares_ground
from pipeline.digest.draft import DigestDraft
from pipeline.digest.evidence import Article, Candidate
from pipeline.digest.features import Sentence, read_sentences, sound_name
from pipeline.digest.inputs import THRESHOLDS, DigestInputs
from pipeline.digest.leads import opens_twice
from pipeline.digest.origins import find_origin
from pipeline.digest.speech import find_somebody, find_speakers
from pipeline.settings import Settings

Row = dict[str, Any]
Version = Callable[..., Row]
Inputs = Callable[..., DigestInputs]

NOW = datetime(2026, 3, 5, 1, 30, tzinfo=UTC)
FLOOD = "The river Varn burst its banks at Oldmill on Tuesday night and flooded 340 houses."
DAM = "Engineers from Lund lowered the gates of the Varn dam to hold the water back."


def read(text: str, language: str = "en") -> Sentence:
    return read_sentences(text, language)[0]


def build(inputs: DigestInputs) -> DigestDraft:
    return build_digest(inputs, Settings(), now=NOW)


def lines(draft: DigestDraft) -> list[str]:
    return [row["text"] for row in sorted(draft.developments.to_pylist(), key=lambda r: (r["story_id"], r["rank"]))]


@pytest.mark.parametrize(
    ("one", "other"),
    [("Gaddafi", "Qadhafi"), ("Zelensky", "Zelenskyy"), ("Tolstoy", "Tolstoi"), ("Hussein", "Husein")],
)
def test_a_name_meets_itself_in_another_transcription(one: str, other: str) -> None:
    assert sound_name(one.casefold()) == sound_name(other.casefold())


@pytest.mark.parametrize(
    ("one", "other"), [("Garten", "Karten"), ("Mohammed", "Mahmoud"), ("Iran", "Iraq"), ("Berlin", "Bern")]
)
def test_names_that_only_look_alike_stay_apart(one: str, other: str) -> None:
    assert sound_name(one.casefold()) != sound_name(other.casefold())


@pytest.mark.parametrize(
    ("other", "is_source"),
    [
        ("At Oldmill the Varn burst its banks in the night and flooded 340 houses.", True),
        ("Did the Varn burst its banks at Oldmill in the night and flood 340 houses?", False),
        ("The Varn flooded 340 houses.", False),
        ("At Oldmill the Varn burst its banks in the night and flooded 430 houses.", False),
        ("Somewhere a river burst its banks in the night and flooded many of the houses.", False),
    ],
)
def test_a_source_is_a_whole_statement_on_common_ground(other: str, is_source: bool) -> None:
    assert confirms(read(FLOOD), read(other), 0.4, "en", THRESHOLDS) is is_source
    assert not confirms(read(FLOOD), read(other), 0.39, "en", THRESHOLDS)


def test_names_alone_are_no_common_ground() -> None:
    assert not shares_ground(read("Mayor Hanne Brook left Oldmill."), read("Hanne Brook of Oldmill sang."), "en")
    assert shares_ground(
        read("Die Stadt Neuwiek sperrte am Abend die Brücke.", "de"),
        read("In Neuwiek wurde die Brücke gesperrt, teilte die Stadt mit.", "de"),
        "de",
    )


def test_two_sentences_together_are_a_source_of_one(a_version: Version, make_inputs: Inputs) -> None:
    line = "Hanne Brook and Jon Vale met Ida Holm in Oldmill on Tuesday to sign the Varn treaty on dam water."
    told = "Hanne Brook and Jon Vale came to Oldmill to sign the Varn treaty. There they met Ida Holm on Tuesday over dam water."
    draft = build(make_inputs([a_version("courier", f"{line} {DAM}"), a_version("gazette", f"{told}\n\n{FLOOD}")]))
    quotes = {c["quote"]: c["role"] for c in draft.citations.to_pylist()}
    assert line in lines(draft) or told in lines(draft)
    assert quotes.get(told) in ("corroborates", "primary")


def test_a_sentence_that_is_a_line_is_no_source_of_another(a_version: Version, make_inputs: Inputs) -> None:
    worn = "Two rollers at the fourth tower of the Varn cable car were worn to half, inspectors said at Oldmill on Tuesday."
    gone = "The owner of the Varn cable car sent its head away after inspectors found worn rollers at the tower."
    versions = [
        a_version("courier", f"{worn} {DAM}", title="Rollers were worn to half at the fourth tower"),
        a_version("gazette", f"{gone} {FLOOD}", title="Owner sends its head away"),
    ]
    draft = build(make_inputs(versions))
    primary = {c["quote"] for c in draft.citations.to_pylist() if c["role"] == "primary"}
    assert not primary & {c["quote"] for c in draft.citations.to_pylist() if c["role"] == "corroborates"}
    assert len(primary) >= 2


@pytest.mark.parametrize(
    ("sentence", "speakers"),
    [
        ("Ida Holm, the mayor, has confirmed that the bridge is shut.", {"holm"}),
        ("“We will stay,” said Jon Vale.", {"vale"}),
        ("Die Brücke bleibt zu, sagte Ida Holm.", {"holm"}),
        ("On Friday at 5 PM, Vale said the bridge was shut.", {"vale"}),
        ("Ida Holm shut the bridge.", set()),
    ],
)
def test_who_speaks(sentence: str, speakers: set[str]) -> None:
    assert find_speakers(sentence) == speakers


def test_an_official_is_who_the_article_says(a_version: Version, make_inputs: Inputs) -> None:
    vague = "A Lund spokesman said on Tuesday that work on the dam was going as planned."
    named = "Jon Vale, the spokesman, told reporters in Oldmill that the Varn dam would be ready in time."
    found = find_somebody(vague, f"{vague} {named}")
    assert found is not None
    assert found.name == "vale"
    draft = build(make_inputs([a_version("courier", f"{vague} {named}"), a_version("gazette", f"{FLOOD} {DAM}")]))
    told = lines(draft)
    assert named in told
    assert vague not in told


def test_one_speaker_is_told_again_where_he_names_something_new(a_version: Version, make_inputs: Inputs) -> None:
    first = "Jon Vale said in Oldmill on Tuesday that the Varn dam would be ready in time."
    again = "Jon Vale said that the work was going well."
    other = "Jon Vale said 1,200 tonnes of Lund steel had been stolen."
    draft = build(make_inputs([a_version("courier", f"{first} {DAM}"), a_version("gazette", f"{again} {other}")]))
    told = lines(draft)
    assert first in told
    assert other in told
    assert again not in told


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        (f"OLDMILL, March 3 (Reuters) - {FLOOD}", "agency:reuters"),
        (f"Neuwiek (dpa/lno) - {FLOOD}", "agency:dpa"),
        (f"{FLOOD}\n\n(AP)", "agency:ap"),
        (f"{FLOOD}\n\n© 2026 AFP", "agency:afp"),
        (f"{FLOOD} The AP was the first to say so.", "courier.example"),
        (f"OLDMILL (Courier) - {FLOOD}", "courier.example"),
        (FLOOD, "courier.example"),
    ],
)
def test_an_agency_named_as_the_source_is_the_origin(text: str, origin: str) -> None:
    assert find_origin(text, "courier.example") == origin


def test_two_papers_with_one_agency_are_two_publishers_and_one_origin(a_version: Version, make_inputs: Inputs) -> None:
    told = "The Varn flooded 340 houses at Oldmill when it burst its banks on Tuesday night."
    draft = build(
        make_inputs([a_version("courier", f"OLDMILL (AP) - {FLOOD}"), a_version("gazette", f"OLDMILL (AP) - {told}")])
    )
    (line,) = draft.developments.to_pylist()
    assert (line["article_count"], line["publisher_count"], line["origin_count"]) == (2, 2, 1)
    assert line["weight"] > 0


@pytest.mark.parametrize(
    ("opening", "behind", "is_twice"),
    [
        # A standfirst, and the first sentence of the body.
        ("The harbour at Oldmill will be dredged for nine million.",
         "Oldmill's harbour is to be dredged at a cost of nine million, the council of Lund said.", True),
        ("Residents of Lund reported a loud bang and a hole in a roof.",
         "Two residents of Lund, Ada Holt and her son, had heard a bang before the roof gave way.", True),
        ("Ein lauter Knall erschreckte die Anwohner in Altmühl.",
         "Große Aufregung in Altmühl: Dort hatten Anwohner am Dienstag einen Knall gehört.", True),
        # A lead, and what goes on from it.
        ("The harbour at Oldmill will be dredged for nine million.",
         "Fishers of the Varn have asked for deeper water since the flood of 2019.", False),
        ("The harbour at Oldmill will be dredged for nine million.",
         "Ada Holt of the Oldmill fishing club called it overdue and thanked the 40 donors.", False),
        ("Skell Rovers will meet Oldmill in the semi-final of the harbour cup on 28 May.",
         "Skell Rovers beat Oldmill in the semi-final of 1988.", False),
        ("Ein lauter Knall erschreckte die Anwohner in Altmühl.",
         "Die Polizei in Lund sucht nun den Besitzer eines roten Wagens mit Anhänger.", False),
    ],
)  # fmt: skip
def test_an_article_opens_once(opening: str, behind: str, is_twice: bool) -> None:
    for between in ("", "More soon.\n\n"):
        one, other = pair_of(opening, between, behind)
        assert opens_twice(one, other) is opens_twice(other, one) is is_twice
    # What it takes up again further down is no second opening.
    assert not opens_twice(*pair_of(opening, "More soon.\n\nTwo ships wait.\n\n", behind))


def pair_of(opening: str, between: str, behind: str) -> list[Candidate]:
    article = Article(
        article_id="a", version=1, event_id="e", origin="a", publisher="a", language="en", title=None, published_at=None,
        text=f"{opening}\n\n{between}{behind}",
    )  # fmt: skip
    return [Candidate(article, article.sentences[i], i) for i in (0, -1)]


def test_the_opening_of_an_article_is_one_line_of_its_digest(a_version: Version, make_inputs: Inputs) -> None:
    text = (
        "Residents of Elm reported a loud bang, and a roof was broken.\n\n"
        "There was an uproar in Elm (district of Lund) on Tuesday afternoon, where residents, Ada Holt and her neighbours among"
        " them, had heard a loud noise that nobody could explain.\n\n"
        "The residents of Elm called the brigade of Lund, which found a hole in the roof and a stone of four kilos.\n\n"
        "Elm lies below the Varn ridge, and residents there know of falling rocks since the roof of the mill of Elm was hit in 1998."
        "\n\nProfessor Otto Lind of Kell will study the stone."
    )
    told = lines(build(make_inputs([a_version("a", text, title="A stone falls on Elm")])))
    assert len(told) == 3
    assert sum("loud" in line for line in told) == 1


def test_the_first_line_tells_what_most_titles_say(a_version: Version, make_inputs: Inputs) -> None:
    titled = {
        "a": ("Mill of Oldmill burns down", "Ada Holt of Lund had warned of the old wires at the Oldmill works for six years."),
        "b": ("Fire destroys the mill of Oldmill", "The mill of Oldmill burned down in a fire that started in its roof at dawn."),
        "c": ("Oldmill mourns its mill", "People of Kell and Varn brought 40 wreaths to the gates of the works on Tuesday."),
    }  # fmt: skip
    versions = [a_version(name, text, title=title) for name, (title, text) in titled.items()]
    assert "burned down" in lines(build(make_inputs(versions)))[0]
    untitled = [a_version(name, text, title=None) for name, (_, text) in titled.items()]
    assert sorted(lines(build(make_inputs(untitled)))) == sorted(lines(build(make_inputs(versions))))

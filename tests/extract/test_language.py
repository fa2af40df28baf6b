"""Languages, on sentences of our own and on real pages annotated by reading them."""

from __future__ import annotations

import pytest

from pipeline.extract.language import detect_language
from pipeline.text.words import count_words

SENTENCES = {
    "en": "The harbour board voted on Tuesday to dredge the eastern channel for the first time in years.",
    "de": "Der Hafenrat hat am Dienstag beschlossen, die östliche Rinne zum ersten Mal seit Jahren auszubaggern.",
    "fr": "Le conseil du port a décidé mardi de draguer le chenal est pour la première fois depuis des années.",
    "es": "La junta del puerto decidió el martes dragar el canal oriental por primera vez en muchos años.",
    "pt": "O conselho do porto decidiu na terça-feira dragar o canal oriental pela primeira vez em muitos anos.",
    "it": "Il consiglio del porto ha deciso martedì di dragare il canale orientale per la prima volta da anni.",
    "nl": "Het havenbestuur besloot dinsdag de oostelijke vaargeul voor het eerst in jaren uit te baggeren.",
    "no": "Havnestyret vedtok tirsdag å mudre den østlige leia for første gang på mange år, sier havnesjefen.",
    "da": "Havnebestyrelsen besluttede tirsdag at uddybe den østlige sejlrende for første gang i mange år, siger hun.",
    "pl": "Rada portu postanowiła we wtorek pogłębić wschodni tor wodny po raz pierwszy od wielu lat.",
    "ru": "Совет порта решил во вторник углубить восточный фарватер впервые за много лет.",
    "uk": "Рада порту вирішила у вівторок поглибити східний фарватер уперше за багато років.",
    "ja": "港湾委員会は火曜日、十九年ぶりに東水路を浚渫することを決めた。",
    "zh": "港务局周二投票决定十九年来首次疏浚东部航道，工程将持续十一周。",
    "ko": "항만 위원회는 화요일 십구 년 만에 처음으로 동쪽 수로를 준설하기로 했다.",
}


@pytest.mark.parametrize("code", SENTENCES)
def test_one_sentence(code: str) -> None:
    assert detect_language(SENTENCES[code]) == code


@pytest.mark.parametrize(
    "text", ["", "Ferries back", "2026", "https://post.example/a-long-address-that-is-no-language-at-all"]
)
def test_too_short_to_tell(text: str) -> None:
    assert detect_language(text, "en") is None


def test_the_template_does_not_overrule_the_text() -> None:
    assert detect_language(SENTENCES["de"], "en-US") == "de"


@pytest.mark.parametrize(
    ("text", "language", "count"),
    [
        ("It's a twenty-first, isn’t it?", "en", 5),
        ("港湾委員会は火曜日", "ja", 5),
        ("iPhone 港湾", "ja", 2),
        ("", None, 0),
    ],
)
def test_count_words(text: str, language: str | None, count: int) -> None:
    assert count_words(text, language) == count

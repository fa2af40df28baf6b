"""Datelines are off the line in every form that papers write them; a speaker, an abbreviation and a copula are none."""

from __future__ import annotations

import pytest

from pipeline.digest.features import read_sentences
from pipeline.digest.openings import find_agency, trim_opening

SAID = "The Varn rose by two metres at Oldmill."


def trimmed(text: str, language: str | None = "en") -> str:
    return trim_opening(text, read_sentences(text, language)[0]).text


@pytest.mark.parametrize(
    "dateline",
    [
        "OLDMILL - ", "OLDMILL — ", "OLDMILL―", "OLDMILL/LUND – ", "OLDMILL, West Bank — ", "LUND PRISON, West Bank, Jan 1 (Reuters) - ",
        "OLDMILL Dec 5 (Reuters) - ", "LUND, Colo.—", "PORT-AU-VARN, Haiti, Jan. 13 -- ", "ST. VARN (AP) - ", "OLDMILL, D.C. - ",
        "OLDMILL, March 3, 2026 (AP) — ", "OLDMILL, March 3 /PRNewswire/ -- ", "Oldmill (dpa/lno) - ", "Oldmill, Ill. — ", "Oldmill — ",
        "Oldmill, le 3 mars (AFP) – ", "Oldmill, North Lund (CNN) -- ", "(Phys.org)—", "(AP)—", "(CNN) ", "(CBS News) OLDMILL, Fla. - ",
        "Oct. 17 (Bloomberg) -- ", "OLDMILL: ", "NEW OLDMILL: ", "ULAN VARN, 3 мар (РИА) - ",
    ],
)  # fmt: skip
def test_what_stands_before_the_sentence_is_off_it(dateline: str) -> None:
    assert trimmed(dateline + SAID) == SAID


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("【北京3月3日電】總統昨日說了這件事。", "總統昨日說了這件事。"),
        ("（中央社記者王小明台北3日電）總統昨日說了這件事。", "總統昨日說了這件事。"),
        ("【ワシントン共同】大統領は述べた。", "大統領は述べた。"),
        ("(서울=연합뉴스) 홍길동 기자 = 대통령이 말했다.", "대통령이 말했다."),
        ("القاهرة (رويترز) - قال الرئيس إن الأمر انتهى.", "قال الرئيس إن الأمر انتهى."),
        ("नई दिल्ली, 3 मार्च (भाषा) प्रधानमंत्री ने कहा।", "प्रधानमंत्री ने कहा।"),
    ],
)
def test_datelines_of_other_scripts(text: str, line: str) -> None:
    assert trimmed(text, None) == line


@pytest.mark.parametrize(
    "text",
    [
        "Президент России — Владимир Путин.",  # a copula: small letters
        "NATO: The Varn is no border of ours.",  # short as an abbreviation
        "UNICEF: The Varn rose. UNICEF sent 340 tents.",  # written so again
        "BROOK: The Varn rose.\n\nHOLM: It did, by two metres.",  # who speaks
        "BROOK: The Varn rose.\n\nIt did, Mayor Brook said at Oldmill.",
        "Oldmill — The town on the Varn — was flooded.",  # in passing
        "OLDMILL - which lies on the Varn - was flooded.",
        "Ida Holm: The Varn rose.",
    ],
)
def test_what_only_looks_like_one_stays(text: str) -> None:
    assert trimmed(text) == read_sentences(text, "en")[0].text


@pytest.mark.parametrize(
    ("text", "agency"),
    [
        (f"LUND, West Bank (Reuters) - {SAID}", "reuters"), (f"OLDMILL Dec 5 (AP)—{SAID}", "ap"),
        (f"OLDMILL, March 3 /PRNewswire/ -- {SAID}", "prnewswire"), (f"OLDMILL - {SAID}", None), (SAID, None),
    ],
)  # fmt: skip
def test_the_agency_of_a_dateline(text: str, agency: str | None) -> None:
    assert find_agency(text) == agency

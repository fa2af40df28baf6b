"""Where a sentence begins behind its dateline: place, date and agency, as papers of many languages write them."""

from __future__ import annotations

import re

_DASH = r"(?:\s*+\.?[–—―‐-]++\s++|\s*+[–—―]++|\s*+\.-\s*+)"
_CAPITALS = r"[^\W\d_a-zß-ÿ]{2,}+(?:[.'’-][^\W\d_a-zß-ÿ]++)*+\.?"
_CAPITALISED = r"[^\W\d_a-zß-ÿ][^\W\d_]++(?:[.'’-][^\W\d_]++)*+\.?"
# In brackets or between strokes: (Reuters), (dpa/lno), /PRNewswire/, /ТАСС/
_AGENCY = r"(?:\([^()\n]{2,30}\)|/[^/\n]{2,30}/)"
_DATE = rf"(?:(?:le|el|am|den)\s)?(?:{_CAPITALISED}\s\d{{1,2}}|\d{{1,2}}(?:\.|er|º)?\s(?:de\s)?[^\W\d_]{{3,12}}\.?)(?:,?\s\d{{4}})?"
_REGION = rf"(?:{_CAPITALISED}|[A-Z](?:\.[A-Z])+\.?)(?:\s{_CAPITALISED}){{0,2}}"
_AND_DATE = rf"(?:\s?,\s?(?:{_DATE}|{_REGION}|\d{{4}})){{0,3}}(?:\s{_DATE})?"
_IN_CAPITALS = rf"(?=\S{{3}}){_CAPITALS}(?:[ /]{_CAPITALS}){{0,3}}"
_IN_NAMES = rf"{_CAPITALISED}(?:[ /]{_CAPITALISED}){{0,3}}"
_DATELINES = tuple(
    re.compile(pattern)
    for pattern in (
        # WASHINGTON, Jan. 5 (Reuters) - | BERLIN/PARIS – | RAMALLAH, West Bank — | CAIRO Dec 5 (Reuters) -
        # (CBS News) JACKSONVILLE, Fla. -
        rf"(?:\([^()\n]{{2,40}}\)\s+)?(?P<capitals>{_IN_CAPITALS}){_AND_DATE}(?:\s*(?P<signed>{_AGENCY}))?{_DASH}",
        # Berlin (dpa) - | Geneva, March 3 (AP) -- | Paris, le 3 mars (AFP) –
        rf"{_IN_NAMES}{_AND_DATE}\s*{_AGENCY}{_DASH}",
        # Dekalb, Ill. —
        rf"{_IN_NAMES}\s?,\s(?:[A-Z][a-z]{{1,5}}\.|[A-Z]\.[A-Z]\.)\s?[–—―]\s",
        # TRIPOLI | Fri Mar 18, 2011 7:22 pm EDT
        rf"{_CAPITALS}(?:[ ,/]+{_CAPITALS}){{0,3}}\s*\|[^|\n]{{0,60}}?\d\d?:\d\d\s*(?:[ap]m)?(?:\s+[A-Z]{{2,4}})?\s+",
        # Oct. 17 (Bloomberg) -- | नई दिल्ली, 3 मार्च (भाषा)
        rf"(?:[^\W\d_][^,.()\n]{{1,30}},\s)?{_DATE}\s{_AGENCY}{_DASH}",
        r"[\u0900-\u0dff][^,.()\n\d]{1,30},\s\d{1,2}\s[^\d().,\n]{2,14}\s\([^()\n]{2,30}\)[\s:.–—-]+",
        # (Reuters) - | (Phys.org)—
        rf"{_AGENCY}{_DASH}",
        # (CNN) The …
        r"\([A-Z]{2,8}(?:\sNews)?\)\s+",
        # 【ワシントン共同】 | （中央社記者王小明台北3日電） | 新华社北京3月3日电
        r"【[^】\n]{2,30}】\s*|[（(\[][^）)\]\n]{2,40}[電电訊讯][）)\]]\s*|[\u3400-\u9fff]{2,12}\d{1,2}月\d{1,2}日[電电]\s*(?:[（(][^）)\n]{2,20}[）)])?\s*",
        # (서울=연합뉴스) 홍길동 기자 =
        r"[\[(][^\])=\n]{1,20}=[^\])=\n]{1,20}[\])]\s*(?:[^=\n]{2,24}기자\s*=\s*)?",
    )
)
_NAMED_AGENCY = re.compile(
    r"(?:\(\s*+(?P<round>[^()\s][^()\n]{1,30})\)|/(?P<stroke>[^/\s][^/\n]{1,30})/)\s*+\.?[–—―‐-]++\s*+$"
)
# NEW DELHI: | BHOPAL:
_COLON = re.compile(rf"(?P<place>{_IN_CAPITALS})\s?:\s+(?=[^\W\d_a-zß-ÿ])")
_LEAST_LETTERS = 5
_SAYS = r"(?:said|says|told|tells|tweeted|wrote|added|asked|claimed|announced|warned|sagte|sagt|erklärte|dit|dijo|ha detto)\b"
# Washington — The Senate …: with a second dash it is a thing said in passing. In Latin letters alone: in Cyrillic a dash says "is".
_NAME_AND_DASH = re.compile(r"[A-ZÀ-Þ][a-zß-ÿ]++(?:\s[A-ZÀ-Þ][a-zß-ÿ]++)?\s[–—―]\s(?=[^\W\d_a-zß-ÿ])")
_OTHER_DASH = re.compile(r"\s[–—―-]{1,2}\s")


def skip_dateline(sentence: str, at: int) -> int:
    """Where a sentence goes on behind a dateline that begins at `at`; `at` where there is none.

    Example:
        >>> text = "RAMALLAH, West Bank (AP) — The court sat."
        >>> text[skip_dateline(text, 0) :]
        'The court sat.'
    """
    for dateline in _DATELINES:
        match = dateline.match(sentence, at)
        if match is None or sentence[match.end() : match.end() + 1].islower():
            continue
        named = match.groupdict()  # scripts without capitals look like capitals
        if not named or named["signed"] or named["capitals"].isupper():
            return match.end()
    return at


def skip_place(text: str, sentence: str, at: int) -> int:
    """The same for a place alone, before a colon or a dash, which could as well be who speaks: the whole text decides.

    A place in capitals has five letters or more, is not written so again (as an abbreviation is), opens no other line (as a
    speaker does) and says nothing anywhere.

    Args:
        text: The article's.
    """
    if match := _COLON.match(sentence, at):
        place = match["place"]
        is_short = not place.isupper() or len(place.replace(" ", "")) < _LEAST_LETTERS
        is_again = text.count(place) > 1 or re.search(r"\n[A-Z][A-Z .,'’-]{2,40}:\s", text) is not None
        speaks = re.search(rf"{re.escape(place.title().split()[-1])}\s(?:has\s)?{_SAYS}", text) is not None
        return at if is_short or is_again or speaks else match.end()
    match = _NAME_AND_DASH.match(sentence, at)
    return match.end() if match and not _OTHER_DASH.search(sentence, match.end()) else at


def find_signature(dateline: str) -> str | None:
    """The agency that a dateline names, case-folded; None for none."""
    match = _NAMED_AGENCY.search(dateline)
    return (match["round"] or match["stroke"]).strip().casefold() if match else None

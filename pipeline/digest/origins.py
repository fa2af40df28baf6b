"""Who says it first-hand: the agency that a text names as its own source, else its publisher."""

from __future__ import annotations

import re
from functools import lru_cache

from pipeline.digest.names import agency_of
from pipeline.digest.openings import find_agency

# Of a text so much is looked at: its first sentence begins and its credit ends there.
_HEAD_CHARS = 400
_TAIL_CHARS = 160
_CREDIT = re.compile(
    r"(?:©|\(c\)|\bcopyright|\bsource:|\bquelle:|[(–—/-])\s?(?:20\d\d\s)?(?P<name>[^\W\d_][^\n©()–—/:]{1,30}?)(?:\s20\d\d)?[\s).]*$",
    re.IGNORECASE,
)


def find_origin(text: str, publisher: str) -> str:
    """The origin of an article: an agency named in its dateline or in the credit at its end, else the publisher.

    Two papers that print one agency's report are two publishers and one origin.

    Args:
        text: The article's.
        publisher: Who puts it out.
    Example:
        >>> find_origin("GENEVA, March 3 (Reuters) - The lake rose.", "courier.example")
        'agency:reuters'
        >>> find_origin("The lake rose.\\n\\n© AFP", "courier.example")
        'agency:afp'
        >>> find_origin("The lake rose, the AP reported.", "courier.example")
        'courier.example'
    """
    agency = _named_agency(text[:_HEAD_CHARS].partition("\n")[0], text.rstrip()[-_TAIL_CHARS:].rpartition("\n")[2])
    return f"agency:{agency}" if agency else publisher


@lru_cache(maxsize=16_384)
def _named_agency(opening: str, ending: str) -> str | None:
    """The agency that a text's first line or its last one names. Remembered: a day's articles are asked for it in every hour."""
    signed = find_agency(opening)
    agency = agency_of(signed) if signed else None
    if agency is None and (credit := _CREDIT.search(ending)):
        agency = agency_of(credit["name"])
    return agency

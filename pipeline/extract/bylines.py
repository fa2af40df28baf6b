"""Authors: split, tidied, and rid of what is no person."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from pipeline.extract.titles import fold, is_site, tidy
from pipeline.text.stamps import read_stamp

_MOST = 50
_LEAD = re.compile(
    r"^(?:(?:story|words|text|report(?:ed|ing)?|written|posted)\s+)?(?:by|von|par|por|di|av|af|door)\s*:?\s+|^(?:von|by|autor(?:in)?|author|text):\s*",
    re.IGNORECASE,
)
_SPLIT = re.compile(r"\s*[;|&•\n]\s*|\s*/\s+|\s+/\s*|(?<=[a-z])/(?=[A-Z])|\s+(?:and|AND|und|et|og|och|en)\s+")
_AND_OR_NAME = re.compile(r"\s+[ye]\s+")
_ROLE = re.compile(
    r"""\s*(?:,|\(|\s[-–—]\s)\s*(?:[\w.-]+\s+){0,3}(?:editor|reporter|correspondent|writer|journalist|columnist|contributor
    |producer|staff|chief|redakteur(?:in)?|korrespondent(?:in)?|autor(?:in)?|dpa|afp|ap|reuters|apa)\b.*$""",
    re.IGNORECASE | re.VERBOSE,
)
_BRACKETS = re.compile(r"\s*[(\[].*$")
_RED = re.compile(r",?\s+red\.?$")
_PLACEHOLDER = re.compile(
    r"""(?:the\s+)?(?:admin(?:istrator)?|administrator|root|user|guest|author|autor(?:in)?|anonymous|anonym|unknown|n/?a|null|none
    |undefined|test|default|editors?|editorial(?:\s+(?:team|board|staff|desk))?|redaktion|redactie|redazione|redacci[oó]n
    |r[eé]daction|redaktionen|red\.?|newsroom|news\s*(?:desk|room|team|staff|editor)|web\s*(?:desk|team|master|editor)
    |online[- ]?(?:desk|redaktion|team)|staff(?:\s+(?:writers?|reporters?|report|editor))?
    |(?:our|special|own)\s+correspondents?|reporters?|correspondents?|contributors?|writers?|digital\s+(?:desk|team)|desk|team|press\s+release
    |guest\s+(?:author|writer)|agenc(?:y|ies)|agenturen?|news\s+agenc(?:y|ies)|from\s+(?:wires?|agencies)|wire\s+(?:services?|reports?))
    (?:\s+(?:team|desk|staff|online|report(?:er|s)?))?""",
    re.IGNORECASE | re.VERBOSE,
)
_TEAM = re.compile(
    r"\b(?:staff|newsroom|editorial (?:team|board)|news ?desk|redaktion|webredaktion|onlineredaktion)\b", re.IGNORECASE
)
# "Erna Staff" is somebody, "Sports Staff" is nobody.
_SURNAME = re.compile(r"(?P<first>[A-Z]\w{1,20}) (?:Staff|Newsroom)")
_DESKS = frozenset(
    """
    breaking business campus city community contributing culture digital editorial entertainment features general guest health
    lifestyle living local magazine metro morning national news newsroom night online opinion our photo politics press science
    special sport sports staff state tech technology the video weather web weekend wire world
    """.split()  # noqa: SIM905
)
# What introduces a name in a byline may be a part of it where it is said to be a person's.
_PARTICLE = re.compile(r"(?:Di|De|Da|Av|Af|Door|Par|Por)(?: [A-Z][\w’'-]{1,30}){2}")
_ADDRESS = re.compile(r"https?:|www\.|@|\w+\.(?:com|org|net|de|co\.uk|html?)\b", re.IGNORECASE)


def choose_authors(
    candidates: Iterable[Iterable[str]], sites: Iterable[str], persons: Collection[str] = frozenset()
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Choose the names of the first source that names a person.

    Args:
        candidates: Names by source, the most trusted first; one string may hold several names.
        sites: Folded names of the site (`titles.site_names`): a site is no author.
        persons: Names that the page says are persons': theirs may begin with what else introduces a name.
    Returns:
        (authors, rules): at most fifty names in page order, each once; rules are byline-placeholder, byline-site and
        byline-address where something was removed.
    """
    rules: set[str] = set()
    own = set(sites)
    for source in candidates:
        names: dict[str, str] = {}
        for raw in source:
            if _is_date(raw):
                rules.add("byline-placeholder")
                continue
            is_whole = raw in persons and _PARTICLE.fullmatch(raw)
            for name in [raw] if is_whole else split_names(raw):
                rule = _why_no_person(name, own)
                if rule:
                    rules.add(rule)
                else:
                    names.setdefault(fold(name), name)
        if names:
            return tuple(names.values())[:_MOST], tuple(sorted(rules))
    return (), tuple(sorted(rules))


def split_names(raw: str) -> list[str]:
    """Split a byline into names, without `By`, roles and places.

    Example:
        >>> split_names("By Ada Reed, Ben Cole and Cy Day, senior reporter")
        ['Ada Reed', 'Ben Cole', 'Cy Day']
    """
    text = _LEAD.sub("", tidy(raw)[:1000])
    if _ADDRESS.search(text):
        text = " ".join(word for word in text.split() if not _ADDRESS.search(word)) or text.partition(" ")[0]
        if _ADDRESS.search(text):
            return [text]
    return [name for part in _SPLIT.split(text) for piece in _pieces(part) if (name := _tidy_name(piece))]


def _pieces(part: str) -> list[str]:
    """Split what stands between commas or a Spanish or Italian `and`, which also stands within names."""
    pieces = [piece.strip() for piece in _ROLE.sub("", part).split(",")]
    if len(pieces) == 2 and " " not in pieces[1]:
        first, second = pieces  # a name turned around (`Reed, Ada`), or followed by its place or agency
        pieces = [first] if " " in first or first.isupper() else [f"{second} {first}"]
    split = [_AND_OR_NAME.split(piece) for piece in pieces]
    return [name for names in split for name in (names if all(" " in n for n in names) else [" y ".join(names)])]


def _tidy_name(name: str) -> str:
    """A name without lead words, brackets and stray punctuation; empty if none is left."""
    name = _BRACKETS.sub("", _LEAD.sub("", name.strip()))
    name = _RED.sub("", name).strip(" ,.;:|/*–—-\"'“”")
    if len(name) > 70 or len(name.split()) > 7 or not any(char.isalpha() for char in name):
        return ""
    return name


def _why_no_person(name: str, sites: set[str]) -> str | None:
    """The rule that says a name is none."""
    if _ADDRESS.search(name):
        return "byline-address"
    if _PLACEHOLDER.fullmatch(name) or (_TEAM.search(name) and not _is_surname(name, sites)):
        return "byline-placeholder"
    return "byline-site" if is_site(name, sites) else None


def _is_surname(name: str, sites: set[str]) -> bool:
    """Whether what sounds like a team is somebody's name: a first name before it, that of no desk and no site."""
    found = _SURNAME.fullmatch(name)
    if found is None or found["first"].lower() in _DESKS:
        return False
    first = fold(found["first"])
    return not any(first in site for site in sites)


def _is_date(raw: str) -> bool:
    """Whether a byline is a date that slipped into its place."""
    return any(char.isdigit() for char in raw) and len(raw) <= 80 and read_stamp(_LEAD.sub("", tidy(raw))) is not None


def is_byline(line: str) -> bool:
    """Whether a short line names its authors or their placeholder: `By Ada Reed`, `Admin`."""
    return is_placeholder(line) or bool(_LEAD.match(line.strip()))


def is_placeholder(line: str) -> bool:
    """Whether a line is nothing but a placeholder byline: `Admin`, `By Staff`.

    Example:
        >>> is_placeholder("By Admin"), is_placeholder("Admiral")
        (True, False)
    """
    return bool(_PLACEHOLDER.fullmatch(_LEAD.sub("", line.strip()).strip(" .,:;|-")))

"""The headline: where it is found, and what sites hang onto it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

from pipeline.extract.jsonld import Declared
from pipeline.extract.marks import Marks
from pipeline.text.normalize import compose
from pipeline.text.urls import registrable_domain

_SEPARATOR = re.compile(r"\s+(?:::|[|\-–—·•»«:/*])\s+|\s*[|»«]\s*")
_NO_ALNUM = re.compile(r"[\W_]+")
_WORDS = re.compile(r"\w+")
_LOWER = bytes(range(128)).lower() + bytes(range(128, 256))
_NO_ASCII_ALNUM = bytes(code for code in range(128) if not chr(code).isalnum())
_MOST_CHARS = 400
_MOST_RAW_CHARS = 10_000  # a longer one is cut before anything else is done to it
_LEAST_CHARS = 3
_NO_TITLE = re.compile(
    r"(?:home(?:\s*page)?|startseite|untitled(?: document)?|no title|document|index|article|news|error|undefined|null)",
    re.IGNORECASE,
)
_CUT_SHORT = re.compile(r"\s*(?:\.{3}|…)$")
_LABEL = re.compile(
    r"^(?:(?:urgent|breaking|developing|just in|eilmeldung|\+\+\+)(?:\s+(?:news|update|alert|story))?\s*[:–—|-]\s*)+",
    re.IGNORECASE,
)


def choose_title(
    declared: Declared, marks: Marks, url: str | None, listed: str | None
) -> tuple[str | None, str | None]:
    """Choose the headline: JSON-LD, og:title, `title`, `h1`, then what the feed said.

    A headline that JSON-LD cut short gives way to the whole one. What names the site is cut off at either end.

    Returns:
        (title, title_source), source jsonld, meta, html, heading or feed; (None, None) where the page has none.
    """
    sites = site_names(declared, marks, url)
    candidates = [
        (declared.headline, "jsonld"),
        (marks.first("og:title", "twitter:title", "dc.title", "title"), "meta"),
        (marks.title, "html"),
        *((heading, "heading") for heading in marks.headings[:1]),
        (listed or "", "feed"),
    ]
    cleaned = [(cut_site(tidy(text), sites, marks.headings), source) for text, source in candidates]
    usable = [(text, source) for text, source in cleaned if _is_title(text, sites)]
    if not usable:
        return None, None
    text, source = usable[0]
    stem = _CUT_SHORT.sub("", text)
    if stem != text or len(text) >= 105:  # 110 characters is what JSON-LD's readers demand
        text, source = next((u for u in usable[1:] if len(u[0]) > len(text) and u[0].startswith(stem)), (text, source))
    return text, source


def own_headings(title: str | None, marks: Marks) -> list[str]:
    """The headings of the first rank that are the page's own: the first, and those that say half of what the title says.

    Pages set headings within their text as `h1` too, and these belong to it.
    """
    told = set(_WORDS.findall((title or "").casefold()))
    others = [
        heading
        for heading in marks.headings[1:]
        if (own := set(_WORDS.findall(heading.casefold()))) and 2 * len(own & told) >= min(len(own), len(told))
    ]
    return [*marks.headings[:1], *others]


def site_names(declared: Declared, marks: Marks, url: str | None) -> frozenset[str]:
    """Everything the page calls its site, folded: publisher, og:site_name, domain and the domain's first label."""
    host = registrable_domain(url) or ""
    given = [
        *declared.publishers,
        *marks.all("og:site_name", "application-name", "apple-mobile-web-app-title", "twitter:site", "dc.publisher"),
        *marks.all("publisher", "copyright"),
        host,
        f"www.{host}" if host else "",
        host.partition(".")[0],
    ]
    return frozenset(folded for name in given if (folded := fold(name)))


def fold(text: str) -> str:
    """Letters and digits alone, lower-case: what two spellings of a name have in common."""
    if text.isascii():
        return text.encode().translate(_LOWER, _NO_ASCII_ALNUM).decode()  # a tenth of the pattern's time
    return _NO_ALNUM.sub("", compose(text, "NFKC").casefold())


def tidy(text: str) -> str:
    """One line in NFC without control, bidi or zero-width characters."""
    text = "".join(
        c if unicodedata.category(c) not in ("Cc", "Cf", "Co", "Cs") else " " if c.isspace() else ""
        for c in text[:_MOST_RAW_CHARS]
    )
    return " ".join(compose(text).split())[:_MOST_CHARS].strip()


def cut_site(title: str, sites: Iterable[str], headings: Sequence[str]) -> str:
    """Cut the site's name off a title's ends, and whatever follows a text that is the page's heading.

    Example:
        >>> cut_site("Ferries back - The Harbour", {"theharbour"}, ())
        'Ferries back'
    """
    names, heads = set(sites), {fold(heading) for heading in headings}
    for _ in range(3):
        cuts = list(_SEPARATOR.finditer(title))
        bounds = [0, *(cut.end() for cut in cuts)], [*(cut.start() for cut in cuts), len(title)]
        parts = [title[start:end].strip() for start, end in zip(*bounds, strict=True)]
        site = next((i for i, part in enumerate(parts) if is_site(part, names)), None)
        if len(parts) < 2 or site is None:
            break
        rest = title[cuts[0].end() :] if site == 0 else title[: cuts[site - 1].start()]
        if len(rest.strip()) < _LEAST_CHARS:
            break
        title = rest.strip()
    ends = (cut.start() for cut in _SEPARATOR.finditer(title))
    return next((title[:end].strip() for end in ends if fold(title[:end]) in heads), title)


_SITE_ENDS = frozenset(
    [
        "",
        "news",
        "online",
        "digital",
        "com",
        "de",
        "uk",
        "net",
        "org",
        "inc",
        "ltd",
        "llc",
        "gmbh",
        "ag",
        "media",
        "group",
    ]
)


def is_site(part: str, names: Iterable[str]) -> bool:
    """Tell whether a part of a title or a byline is the site's name, perhaps with an ending: `.com`, `News`, `Inc`."""
    folded = fold(part)
    if not folded or len(part) > 40:
        return False
    bare = folded.removeprefix("the")
    return any(
        folded == name
        or (len(name) >= 3 and any(t.startswith(name) and t[len(name) :] in _SITE_ENDS for t in (folded, bare)))
        for name in names
    )


def _is_title(text: str, sites: frozenset[str]) -> bool:
    """Whether a text can be a headline: some letters, and neither the site's name nor a template's word."""
    if len(text) < _LEAST_CHARS or not any(char.isalpha() for char in text):
        return False
    return fold(text) not in sites and not _NO_TITLE.fullmatch(text) and "://" not in text

"""What an answer's head and a page's own head reserve: not to be shown from an archive, not to be mined for texts and data."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

# Directives of X-Robots-Tag that reserve something of a page once it was read, by the name that is recorded.
_DIRECTIVES = {
    "none": "noarchive",
    "noarchive": "noarchive",
    "nosnippet": "nosnippet",
    "noai": "noai",
    "noimageai": "noai",
}
# Directives that have a value after a colon, as else the name of whom they are told to has them.
_WITH_VALUES = frozenset({"max-snippet", "max-image-preview", "max-video-preview", "unavailable_after"})
_TOLD_TO = re.compile(r"\s*(\*|[a-z][\w.-]*)\s*:")
_BETWEEN = re.compile(r"[\s,;]+")
_MOST_CHARS = 4_000
# A page's head ends within so many bytes, or what it reserves is not seen.
_HEAD_BYTES = 64 * 1024
_META = re.compile(r"<meta\b([^<>]{1,1000})>", re.IGNORECASE)
_ATTRIBUTE = re.compile(
    r"""\b(name|content)\s{0,9}=\s{0,9}(?:"([^"]{0,500})"|'([^']{0,500})'|([^\s"'>]{1,500}))""", re.IGNORECASE
)


def reserved_rights(headers: Mapping[str, str], agent: str, body: bytes = b"") -> list[str]:
    """Read X-Robots-Tag and the TDM reservation protocol, from the headers and from the page's meta elements.

    Args:
        headers: Of the answer, names in lower case; several X-Robots-Tag stand in one, a line each.
        agent: Our product token: what is told to another one is not told to us.
        body: The page, decoded from its transfer; what is no HTML reserves nothing.
    Returns:
        Of noarchive, nosnippet, noai and tdm those that are reserved, in this order.
    Example:
        >>> reserved_rights({"x-robots-tag": "otherbot: noindex, daybook: NoArchive", "tdm-reservation": "1"}, "daybook")
        ['noarchive', 'tdm']
    """
    found = set()
    for line in headers.get("x-robots-tag", "")[:_MOST_CHARS].splitlines():
        is_ours = True
        for part in line.lower().split(","):
            if (told_to := _TOLD_TO.match(part)) and told_to[1] not in _WITH_VALUES:
                is_ours = told_to[1] in ("*", agent.lower())
                part = part[told_to.end() :]
            if is_ours and part.strip() in _DIRECTIVES:
                found.add(_DIRECTIVES[part.strip()])
    if headers.get("tdm-reservation", "").strip() == "1":
        found.add("tdm")
    for name, content in _metas(body):
        if name in ("robots", agent.lower()):
            found |= {_DIRECTIVES[each] for each in _BETWEEN.split(content.lower()) if each in _DIRECTIVES}
        elif name == "tdm-reservation" and content.strip() == "1":
            found.add("tdm")
    return [name for name in ("noarchive", "nosnippet", "noai", "tdm") if name in found]


def _metas(body: bytes) -> Iterator[tuple[str, str]]:
    """The meta elements of a page's head that name something: the name in lower case, and the content."""
    for element in _META.finditer(body[:_HEAD_BYTES].decode("latin-1")):
        said = {each[1].lower(): each[2] or each[3] or each[4] or "" for each in _ATTRIBUTE.finditer(element[1])}
        if "name" in said:
            yield said["name"].strip().lower(), said.get("content", "")

"""What an answer's head reserves: not to be shown from an archive, not to be mined for texts and data."""

from __future__ import annotations

from collections.abc import Mapping

# Directives of X-Robots-Tag that reserve something of a page once it was read, by the name that is recorded.
_DIRECTIVES = {
    "none": "noarchive",
    "noarchive": "noarchive",
    "nosnippet": "nosnippet",
    "noai": "noai",
    "noimageai": "noai",
}


def reserved_rights(headers: Mapping[str, str], agent: str) -> list[str]:
    """Read X-Robots-Tag and the TDM reservation protocol.

    Args:
        headers: Of the answer, names in lower case; several X-Robots-Tag stand in one, between commas.
        agent: Our product token: what is told to another one is not told to us.
    Returns:
        Of noarchive, nosnippet, noai and tdm those that are reserved, in this order.
    Example:
        >>> reserved_rights({"x-robots-tag": "otherbot: noindex, daybook: NoArchive", "tdm-reservation": "1"}, "daybook")
        ['noarchive', 'tdm']
    """
    found = set()
    is_ours = True
    for part in headers.get("x-robots-tag", "")[:2_000].split(","):
        told_to, colon, directive = part.rpartition(":")
        if colon and "_" not in told_to:  # unavailable_after: is a directive with a date, not somebody's name
            is_ours = told_to.strip().lower() in ("*", agent.lower())
        name = _DIRECTIVES.get((directive if colon else part).strip().lower())
        if is_ours and name:
            found.add(name)
    if headers.get("tdm-reservation", "").strip() == "1":
        found.add("tdm")
    return [name for name in ("noarchive", "nosnippet", "noai", "tdm") if name in found]

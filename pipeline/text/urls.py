"""URLs as identities: cleaned, compared, and turned into article ids.

courlan's `clean_url` is not used for identities: it drops queries without `=` (`?48213`) and every parameter whose
name merely begins like a tracker's (`gallery`, `cid`), and two articles with one id lose one of them. A tracker that
slips through here costs less: its copy is found by the text.
"""

from __future__ import annotations

import hashlib
import ipaddress
import re
from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import quote, unquote, urljoin, urlsplit, urlunsplit

import idna
from tld import get_fld

from pipeline.text.normalize import compose

# A longer one is no address of a page: browsers and servers stop near 2,000. What is done to one grows faster than it.
MOST_URL_CHARS = 2_048

_DEFAULT_PORTS = {"http": 80, "https": 443}
_HALVES = re.compile("[\ud800-\udfff]")  # of characters, which no encoding has
_UNRESERVED = re.compile(r"%[0-9A-Fa-f]{2}")
_SESSION_SUFFIX = re.compile(r";(?:jsessionid|phpsessid|sid)=[^/?;]*", re.IGNORECASE)
# Names that were made to follow a reader, and tell no page from another anywhere.
_TRACKER = re.compile(
    r"""(?:utm|mtm|piwik|matomo|hsa|itm|gaa|vero|__cf_chl)_\w+|_hs\w+
    |pk_(?:campaign|kwd|keyword|source|medium|content|cid|vid)|mc_[ce]id|oly_(?:anon|enc)_id|wt_z?mc\w*
    |fb_(?:action|comment|ref|source)\w*|ns_(?:campaign|mchannel|source|linkname|fee)|at_(?:campaign|medium|link|bbc|ptr)\w*
    |(?:fbc|gc|twc|yc|ysc|dc|ttc|rdt_c)lid|(?:gbra|wbra|msclk|irclick|li_fat_|s_kwc)id|igshid|igsh|gclsrc
    |gad_(?:source|campaignid)|__twitter_impression|_ga|_gl|_openstat|mkt_tok|mbid|smid|smtyp|sc_campaign|xtor|ref_src
    |ref_url|phpsessid|jsessionid|guccounter|guce_referrer(?:_sig)?|__source""",
    re.IGNORECASE | re.VERBOSE,
)
# Names that follow a reader on most sites, and are an article's number on some: the page's own canonical URL decides.
_LIKELY_TRACKER = re.compile(
    r"""(?:pk|mc|mkt|ml|oly|stm|at|ns|wt|ga|fb|sr|cm)_\w+|twlid|clickid|ncid|cmpid|cmp|campaign|campaign_id|ito|ico|ocid|icid
    |ref|referrer|referer|refsrc|source|src|partner|partnerid|affiliate|aff|medium|session|sessionid
    |traffic_source|share|shared|sharetype|spm|feature|outputtype|amp|taid|tpcc|recirc|rss|fromrss|linkid|trackid|tracking
    |echobox|newsletter""",
    re.IGNORECASE | re.VERBOSE,
)
_ID_PARAMETER = re.compile(
    r"(?:p|n|article|story|post|item|doc|news|key|\w*id|\w+_?n[or])(?:=.*)?|[^=]+", re.IGNORECASE
)
_INDEX_FILE = re.compile(r"(?:index|default|home)(?:\.\w{2,5})?", re.IGNORECASE)
_LISTING = re.compile(
    r"""tags?|topics?|categor(?:y|ies)|sections?|authors?|search|archives?
    |themen?|themes|rubrik|kategorie|schlagwort|suche|autor(?:en)?|archiv
    |temas?|categorias?|seccion|etiqueta|autores|buscar|sujet|auteurs?|recherche|rubrique|kategoria|tagi""",
    re.IGNORECASE | re.VERBOSE,
)
# What a broken template declares of every page.
_ERROR_PAGE = re.compile(
    r"(?:page-?)?(?:40[0134]|410|50[0-4]|(?:error|fehler|erreur)(?:-?[45]\d\d)?|not-?found|undefined|null)(?:\.\w{2,5})?",
    re.IGNORECASE,
)
_LANGUAGE_SEGMENT = re.compile(r"[a-z]{2}(?:-[a-z]{2})?", re.IGNORECASE)


def clean_url(url: str | None) -> str | None:
    """Write a URL in its one normal form, pure ASCII: what two addresses of one page have in common.

    Host lower-case and in its IDNA form, no credentials, default port or fragment, no parameter whose name never tells one
    page from another (`utm_source`, `fbclid`); dot segments resolved, repeated slashes joined, parameters sorted by name,
    escapes in upper case and only where needed. Idempotent, and the same for every host.

    Args:
        url: An absolute URL as found; white space around it and `&amp;` in it are forgiven.
    Returns:
        The cleaned URL; None for anything that is no http(s) URL with a host, or longer than 2,048 characters.
    Example:
        >>> clean_url("HTTP://News.example:80/b/../a?utm_source=x&id=3#top")
        'http://news.example/a?id=3'
        >>> clean_url("mailto:desk@news.example") is None
        True
    """
    if not url or len(url) > MOST_URL_CHARS:
        return None
    text = re.sub(r"[\x00-\x1f\x7f]", "", url.strip()).replace("&amp;", "&")
    try:
        parts = urlsplit(text)
        scheme, host, port = parts.scheme.lower(), clean_host(parts.hostname or ""), parts.port
    except ValueError:
        return None
    if scheme not in _DEFAULT_PORTS or host is None:
        return None
    netloc = host if port in (None, _DEFAULT_PORTS[scheme]) else f"{host}:{port}"
    cleaned = urlunsplit((scheme, netloc, _clean_path(parts.path), _clean_query(parts.query), ""))
    return cleaned if len(cleaned) <= MOST_URL_CHARS else None


def bare_url(url: str | None) -> str | None:
    """A cleaned URL without likely trackers too: what a reader may call a page by, and no identity.

    Example:
        >>> bare_url("http://news.example/a?ref=rss&id=3")
        'http://news.example/a?id=3'
    """
    cleaned = clean_url(url)
    if cleaned is None:
        return None
    parts = urlsplit(cleaned)
    kept = [part for part in _parts(parts.query) if not _LIKELY_TRACKER.fullmatch(part.partition("=")[0])]
    return urlunsplit(parts._replace(query="&".join(kept)))


@lru_cache(maxsize=4096)
def clean_host(host: str) -> str | None:
    """Write a host name in lower-case ASCII, addresses in their normal form; None if it is no host.

    Example:
        >>> clean_host("Zürich.example.")
        'xn--zrich-kva.example'
    """
    if len(host) > MOST_URL_CHARS:
        return None
    name = unquote(host).strip().rstrip(".").lower()
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        pass
    else:
        return f"[{address}]" if address.version == 6 else str(address)
    if name.isascii():
        return name if re.fullmatch(r"[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?", name) and ".." not in name else None
    try:
        return idna.encode(name, uts46=True).decode("ascii").lower()
    except idna.IDNAError:
        return None


def _clean_path(path: str) -> str:
    """Dot segments resolved, slashes joined, escapes normal."""
    kept: list[str] = []
    segments = [s for s in _SESSION_SUFFIX.sub("", _normal_escapes(path)).split("/") if s]
    for segment in segments:
        if segment == "..":
            kept[-1:] = []
        elif segment != ".":
            kept.append(segment)
    is_folder = path.endswith("/") or (bool(segments) and segments[-1] in (".", ".."))
    return "/" + "/".join(kept) + ("/" if kept and is_folder else "")


def _clean_query(query: str) -> str:
    """Trackers off, the rest sorted by name; a part without `=` stays as it is."""
    parts = [_normal_escapes(part.replace("+", "%20")) for part in query.split("&") if part]
    kept = [part for part in parts if not _TRACKER.fullmatch(part.partition("=")[0])]
    return "&".join(sorted(kept, key=lambda part: part.partition("=")[0]))


def _normal_escapes(text: str) -> str:
    """Escape what must be, unescape what need not be (RFC 3986, 6.2.2)."""

    def once(match: re.Match[str]) -> str:
        char = unquote(match[0], errors="replace")
        return char if char.isascii() and (char.isalnum() or char in "-._~") else match[0].upper()

    escaped = quote(_HALVES.sub("\ufffd", text), safe="%/:@!$&'()*,;=~+?-._")
    escaped = re.sub(r"%(?![0-9A-Fa-f]{2})", "%25", escaped)
    return _UNRESERVED.sub(once, escaped)


@lru_cache(maxsize=8192)
def registrable_domain(url_or_host: str | None) -> str | None:
    """Name the domain that someone registered: the public suffix and one label, read offline.

    Reserved and private names (`harbour.example`) fall back to their last two labels; an address or a single label
    stands for itself. Services that lend out sub-domains (`a.github.io`) count as suffixes, so neighbours there are
    strangers.

    Example:
        >>> registrable_domain("https://www.news.co.uk/a"), registrable_domain("www.harbour.example")
        ('news.co.uk', 'harbour.example')
    """
    if not url_or_host or len(url_or_host) > MOST_URL_CHARS:
        return None
    is_url = "://" in url_or_host
    try:
        host = clean_host((urlsplit(url_or_host).hostname or "") if is_url else url_or_host.partition("/")[0])
    except ValueError:
        return None
    if host is None or host.startswith("[") or host.replace(".", "").isdigit():
        return host
    found = get_fld(_readable(host), fail_silently=True, fix_protocol=True)
    return (clean_host(found) if isinstance(found, str) else None) or ".".join(host.split(".")[-2:])


def _readable(host: str) -> str:
    """The host in Unicode, as the public suffix list spells it."""
    try:
        return idna.decode(host) if "xn--" in host else host
    except idna.IDNAError:
        return host


def is_root_or_section(url: str) -> bool:
    """Tell whether a URL looks like a front, section, tag or author page rather than one article.

    An article's address carries a number, a slug of three words or more, a file name, or depth; a section's is one or
    two plain words. Where they cannot be told apart the answer is True: the caller then keeps the URL it has.

    Example:
        >>> is_root_or_section("https://news.example/world/europe")
        True
        >>> is_root_or_section("https://news.example/world/ferry-strike-enters-third-week")
        False
    """
    parts = urlsplit(url)
    segments = [unquote(s) for s in parts.path.split("/") if s]
    if segments and _INDEX_FILE.fullmatch(segments[-1]):
        segments = segments[:-1]
    if segments and _LANGUAGE_SEGMENT.fullmatch(segments[0]):
        segments = segments[1:]
    if not segments:
        return not _names_article(_parts(parts.query))
    if _LISTING.fullmatch(segments[0]):
        return True
    last = segments[-1]
    is_plain = not any(char.isdigit() for char in last) and "." not in last and len(re.split(r"[-_]", last)) <= 2
    has_number = any(any(char.isdigit() for char in segment) for segment in segments)
    return is_plain and not has_number and len(segments) <= 2 and not parts.query


def choose_canonical(final_url: str | None, declared: str | None) -> tuple[str | None, str | None]:
    """Choose the URL that a page's identity stands on.

    The declared canonical wins only on the same registrable domain, and when it is no root, section or error page: broken
    templates declare those for every page. A parameter that may be an article's number stays although it is left out
    there, unless its name is that of a likely tracker (`ref`, `source`). On another domain a canonical is a hint at the
    original, never an identity (4 of 131 real pages declare one).

    Args:
        final_url: URL after redirects; None for a text without URL.
        declared: What the page declares (`link rel=canonical`, else og:url), absolute or relative; of no account beyond
            2,048 characters.
    Returns:
        (canonical_url, declared_original_url), both cleaned, either may be None.
    """
    own = clean_url(final_url)
    if declared and len(declared) > MOST_URL_CHARS:
        declared = None
    if own is None:
        return None, clean_url(declared)
    target = clean_url(_join(own, declared)) if declared and declared.strip() else None
    if target is None or target == own:
        return own, None
    if _ERROR_PAGE.fullmatch(urlsplit(target).path.rpartition("/")[2]):
        return own, None
    if registrable_domain(target) != registrable_domain(own):
        return own, None if is_root_or_section(target) else target
    here, there = urlsplit(own), urlsplit(target)
    if here.path == there.path and not _INDEX_FILE.search(there.path) and len(there.path) > 1:
        lost = set(_parts(here.query)) - set(_parts(there.query))
        telling = [part for part in lost if not _LIKELY_TRACKER.fullmatch(part.partition("=")[0])]
        is_needed = _names_article(telling) or (len(telling) < len(lost) and is_root_or_section(target))
        return (own if is_needed else target), None
    return (own if is_root_or_section(target) else target), None


def _parts(query: str) -> list[str]:
    """The parameters of a query."""
    return [part for part in query.split("&") if part]


def _names_article(parts: Iterable[str]) -> bool:
    """Whether a parameter looks like an article's number: `id=5`, `p=12`, a bare `48213`."""
    return any(_ID_PARAMETER.fullmatch(part) for part in parts)


def _join(base: str, reference: str) -> str | None:
    """A reference made absolute."""
    try:
        return urljoin(base, reference.strip())
    except ValueError:
        return None


def article_id(canonical_url: str | None, raw_text: str = "") -> str:
    """Name an article: 32 hex digits of the SHA-256 of its URL, or of its text where it has no URL.

    Args:
        canonical_url: The URL chosen for its identity, cleaned; None for a text without URL.
        raw_text: The text as it came; compared in NFC with white space collapsed. Unused where there is a URL.
    """
    key = canonical_url or " ".join(compose(raw_text).split())
    return hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()[:32]


def is_same_domain(domain: str | None, host: str) -> bool:
    """Whether a host belongs to a registrable domain."""
    return domain is not None and registrable_domain(host) == domain

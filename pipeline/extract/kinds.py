"""What sort of page it is: an article and of which kind, or none."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import unquote, urlsplit

from lxml.html import HtmlElement

from pipeline.extract.jsonld import Declared
from pipeline.extract.marks import Marks
from pipeline.text.urls import is_root_or_section

_STUB_WORDS = 150  # a text shorter than this, behind a wall, is the wall's shop window
_WALL_CHARS = 1_500
_LIVE_PATH = re.compile(
    r"(?:^|[/_-])(?:live|live-?blog|live-?ticker|live-updates?|newsticker|en-direct|directo|diretta)(?:[/_-]|$)"
)
_LIVE_TITLE = re.compile(
    r"^\W*(?:live(?:blog|-?ticker| updates?)?|newsblog|en direct|directo|diretta)\s*[:|–—-]|live updates?\b",
    re.IGNORECASE,
)
_OPINION = re.compile(
    r"opinions?|op-?ed|commentis?free|comment|commentary|columns?|columnists?|editorials?|kommentare?|meinung|leitartikel|kolumnen?"
    r"|standpunkt|gastbeitrag|gastkommentar|tribunes?|éditos?|editoriale?|opinion(?:es|i)?|opinión|columnas?|opinião|debatt|opinie|debate",
)
_PROMO = re.compile(
    r"sponsored(?:-content)?|advertorials?|paid-?(?:post|content|partner-?content)|partner-?content|brand-?(?:studio|content|voice)"
    r"|promo(?:ted|tion|tional)?|anzeigen?(?:sonderveröffentlichung)?|verlagsangebot|native-?ad|branded|contenu-partenaire|publireportage",
)
_WALL = re.compile(
    r"subscribe to (?:continue|read|keep reading)|(?:this|to read (?:this|the full)) (?:article|story|content) is (?:only )?"
    r"(?:for|available to) (?:our )?(?:subscribers|members)|(?:for|to) subscribers only"
    r"|to (?:continue|keep) reading"
    r"|(?:jetzt )?weiterlesen mit|nur für abonnenten|réservé aux abonnés|exclusivo para suscriptores"
    r"|riservato agli abbonati|会員限定",
    re.IGNORECASE,
)
# What a wall says of itself; its words stand at the head of a short page.
_CONSENT = re.compile(
    r"\bcookies?\b|\bconsent\b|\bprivacy\b|\bpersonal(?:i[sz]ed)? (?:data|ads?|advertising)\b|\bpartners?\b|\baccept all\b|\bpreferences\b"
    r"|\bprivatsphäre\b|\beinwilligung\w*|\bdatenschutz\w*|\bzustimm\w+|\bwerbung\b|\btracking\b|\bconsentement\b|\bconsentimiento\b|\btoestemming\b",
    re.IGNORECASE,
)
_CONSENT_TITLE = re.compile(
    r"before you continue|\bconsent\b|cookie|your privacy|privacy (?:settings|preferences)|privatsphäre|datenschutz|einwilligung|zustimmung"
    r"|bevor sie (?:zu|fortfahren)", re.IGNORECASE,
)  # fmt: skip
_BARRIER = re.compile(
    r"just a moment|attention required|verify(?:ing)? (?:that )?you are (?:a )?human|are you a robot|unusual traffic|access denied"
    r"|checking your browser|enable javascript and cookies|pardon our interruption|security check|request blocked",
    re.IGNORECASE,
)
_MISSING = re.compile(
    r"\b404\b|page (?:not found|cannot be found|doesn[’']t exist)|not found|seite (?:wurde )?nicht gefunden"
    r"|page (?:introuvable|non trouvée)|página no encontrada|pagina non trovata|internal server error|service unavailable|error 50\d",
    re.IGNORECASE,
)
_FEED = re.compile(
    # Atomic: a comment ends where it first can, so that a run of them is read in one way only.
    r"\s*+(?:<\?xml[^>]*+>\s*+)?(?:(?><!--.*?-->|<\?.*?\?>)\s*+)*+<(?:rss|feed|rdf:RDF|urlset|sitemapindex|opml)\b",
    re.DOTALL,
)


def is_feed(text: str) -> bool:
    """Whether a text is a feed or a sitemap."""
    return bool(_FEED.match(text[:5_000]))


def name_kind(
    declared: Declared, marks: Marks, url: str | None, title: str | None, word_count: int, tree: HtmlElement
) -> str:
    """Name the kind of an article: promo, paywall, live, opinion or news, the first that applies.

    By what the page declares (JSON-LD type, section), its address and its headline; paywall needs a short text as
    well, for many pages declare themselves closed and show all they have.

    Args:
        tree: The parsed page, searched for a wall where the text is short.
    """
    types = set(declared.types)
    places = [*declared.sections, *marks.all("article:section", "section")]
    path = unquote(urlsplit(url).path).lower() if url else ""
    words = [place.strip().lower().replace(" ", "-") for place in places] + path.split("/")[:-1]
    if "advertisercontentarticle" in types or any(_PROMO.fullmatch(word) for word in words):
        return "promo"
    if word_count < _STUB_WORDS and (not declared.is_free or _WALL.search(str(tree.text_content()))):
        return "paywall"
    if "liveblogposting" in types or _LIVE_PATH.search(path) or _LIVE_TITLE.search(title or ""):
        return "live"
    if "opinionnewsarticle" in types or any(_OPINION.fullmatch(word) for word in words):
        return "opinion"
    return "news"


def why_no_article(
    declared: Declared, marks: Marks, url: str | None, title: str | None, paragraphs: Sequence[str]
) -> str | None:
    """Say why a page is clearly no article; None if it may be one.

    Consent walls, bot checks and error pages are short and say so. Front, section and search pages lack an article's
    marks (type, time) and hold lines rather than sentences; where only one of both is so, the page passes.
    """
    chars = sum(map(len, paragraphs))
    text = " ".join(paragraphs)[:_WALL_CHARS]
    heading = title or marks.title
    is_marked = declared.is_article or marks.first("og:type").lower() in ("article", "news", "newsarticle", "blog")
    is_marked = is_marked or bool(marks.first("article:published_time"))
    if chars < _WALL_CHARS and not is_marked:
        consent = {match[0].casefold() for match in _CONSENT.finditer(text)}
        if len(consent) >= 4 or (_CONSENT_TITLE.search(heading) and consent):
            return "a consent wall"
        if _BARRIER.search(heading) or (chars < 400 and _BARRIER.search(text)):
            return "a bot check"
        if _MISSING.search(heading) and chars < 600:
            return "an error page"
    if is_marked:
        return None
    prose = sum(
        len(p) for p in paragraphs if len(p) >= 60 and p.rstrip("\"'”’»“)").endswith((".", "!", "?", "…", "。"))
    )
    is_index = bool(url and is_root_or_section(url)) or declared.is_list
    if is_index and len(paragraphs) > 2 and prose < chars / 2:
        return "a front, section or search page"
    return (
        "a list of links and labels"
        if len(paragraphs) > 8 and prose < chars / 10 and _median(paragraphs) < 60
        else None
    )


def _median(paragraphs: Sequence[str]) -> int:
    """The middle length."""
    return sorted(map(len, paragraphs))[len(paragraphs) // 2]

"""What sort of page it is: an article and of which kind, or none."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import unquote, urlsplit

from pipeline.extract.calls import is_finished
from pipeline.extract.forms import Form
from pipeline.extract.jsonld import Declared
from pipeline.extract.marks import Marks
from pipeline.extract.own_text import TextRun
from pipeline.extract.selling import why_selling
from pipeline.text.urls import is_root_or_section

_STUB_WORDS = 150  # a text shorter than this, behind a wall, is the wall's shop window
_WALL_CHARS = 1_500
_LIVE = r"live-?blog|live-?ticker|live-updates?|newsticker|minuto-a-minuto|en-direct"
_LIVE_PATH = re.compile(rf"/(?:live|directo|diretta|{_LIVE})(?:/|$)|(?:^|[/-])(?:{_LIVE})(?:[/.-]|$)")
_LIVE_TITLE = re.compile(
    r"^\W*(?:(?i:live(?:blog|-?ticker| updates?)?|newsblog|en direct|directo|diretta))\s*[:|–—-]|\bLIVE\s*[:|–—]|(?i:\blive updates?\b)"
)
_OPINION = re.compile(
    r"(?:the )?(?:opinions?|op-?eds?|comment-?is-?free|commentis?free|commentary|columns?|columnists?|editorials?|viewpoints?"
    r"|letters-to-the-editor)"
    r"|(?:opinions?|comment)(?:-and-|-&-)(?:analysis|opinions?|comment|ideas|editorials?)|kommentar|meinung(?:en)?|leitartikel"
    r"|kolumnen?|standpunkt|gastbeitrag"
    r"|gastkommentar|glosse|debatte|tribunes?|éditos?|éditorial|chroniques?|point-de-vue|opinion(?:es|i)|opinión|columnas?"
    r"|tribuna|editoriale?s?|commenti"
    r"|opinião|coluna|opinie|columns|debatt|ledare|krönika|kronikk?|leder|synspunkt|opinie-i-komentarze|felieton|komentář"
    r"|názory|мнения?|колонк[аи]|думк[аи]"
    r"|görüş|köşe-yazıları|社説|コラム|オピニオン|论说|评论|社论|사설|칼럼|오피니언"
)
# The label that stands beside a headline, alone or with a name: "Kommentar von Ida Holt".
_OPINION_LABEL = re.compile(
    r"(?:an? |ein(?:e)? |un[ea]? )?(?:opinion|op-?ed|commentary|column|editorial|viewpoint|kommentar|meinung|leitartikel"
    r"|kolumne|glosse|gastbeitrag|gastkommentar"
    r"|tribune|édito|éditorial|chronique|opinión|columna|tribuna|editoriale?|il commento|opinião|coluna|opinie|ledare|krönika"
    r"|kronikk|leder|felieton|komentář"
    r"|мнение|колонка|думка|görüş|社説|コラム|사설|칼럼)(?:\s{0,3}[:|]?\s{1,3}(?:by|von|par|de|por|di|av|af|door)(?:\s{1,3}[^\W\d_][\w’'.-]{0,30}){0,5})?\W{0,9}",
    re.IGNORECASE,
)
_OPINION_TITLE = re.compile(
    r"^\W*(?:opinion|op-?ed|column|editorial|commentary|kommentar|meinung|kolumne|leitartikel|gastbeitrag|tribune|éditorial"
    r"|édito|opinión|columna|editoriale|opinião|opinie"
    r"|ledare|kronikk|мнение|колонка|社説)\s*[:|]",
    re.IGNORECASE,
)
_PROMO = re.compile(
    r"sponsored(?:-content|-post)?|promoted(?:-content|-post)?|advertorials?|paid-?(?:post|content|partner-?content)"
    r"|partner-?content|brand-?(?:studio|content|voice)"
    r"|anzeigen?(?:sonderveröffentlichung)?|verlagsangebot|native-?ad|contenu-partenaire|publireportage|contenido-patrocinado"
    r"|publirreportaje",
)
_PRESS = re.compile(
    r"press-?releases?|pressemitteilung(?:en)?|communiqués?(?:-de-presse)?|comunicados?(?:-(?:de-)?prensa)?|comunicati-stampa"
    r"|pressmeddelanden?"
)
_PRESS_LABEL = re.compile(
    r"(?:for immediate release|press release|pressemitteilung|communiqué de presse|comunicado de prensa|comunicato stampa"
    r"|pressmeddelande)\b.{0,40}",
    re.IGNORECASE,
)
_WIRE = re.compile(
    r"\((?:business wire|globe ?newswire|pr ?newswire|accesswire|ots|presseportal)\)|--\s?\(business wire\)--|/prnewswire/",
    re.IGNORECASE,
)
_WALL = re.compile(
    r"subscribe to (?:continue|keep reading|read on|read (?:the (?:full|rest)|this))|(?:this|to read (?:this"
    r"|the full)) (?:article|story|content) is (?:only )?"
    r"(?:for|available to) (?:our )?(?:subscribers|members)|(?:for|to) subscribers only|to (?:continue|keep) reading"
    r"|(?:jetzt )?weiterlesen mit|nur für abonnenten|réservé aux abonnés|exclusivo para suscriptores|riservato agli abbonati|会員限定",
    re.IGNORECASE,
)
_ASIDE = frozenset(["footer", "nav", "aside", "header"])
# What a wall says of itself.
_CONSENT = re.compile(
    r"\bcookies?\b|\bconsent\b|\bprivacy\b|\bpersonal(?:i[sz]ed)? (?:data|ads?|advertising)\b|\bpartners?\b|\baccept all\b"
    r"|\bpreferences\b"
    r"|\bprivatsphäre\b|\beinwilligung\w*|\bdatenschutz\w*|\bzustimm\w+|\bwerbung\b|\btracking\b|\bconsentement\b"
    r"|\bconsentimiento\b|\btoestemming\b",
    re.IGNORECASE,
)
_SPOKEN = re.compile(
    r"\b(?:we|our|your?|you|wir|unsere?|ihre?n?|sie|nous|nos|vous|votre|nosotros|nuestr\w+|tus?|noi|nostri|wij|onze)\b",
    re.IGNORECASE,
)
_CONSENT_TITLE = re.compile(
    r"(?:before you continue|(?:manage |your )?(?:cookie|privacy|consent)s?(?: (?:settings|preferences|policy|notice|choices"
    r"|consent))?|we value your privacy|your privacy(?: choices)?"
    r"|privatsphäre(?:-?einstellungen)?|datenschutz(?:einstellungen|erklärung)?|einwilligung|zustimmung|bevor sie (?:zu .{1,30}"
    r"|fortfahren)"
    r"|(?:gérer )?vos choix.{0,30})(?: to .{1,40}| zu .{1,40})?\W*(?:[|–-] .{1,40})?", re.IGNORECASE,
)  # fmt: skip
_BARRIER = re.compile(
    r"(?:just a moment|attention required|verify(?:ing)? (?:that )?you are (?:a )?human|are you a robot|(?:unusual"
    r"|suspicious) traffic|access denied|forbidden"
    r"|checking your browser|enable javascript and cookies(?: to continue)?|pardon our interruption|security check"
    r"|request blocked)\W*(?:[|–-] .{1,40})?",
    re.IGNORECASE,
)
_MACHINE = re.compile(r"captcha|robot|\bhuman\b|\bbrowser\b", re.IGNORECASE)
_MISSING = re.compile(
    r"(?:error )?(?:404|410|50\d)?\W*(?:not found|page (?:not found|cannot be found|doesn[’']t exist|introuvable|non trouvée)"
    r"|seite (?:wurde )?nicht gefunden|página no encontrada"
    r"|pagina non trovata|internal server error|service unavailable|error 50\d|404)\W*(?:[|–-] .{1,40})?",
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
    declared: Declared,
    marks: Marks,
    url: str | None,
    title: str | None,
    paragraphs: Sequence[str],
    word_count: int,
    runs: Sequence[TextRun],
    paying_links: int = 0,
) -> tuple[str, tuple[str, ...]]:
    """Name the kind of an article: promo, press-release, paywall, live, opinion or news, the first that applies; and why.

    By what the page declares (JSON-LD type, section), its address, its headline and the label beside it; paywall needs a short
    text as well, for many pages declare themselves closed and show all they have.

    Args:
        declared: What JSON-LD says.
        marks: The page's meta tags.
        url: Its address.
        title: Its headline.
        paragraphs: Its text.
        word_count: How many words that has.
        runs: The page's own text, searched for labels beside the headline, and for a wall where the text is short.
        paying_links: How many of its links pay it.
    """
    types = set(declared.types)
    path = unquote(urlsplit(url).path).lower() if url else ""
    words = [*_sections(declared, marks), *path.split("/")[:-1]]
    if "advertisercontentarticle" in types or any(_PROMO.fullmatch(word) for word in words):
        return "promo", ("section or type",)
    lead = " ".join(paragraphs[:2])[:400]
    beside = _beside_heading(runs)
    if (
        any(_PRESS.fullmatch(word) for word in words)
        or any(_PRESS_LABEL.fullmatch(label) for label in beside)
        or _WIRE.search(lead)
    ):
        return "press-release", ("section, label or wire",)
    if word_count < _STUB_WORDS and (not declared.is_free or _has_wall(runs)):
        return "paywall", ("a short text behind a wall",)
    if "liveblogposting" in types or _LIVE_PATH.search(path) or _LIVE_TITLE.search(title or ""):
        return "live", ("type, address or headline",)
    if why := _why_opinion(types, words, [title or "", marks.title, *marks.headings[:1]], beside):
        return "opinion", (why,)
    if why := why_selling(title, words, paying_links, paragraphs):
        return "promo", (why,)
    return "news", ()


def _sections(declared: Declared, marks: Marks) -> list[str]:
    """The sections and genres that a page names, lower-case, dashes for blanks."""
    places = [
        *declared.sections,
        *declared.genres,
        *marks.all("article:section", "section", "ob_kicker", "kicker", "genre"),
    ]
    return [place.strip().lower().replace(" ", "-") for place in places]


def _why_opinion(types: set[str], words: Sequence[str], titles: Sequence[str], beside: Sequence[str]) -> str | None:
    """What names an opinion: its type, section, address, headline, or the label beside that; None if nothing does."""
    if "opinionnewsarticle" in types:
        return "type"
    if section := next((word for word in words if _OPINION.fullmatch(word)), None):
        return f"section {section}"
    if any(_OPINION_TITLE.match(title) for title in titles):
        return "headline"
    label = next((label for label in beside if _OPINION_LABEL.fullmatch(label)), None)
    return f"label {label[:40]}" if label else None


def _beside_heading(runs: Sequence[TextRun]) -> list[str]:
    """The short runs right before and behind the first heading; lists, which are menus, aside."""
    at = next((i for i, run in enumerate(runs) if run.element.tag == "h1"), None)
    near = [] if at is None else [*runs[max(at - 4, 0) : at], *runs[at + 1 : at + 8]]
    return [
        label
        for run in near
        if run.element.tag not in ("li", "a")
        for label in re.split(r"\s{1,9}[-–—|]\s{1,9}", run.text)
        if len(label) < 60
    ]


def _has_wall(runs: Sequence[TextRun]) -> bool:
    """Whether a page says that its text goes on for those who pay, and says so beside the text."""
    return any(
        len(run.text) < 300
        and _WALL.search(run.text)
        and not _ASIDE & {parent.tag for parent in run.element.iterancestors()} | _ASIDE & {run.element.tag}
        for run in runs
    )


def why_no_article(
    declared: Declared, marks: Marks, url: str | None, title: str | None, paragraphs: Sequence[str], form: Form, labels: Sequence[str] = ()
) -> str | None:  # fmt: skip
    """Say why a page is clearly no article; None if it may be one.

    Consent walls, bot checks and error pages are short, unmarked, and say what they are in their headline and in their text: two
    signs of these, and no mark of an article. Front, section and search pages lack an article's marks (type, time) and hold
    lines rather than sentences; where only one of both is so, the page passes.

    Args:
        declared: What JSON-LD says.
        marks: The page's meta tags.
        url: Its address.
        title: Its headline.
        paragraphs: Its text.
        form: What its form says.
        labels: What its buttons say.
    """
    chars = sum(map(len, paragraphs))
    text = " ".join(paragraphs)[:_WALL_CHARS]
    headings = [heading for heading in (title, marks.title, *marks.headings[:1]) if heading]
    is_marked = (
        declared.is_article
        or form.is_article
        or marks.first("og:type").lower() in ("article", "news", "newsarticle", "blog")
    )
    is_marked = is_marked or bool(marks.first("article:published_time"))
    if is_marked:
        return None
    if chars < _WALL_CHARS and (wall := _name_wall(headings, text, chars, labels)):
        return wall
    if form.is_listed:
        return None
    prose = sum(len(p) for p in paragraphs if len(p) >= 60 and is_finished(p))
    is_index = bool(url and is_root_or_section(url)) or declared.is_list
    if is_index and len(paragraphs) > 2 and prose < chars / 2:
        return "a front, section or search page"
    return (
        "a list of links and labels"
        if len(paragraphs) > 8 and prose < chars / 10 and _median(paragraphs) < 60
        else None
    )


def _name_wall(headings: Sequence[str], text: str, chars: int, labels: Sequence[str]) -> str | None:
    """The wall or error that a short page is, by two signs; None if it is none."""
    words = {match[0].casefold() for match in _CONSENT.finditer(text)}
    spoken = len(_SPOKEN.findall(text))
    consent = (
        any(_CONSENT_TITLE.fullmatch(heading) for heading in headings),
        len(words) >= 4 and spoken >= 2,
        any(
            re.search(
                r"\b(?:accept|agree|reject|manage|akzeptieren|zustimmen|ablehnen|accepter|refuser|aceptar|accetta)\b",
                label,
                re.IGNORECASE,
            )
            for label in labels
        ),
    )
    if sum(consent) >= 2 or (consent[0] and words):
        return "a consent wall"
    if any(_BARRIER.fullmatch(heading) for heading in headings) and (chars < 600 or spoken >= 2):
        return "a bot check"
    if chars < 400 and spoken and _BARRIER.search(text[:200]) and _MACHINE.search(text):
        return "a bot check"
    if any(_MISSING.fullmatch(heading) for heading in headings) and chars < 600:
        return "an error page"
    return None


def _median(paragraphs: Sequence[str]) -> int:
    """The middle length."""
    return sorted(map(len, paragraphs))[len(paragraphs) // 2]

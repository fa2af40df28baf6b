"""One page to one article candidate or refusal: a pure function."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time

from htmldate import find_date
from lxml.html import HtmlElement, tostring

from pipeline.extract.body import TRAFILATURA_VERSION, extract_body
from pipeline.extract.bylines import choose_authors, is_byline
from pipeline.extract.clean import Cleaned, clean_paragraphs
from pipeline.extract.forms import read_form, read_marked
from pipeline.extract.html import measure, parse_page
from pipeline.extract.jsonld import Declared, read_jsonld
from pipeline.extract.kinds import is_feed, name_kind, why_no_article
from pipeline.extract.language import detect_language
from pipeline.extract.marks import Marks, read_bylines, read_marks, words
from pipeline.extract.plain_text import read_plain_text
from pipeline.extract.printed_dates import read_printed_dates
from pipeline.extract.selling import count_paying_links
from pipeline.extract.titles import choose_title, own_headings, site_names
from pipeline.reasons import Reason
from pipeline.text.dates import Published, choose_dates
from pipeline.text.decode import decode_page, why_not_text
from pipeline.text.normalize import cut_text
from pipeline.text.stamps import Stamp, is_written, read_stamp
from pipeline.text.urls import MOST_URL_CHARS, clean_url
from pipeline.text.words import count_words

EXTRACTOR_VERSION = f"7+trafilatura-{TRAFILATURA_VERSION}"

MOST_BYTES = 20 * 1024 * 1024  # twice what fetch lets through: archives and inboxes have no cap of their own
_STUB_CHARS = 250
_MOST_KEYWORDS = 50
_LOOKS_LIKE_HTML = re.compile(r"<(?:!doctype\s+html|html|head|body|article|main|div|p)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What is known of a page before it is read.

    `listed_*` is what a feed or sitemap said of it. A page that a person released from quarantine is taken for an
    article whatever its form says.
    """

    body: bytes
    content_type: str | None = None
    url: str | None = None
    fetched_at: datetime | None = None
    listed_title: str | None = None
    listed_at: datetime | None = None
    listed_by: str | None = None
    is_released: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Extraction:
    """What a page holds, or, with a reason, why it holds no article. Names as in the articles table.

    Attributes:
        declared_url: The canonical URL as the page declares it, up to 2,048 characters; the choice among URLs is made in
            `batch`, and once more over the day.
        raw_text: The decoded page where it is plain text: what an article without URL is named by.
        standfirst: The paragraph of the text that the page's description confirms.
        kind_evidence: The signs by which it has its kind; none for news.
        section: The first section that the page names.
        keywords: What the page gives as its keywords, at most fifty.
        removed: What cleaning took out of the text: rule, and the beginning of what it took.
    """

    title: str | None = None
    title_source: str | None = None
    authors: tuple[str, ...] = ()
    published: Published = field(default_factory=Published)
    language: str | None = None
    text: str = ""
    word_count: int = 0
    standfirst: str | None = None
    content_kind: str = "news"
    kind_evidence: tuple[str, ...] = ()
    section: str | None = None
    keywords: tuple[str, ...] = ()
    cleaning_rules: tuple[str, ...] = ()
    removed: tuple[tuple[str, str], ...] = ()
    declared_url: str | None = None
    raw_text: str = ""
    reason: Reason | None = None
    detail: str | None = None


def refuse(reason: Reason, detail: str | None = None) -> Extraction:
    """A refusal."""
    return Extraction(reason=reason, detail=detail)


def extract_page(page: Page) -> Extraction:
    """Read one page.

    Pure but for time and memory: a hostile page may take much of both, so pages of strangers go through
    `isolated.extract_each`.

    Refuses:
        empty-page, not-text, too-complex, no-text, not-an-article
    """
    if not page.body.strip(b" \t\r\n\x00"):
        return refuse(Reason.EMPTY_PAGE)
    if len(page.body) > MOST_BYTES:
        return refuse(Reason.TOO_COMPLEX, f"{len(page.body)} bytes, more than {MOST_BYTES}")
    text = decode_page(page.body, page.content_type).replace("\x00", "")
    fault = why_not_text(page.body, text, page.content_type)
    if fault:
        return refuse(Reason.NOT_TEXT, fault)
    if is_feed(text):
        return refuse(Reason.NOT_AN_ARTICLE, "a feed or sitemap")
    is_plain = (page.content_type or "").lower().startswith("text/plain") or not _LOOKS_LIKE_HTML.search(text[:20_000])
    return _extract_plain(page, text) if is_plain else _extract_html(page, text)


def _extract_plain(page: Page, text: str) -> Extraction:
    """A plain text."""
    found = read_plain_text(text)
    body = "\n\n".join(found.paragraphs)
    if not body:
        return refuse(Reason.NO_TEXT)
    published = choose_dates([_listed(page), found.stamp], [], fetched_at=page.fetched_at)
    language = detect_language(body)
    title = found.title or page.listed_title
    return Extraction(
        title=title,
        title_source="first-line" if found.title else "feed" if title else None,
        authors=found.authors,
        published=published,
        language=language,
        text=body,
        word_count=count_words(body, language),
        cleaning_rules=tuple(sorted({*found.rules, *published.rules})),
        removed=found.removed,
        raw_text=text,
    )


def _extract_html(page: Page, text: str) -> Extraction:
    """An HTML page."""
    tree = parse_page(text)
    if tree is None:
        return refuse(Reason.NO_TEXT, "no HTML could be parsed")
    fault = measure(tree).fault
    if fault:
        return refuse(Reason.TOO_COMPLEX, fault)
    held = list(tree.iter())  # as long as these are held, walking over the tree makes none of them anew
    marks = read_marks(tree)
    address = page.url or clean_url(marks.canonical)  # what an inbox page says of itself; never its identity
    declared = read_jsonld(tree, address)
    title, title_source = choose_title(declared, marks, address, page.listed_title)
    sites = site_names(declared, marks, address)
    authors, byline_rules = choose_authors(_byline_sources(declared, marks, tree), sites, declared.persons)
    published = _dates(page, declared, marks, tree, address)
    titles = [title or "", declared.headline, marks.title, marks.first("og:title"), *own_headings(title, marks)]
    paying_links = count_paying_links(tree)
    marked, labels = read_marked(tree), [words(button)[:60] for button in list(tree.iter("button"))[:60]]
    descriptions = [declared.description, *marks.all("og:description", "description", "twitter:description")]
    found = extract_body(
        tree,
        address,
        titles=titles,
        authors=authors,
        sites=sites,
        declared=declared.body,
        descriptions=descriptions,
    )
    del held
    body = _with_declared_body(found.cleaned, declared, titles)
    form = read_form(
        marked, declared, marks, address, has_time=published.at is not None, has_author=bool(authors),
        is_listed=page.listed_by == "feed", paragraphs=body.paragraphs,
    )  # fmt: skip
    fault = why_no_article(declared, marks, address, title, body.paragraphs, form, labels)
    if fault and not page.is_released:
        return refuse(Reason.NOT_AN_ARTICLE, fault)
    if not body.paragraphs:
        return refuse(Reason.NO_TEXT)
    article = "\n\n".join(body.paragraphs)
    language = detect_language(f"{title or ''}\n{article}", marks.html_lang)
    word_count = count_words(article, language)
    kind, evidence = name_kind(declared, marks, address, title, body.paragraphs, word_count, found.runs, paying_links)
    if kind in ("news", "live") and form.kind and not page.is_released:
        kind, evidence = form.kind, form.evidence
    return Extraction(
        title=title,
        title_source=title_source,
        authors=authors,
        published=published,
        language=language,
        text=article,
        word_count=word_count,
        standfirst=found.standfirst if found.standfirst in body.paragraphs else None,
        content_kind=kind,
        kind_evidence=evidence,
        section=next(
            (cut_text(name, 200) for name in [*declared.sections, *marks.all("article:section", "section")] if name),
            None,
        ),
        keywords=(declared.keywords or _listed_keywords(marks))[:_MOST_KEYWORDS],
        cleaning_rules=tuple(sorted({*body.rules, *byline_rules, *published.rules})),
        removed=tuple(body.removed),
        declared_url=marks.canonical if 0 < len(marks.canonical) <= MOST_URL_CHARS else None,
        raw_text=article,
    )


def _listed_keywords(marks: Marks) -> tuple[str, ...]:
    """Keywords of the meta tags, each once."""
    texts = marks.all("article:tag") or [
        word for text in marks.all("news_keywords", "keywords")[:1] for word in text.split(",")
    ]
    return tuple(dict.fromkeys(word for text in texts if 0 < len(word := text.strip()) <= 100))


def _byline_sources(declared: Declared, marks: Marks, tree: HtmlElement) -> Iterator[Iterable[str]]:
    """Where authors are named, the most trusted first; the page's text is searched only when the head is silent."""
    yield declared.authors
    yield marks.all(
        "author", "article:author", "parsely-author", "sailthru.author", "dc.creator", "byl", "dcterms.creator"
    )
    yield read_bylines(tree)
    if is_byline(marks.under_heading):
        yield [marks.under_heading]


def _dates(page: Page, declared: Declared, marks: Marks, tree: HtmlElement, address: str | None) -> Published:
    """Times from JSON-LD, meta, time elements and the listing; what is printed, and htmldate, only when these are silent."""
    language = marks.html_lang
    meta = marks.all(
        "article:published_time", "og:article:published_time", "datepublished", "parsely-pub-date", "sailthru.date",
        "pubdate", "publish-date", "date", "dc.date", "dc.date.issued", "dcterms.created", "article.published",
    )  # fmt: skip
    changed = marks.all("article:modified_time", "og:updated_time", "datemodified", "last-modified")
    changes = [(declared.modified, "jsonld"), *((value, "meta") for value in changed)]
    published = choose_dates(
        [
            read_stamp(declared.published, "jsonld", language=language),
            *(read_stamp(value, "meta", language=language) for value in meta),
            *(read_stamp(value, "time", language=language) for value in marks.times),
            _listed(page),
        ],
        [read_stamp(value, source, language=language) for value, source in changes],
        fetched_at=page.fetched_at,
    )
    if published.at is not None:
        return published
    printed = read_printed_dates(tree, language)
    found = choose_dates(printed.published, [], fetched_at=page.fetched_at)
    if found.at is None:
        latest = page.fetched_at.date().isoformat() if page.fetched_at else None
        told = find_date(tree, original_date=True, url=address, max_date=latest, extensive_search=False)
        guess = read_stamp(told, "htmldate")
        is_change = guess is not None and guess.instant.date() in {stamp.instant.date() for stamp in printed.changed}
        source = f"{address} {tostring(tree, encoding='unicode')}" if guess is not None and not is_change else ""
        if guess is not None and is_written(guess.instant.date(), source, language=language):
            found = choose_dates([guess], [], fetched_at=page.fetched_at)
    return replace(found, modified_at=published.modified_at, rules=tuple({*published.rules, *found.rules}))


def _listed(page: Page) -> Stamp | None:
    """What the feed or sitemap said."""
    if page.listed_at is None:
        return None
    instant = page.listed_at.astimezone(UTC)
    precision = "day" if instant.time() == time.min else "second"  # `Item.listed_at` says so
    return Stamp(instant=instant, precision=precision, source=page.listed_by or "feed")


def _with_declared_body(body: Cleaned, declared: Declared, titles: list[str]) -> Cleaned:
    """The text that JSON-LD gives, where the page shows hardly any and is not closed."""
    if not declared.body or not declared.is_free or sum(map(len, body.paragraphs)) >= _STUB_CHARS:
        return body
    given = clean_paragraphs(re.split(r"\n+", declared.body), titles=titles)
    if sum(map(len, given.paragraphs)) <= 2 * sum(map(len, body.paragraphs)):
        return body
    given.rules.add("declared-body")
    return given

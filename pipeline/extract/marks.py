"""What a page's markup says outside its text: meta tags, links, headings, times."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from lxml.etree import XPath
from lxml.html import HtmlElement

from pipeline.extract.date_labels import speaks_of_change

_MOST_OF_EACH = 60  # live blogs repeat their meta tags with every post
_BLOCKS = frozenset({"p", "li", "blockquote", "dd", "td", "div"})
_HEADINGS = ("h2", "h3", "h4", "h5", "h6")
_MARKED = frozenset({"datepublished", "datemodified"})
_MOST_DATE_CHARS = 80
# A box beside the article is small, and speaks of other pages: under a name that says so, or a heading with links below.
_BOX_CHARS = 600
_BOX = re.compile(
    r"(?:^|[\s_-])(?:more|related|recommend\w{0,5}|teasers?|popular|trending|latest|promo|sidebar|widget|comments?|read-?next|see-?also)"
    r"(?:$|[\s_-])",
    re.IGNORECASE,
)
_SENTENCE_CHARS = 60  # of a paragraph beside a time in it: beyond, the time is part of what is told
_MAY_NAME_AUTHORS = XPath(
    "//*[@rel='author' or @itemprop='author' or contains(@class, 'author') or contains(@class, 'byline')]"
)
_AUTHOR_CLASS = re.compile(r"(?:^| )(?:author|byline)(?:$| )|author-name|byline__name|author__name")
_PUBLISHED_HINT = ("publi", "datecreated", "entry-date", "posted", "pubdate", "date-created", "timestamp")


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """Marks of one page, strings as written with white space collapsed.

    Attributes:
        meta: Contents by lower-case name, property or itemprop, in page order.
        canonical: The declared canonical URL, else og:url; empty if none.
        html_lang: The `lang` of the root element; empty if none.
        title: The `title` element.
        headings: The texts of `h1` elements.
        times: `time[datetime]` values, those in the article first.
        under_heading: The short text right under the first `h1`: a byline, a place, a kicker; empty if there is none.
    """

    meta: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    canonical: str = ""
    html_lang: str = ""
    title: str = ""
    headings: tuple[str, ...] = ()
    times: tuple[str, ...] = ()
    under_heading: str = ""

    def first(self, *names: str) -> str:
        """The first content of the first of these meta names that has one."""
        return next((value for name in names for value in self.meta.get(name, ())), "")

    def all(self, *names: str) -> list[str]:
        """All contents of these meta names."""
        return [value for name in names for value in self.meta.get(name, ())]


def read_marks(tree: HtmlElement) -> Marks:
    """Read a parsed page's marks, each kind at most sixty times."""
    meta = _meta(tree)
    link = next((e.get("href") for e in tree.iter("link") if "canonical" in (e.get("rel") or "").lower().split()), None)
    titles = [words(e) for e in tree.iter("title") if e.getparent() is not None and e.getparent().tag != "svg"]
    headings = [text for e in list(tree.iter("h1"))[:_MOST_OF_EACH] if (text := words(e))]
    return Marks(
        meta=meta,
        canonical=(link or "").strip() or next(iter(meta.get("og:url", ())), ""),
        html_lang=(tree.get("lang") or tree.get("{http://www.w3.org/XML/1998/namespace}lang") or "").strip(),
        title=next(iter(titles), ""),
        headings=tuple(headings),
        times=_times(tree),
        under_heading=_under_heading(tree),
    )


def words(element: HtmlElement) -> str:
    """An element's text, white space collapsed."""
    return " ".join(str(element.text_content()).split())


def _meta(tree: HtmlElement) -> dict[str, tuple[str, ...]]:
    """Meta contents by name."""
    found: dict[str, list[str]] = {}
    for element in tree.iter("meta"):
        content = " ".join((element.get("content") or "").split())
        name = element.get("property") or element.get("name") or element.get("itemprop") or element.get("http-equiv")
        if content and name and len(values := found.setdefault(name.strip().lower(), [])) < _MOST_OF_EACH:
            values.append(content)
    for name, value in _marked_dates(tree):
        found.setdefault(name, []).append(value)
    return {name: tuple(values) for name, values in found.items()}


def _marked_dates(tree: HtmlElement) -> list[tuple[str, str]]:
    """Dates that other elements than `meta` are marked with, by microdata or RDFa; boxes beside the article aside."""
    found = []
    for element in tree.xpath("//*[@itemprop or @property][not(self::meta or self::time[@datetime])]")[
        : 10 * _MOST_OF_EACH
    ]:
        names = (element.get("itemprop") or element.get("property") or "").lower().split()
        name = next((local for one in names if (local := one.rpartition(":")[2]) in _MARKED), "")
        if not name:
            continue
        value = element.get("content") or element.get("datetime") or words(element)
        inside = {ancestor.tag for ancestor in element.iterancestors()}
        if 0 < len(value) <= _MOST_DATE_CHARS and not inside & {"nav", "aside", "footer"}:
            found.append((name, value.strip()))
    return found[:_MOST_OF_EACH]


def _times(tree: HtmlElement) -> tuple[str, ...]:
    """Machine-readable times: marked as publication first, then those in an article, then in page order."""
    ranked: list[tuple[int, int, str]] = []
    for i, element in enumerate(list(tree.iter("time"))[:_MOST_OF_EACH]):
        value = (element.get("datetime") or "").strip()
        if not value:
            continue
        marks = " ".join(
            (element.get("itemprop") or "", element.get("class") or "", element.get("pubdate") or "")
        ).lower()
        inside = {a.tag for a in element.iterancestors()}
        if inside & {"nav", "aside", "footer"} or (
            not any(hint in marks for hint in _PUBLISHED_HINT) and (_is_told(element) or _is_beside(element))
        ):
            rank = 3
        elif "modif" in marks or "update" in marks or speaks_of_change(_text_before(element)):
            rank = 4
        elif any(hint in marks for hint in _PUBLISHED_HINT):
            rank = 0
        else:
            rank = 1 if inside & {"article", "main", "header"} else 2
        ranked.append((rank, i, value))
    return tuple(value for rank, _, value in sorted(ranked) if rank < 3)


def _is_told(element: HtmlElement) -> bool:
    """Whether a time stands within a sentence: then it is what the sentence tells of."""
    block = next((a for a in element.iterancestors() if a.tag in _BLOCKS), None)
    if block is None or block.tag == "div":
        return False
    told = words(block)
    is_finished = told.rstrip("\"'”’»)").endswith((".", "!", "?", "…", "。", "।"))
    return is_finished and len(told) - len(words(element)) >= _SENTENCE_CHARS


def _is_beside(element: HtmlElement) -> bool:
    """Whether a time belongs to another page: in the link that leads there, or in a small box of such links."""
    for ancestor in element.iterancestors():
        if ancestor.tag in ("article", "main", "body", "header") or ancestor.find(".//h1") is not None:
            return False
        text = words(ancestor)
        if len(text) > _BOX_CHARS:
            return False
        if ancestor.tag == "a" and ancestor.get("href") and len(text) - len(words(element)) >= 20:
            return True
        has_link = ancestor.find(".//a[@href]") is not None
        name = f"{ancestor.get('class') or ''} {ancestor.get('id') or ''}"
        if has_link and (_BOX.search(name[:200]) or any(ancestor.find(f".//{tag}") is not None for tag in _HEADINGS)):
            return True
    return False


def _text_before(element: HtmlElement) -> str:
    """The text right before an element, within its own."""
    previous, parent = element.getprevious(), element.getparent()
    before = previous.tail if previous is not None else parent.text if parent is not None else None
    return " ".join((before or "")[-_MOST_DATE_CHARS:].split())


def read_bylines(tree: HtmlElement) -> tuple[str, ...]:
    """Read the texts of elements that are marked as author: rel, itemprop, or a class that says so."""
    found = [
        element
        for element in _MAY_NAME_AUTHORS(tree)
        if "author" in (element.get("rel"), element.get("itemprop"))
        or _AUTHOR_CLASS.search((element.get("class") or "").replace("\n", " "))
    ]
    texts = []
    for element in found[:_MOST_OF_EACH]:
        named = element.xpath(".//*[@itemprop='name']")
        text = words(named[0]) if named else words(element)
        if 0 < len(text) <= 120:
            texts.append(text)
    return tuple(dict.fromkeys(texts))


def _under_heading(tree: HtmlElement) -> str:
    """The short text of the element that follows the first heading."""
    heading = next(tree.iter("h1"), None)
    follower = heading.getnext() if heading is not None else None
    text = words(follower) if follower is not None and isinstance(follower.tag, str) else ""
    return text if len(text) <= 80 else ""

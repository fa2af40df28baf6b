"""Pages that are no articles, told by their form: product, forum, collection, listing, documentation, service.

No sign decides alone. What speaks for an article (its type, a time, an author, its place in a blog or a feed) is weighed against
what speaks for another form; a page that is doubtful is kept and named, and gives no line of a digest.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from lxml.etree import XPath
from lxml.html import HtmlElement

from pipeline.extract.jsonld import Declared
from pipeline.extract.marks import Marks

_ITEMS = XPath("//@itemtype")
_BUTTONS = XPath("//button | //form[@action] | //input[@type='submit']")
_CART = re.compile(
    r"add[-_ ]?to[-_ ]?(?:cart|bag|basket)|in den warenkorb|ajouter au panier|añadir (?:al carrito|a la cesta)|aggiungi al carrello",
    re.IGNORECASE,
)
_ARTICLE_TYPES = frozenset(
    [
        "newsarticle",
        "reportagenewsarticle",
        "analysisnewsarticle",
        "backgroundnewsarticle",
        "opinionnewsarticle",
        "reviewnewsarticle",
        "liveblogposting",
        "article",
        "blogposting",
        "report",
        "scholarlyarticle",
        "techarticle",
        "socialmediaposting",
    ]
)
_TYPES = {
    "product": frozenset(["product", "productgroup", "individualproduct"]),
    "forum": frozenset(["discussionforumposting", "qapage"]),
    "collection": frozenset(["collectionpage", "searchresultspage", "offercatalog"]),
    "documentation": frozenset(["apireference"]),
    "service": frozenset(
        [
            "service",
            "localbusiness",
            "medicalclinic",
            "dentist",
            "financialservice",
            "legalservice",
            "contactpage",
            "aboutpage",
        ]
    ),
}
_OG_TYPES = {"product": "product", "product.item": "product", "og:product": "product", "product.group": "collection"}
_PLACES = {
    "product": re.compile(r"/(?:products?|dp|item|shop/[^/]+/[^/]+)(?:/|$)|/buy-"),
    "forum": re.compile(
        r"/(?:threads?|topics?|forums?|questions/\d+|talk|discussions?|viewtopic|showthread|t/[^/]+/\d+)(?:[/.?]|$)|^(?:forums?|community|discuss)\."
    ),
    "collection": re.compile(
        r"/(?:collections?|shop|store|categor(?:y|ies)|product-category|sub-categor(?:y|ies)|tags?|best-?sellers|zgbs)(?:/|$)"
    ),
    "documentation": re.compile(
        r"/(?:docs?|documentation|reference|manual|man|api|apidocs|wiki|book|learn/docs)/|^(?:docs?|developers?|devdocs|api|wiki)\."
    ),
    "service": re.compile(r"/(?:services?|solutions?|pricing|plans?|about(?:-us)?|contact(?:-us)?|pages)(?:/|$)"),
}
_BODIES = {
    "product": re.compile(r"single-product|product-template|template-product|product-page"),
    "collection": re.compile(
        r"tax-product|product_cat|template-collection|\barchive\b|\bcategory\b|collection-template"
    ),
    "forum": re.compile(r"question-page|ipsApp|forum|thread|bbpress|discourse|vbulletin|phpbb"),
    "service": re.compile(r"page-template|template-page|\bpage-id-\d"),
    "listing": re.compile(r"(?:^|\s)(?:home|blog|front-page|search-results)(?:\s|$)"),
    "documentation": re.compile(r"rustdoc|sphinx|mkdocs|docusaurus|gitbook|theme-doc"),
}
_GENERATORS = {
    "forum": re.compile(r"discourse|phpbb|vbulletin|xenforo|invision|mybb|nodebb", re.IGNORECASE),
    "documentation": re.compile(
        r"rustdoc|sphinx|mkdocs|docusaurus|gitbook|docfx|javadoc|doxygen|pdoc|mdbook", re.IGNORECASE
    ),
    "product": re.compile(r"woocommerce|magento|shopify|prestashop", re.IGNORECASE),
}
_ARTICLE_PLACE = re.compile(
    r"/(?:blogs?|news|articles?|artikel|stor(?:y|ies)|posts?|magazine|press|newsroom|insights?|guides?|tips|knowledge[-\w]*|resources?(?:-cent(?:er|re))?"
    r"|research|topics?|newsletter|editorial|features?|reviews?|opinion|advice|misinformation|forefront|20\d\d)(?:/|-|$)|^(?:blog|news)\.|-\d{6,}|\.s?html?$"
)
_MOST_ITEMS = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What a page's form says of its kind.

    Attributes:
        kind: What it is instead of an article; None where it may be one.
        evidence: The signs, as `kind: sign`, those for an article as `article: sign`.
        is_article: Whether article markup speaks for it: a counter-sign to every refusal.
        is_listed: Whether a feed lists it: a counter-sign too, but for the walls that stand in for an article.
    """

    kind: str | None
    evidence: tuple[str, ...]
    is_article: bool
    is_listed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Marked:
    """What a tree's markup says of a page's form, read before its body is extracted: item types, body class, a cart."""

    items: frozenset[str]
    body_class: str
    has_cart: bool
    headings: int


def read_marked(tree: HtmlElement) -> Marked:
    """Read what is lost once the tree is pruned."""
    body = tree.find(".//body")
    buttons = (
        " ".join(
            (
                e.get("class") or "",
                e.get("id") or "",
                e.get("name") or "",
                e.get("action") or "",
                e.get("value") or "",
                e.text_content()[:60],
            )
        )
        for e in _BUTTONS(tree)[:_MOST_ITEMS]
    )
    return Marked(
        items=frozenset(item.rstrip("/").rsplit("/", 1)[-1].lower() for item in _ITEMS(tree)[:_MOST_ITEMS]),
        body_class=(body.get("class") or "")[:1_000] if body is not None else "",
        has_cart=any(_CART.search(text) for text in buttons),
        headings=len(tree.findall(".//article")),
    )


def read_form(
    marked: Marked, declared: Declared, marks: Marks, url: str | None, *, has_time: bool, has_author: bool, is_listed: bool,
    paragraphs: Sequence[str],
) -> Form:  # fmt: skip
    """Weigh a page's signs.

    Args:
        marked: What its markup says.
        declared: What JSON-LD says.
        marks: Its meta tags.
        url: Its address.
        has_time: Whether a time of publication was found.
        has_author: Whether an author was found.
        is_listed: Whether a feed of its source lists it.
        paragraphs: Its text.
    """
    host, path = _address(url)
    place = f"{host.removeprefix('www.')}{path}"
    signs = list(_other_signs(marked, declared, marks, place))
    is_typed = bool(_ARTICLE_TYPES & set(declared.types)) or bool(_ARTICLE_TYPES & marked.items)
    for_article = {
        "type": 2 * is_typed,
        "og:type": marks.first("og:type").lower() in ("article", "news", "newsarticle", "blog"),
        "time": has_time,
        "author": has_author,
        "feed": 2 * is_listed,
        "place": bool(_ARTICLE_PLACE.search(place)) and path.strip("/") != "",
    }
    weight = sum(map(int, for_article.values()))
    counts = Counter(kind for kind, _ in signs)
    evidence = tuple(f"{kind}: {sign}" for kind, sign in signs) + tuple(
        f"article: {sign}" for sign, has in for_article.items() if has
    )
    kind = _decide(counts, weight, is_typed=is_typed, is_root=not path.strip("/"), paragraphs=paragraphs)
    return Form(
        kind=kind,
        evidence=(evidence or ("no mark of an article",)) if kind else (),
        is_article=is_typed,
        is_listed=is_listed,
    )


def _decide(
    counts: Counter[str], weight: int, *, is_typed: bool, is_root: bool, paragraphs: Sequence[str]
) -> str | None:
    """The kind that outweighs what speaks for an article; None where none does."""
    if is_typed and (counts["forum"] < 3):
        return None
    kind, most = max(counts.items(), key=lambda item: item[1], default=("", 0))
    needed = {0: 1, 1: 1, 2: 2, 3: 3}.get(weight, 4)
    if most >= needed:
        return kind
    if is_root and weight <= 2:
        return "listing" if len(paragraphs) > 12 else "service"
    return "service" if weight == 0 else None


def _other_signs(marked: Marked, declared: Declared, marks: Marks, place: str) -> Iterable[tuple[str, str]]:
    """Each sign of another form, and whose it is."""
    types = set(declared.page_types) | marked.items
    for kind, names in _TYPES.items():
        if found := names & types:
            yield kind, f"type {sorted(found)[0]}"
            if kind in ("forum", "product") and (marked.items & names or kind == "forum"):
                yield kind, "marked up"
    og_type = marks.first("og:type").lower()
    if og_type in _OG_TYPES:
        yield _OG_TYPES[og_type], f"og:type {og_type}"
    if marks.first("product:price:amount", "og:price:amount"):
        yield "product", "a price"
    if marked.has_cart:
        yield "product", "a cart"
    for kind, pattern in _PLACES.items():
        if pattern.search(place):
            yield kind, "its address"
    for kind, pattern in _BODIES.items():
        if pattern.search(marked.body_class):
            yield kind, "its template"
    generator = marks.first("generator")
    for kind, pattern in _GENERATORS.items():
        if pattern.search(generator):
            yield kind, "its generator"
    if declared.is_list:
        yield "listing", "a list by type"
    if marked.headings >= 12:
        yield "listing", "many articles"


def _address(url: str | None) -> tuple[str, str]:
    """Host and path of an address, lower-case; empty where it has none."""
    parts = urlsplit(url) if url else None
    return ((parts.hostname or "").lower(), unquote(parts.path).lower()) if parts else ("", "")

"""Boxes of other pages below a heading such as "Latest news": teasers whose sentences would pass as the article's own.

Told by two signs: the label that heads the box, alone in its element and the first thing in it; and links to other pages, three or
more, each with the words of a headline, and as many as there are paragraphs beside them.
"""

from __future__ import annotations

import re
from itertools import islice

from lxml.html import HtmlElement

from pipeline.extract.calls import is_finished
from pipeline.extract.captions import is_longer
from pipeline.text.urls import registrable_domain

_LABELS = ("h2", "h3", "h4", "h5", "h6", "strong", "b", "header")
_LABEL_CHARS = 40
_LABEL = re.compile(
    r"(?:top|latest|more|other|recent|related|recommended|popular|trending|similar)(?: (?:top|local|world))?"
    r" (?:stories|news|articles|posts|headlines|reads|content|coverage|topics)|most (?:read|viewed|popular|shared)"
    r"|(?:read|see|you may) also(?: like)?|you might also like|from the web|around the web"
    r"|meistgelesen(?:e artikel)?|(?:weitere|neueste|aktuelle|mehr|ähnliche|verwandte) (?:artikel|nachrichten|meldungen|themen|beiträge)"
    r"|(?:das könnte sie )?auch interessier(?:en|ant)|mehr zum thema|zum thema|top-?(?:themen|news)|lesen sie auch"
    r"|les plus lus|(?:à )?lire aussi|sur le même sujet|(?:dernières|autres) (?:nouvelles|actualités|infos)"
    r"|articles? (?:liés|similaires|récents)"
    r"|lo más (?:leído|visto)|(?:últimas|otras|más) noticias|noticias relacionadas|te puede interesar|más leídas"
    r"|(?:le )?più lett[ei]|(?:ultime|altre) notizie|leggi anche|potrebbe interessarti|articoli correlati"
    r"|mais lidas|últimas notícias|notícias relacionadas|leia também|veja também"
    r"|meest gelezen|(?:laatste|meer|ander) nieuws|lees ook|mest (?:lest|læst|läst)|siste nytt|seneste nyt|senaste nytt"
    r"|les også|læs også|läs också"
    r"|najczęściej czytane|najnowsze|przeczytaj także|czytaj także|nejčtenější|mohlo by vás zajímat|související články"
    r"|последние новости|читайте также|самое читаемое|новости по теме|останні новини|читайте також"
    r"|en çok okunan(?:lar)?|ilgili haberler|son haberler|関連(?:記事|ニュース)|人気記事|新着記事|アクセスランキング"
    r"|관련 ?기사|많이 본 (?:뉴스|기사)|相关(?:新闻|阅读|文章)|热门(?:新闻|文章)|推荐阅读",
    re.IGNORECASE,
)
_LEAST_LINKS = 3
_HEADLINE_WORDS = 3
_HEADLINE_CHARS = 12  # of a headline in a script without blanks
_LISTED_WORDS = 4
_TOPIC_CHARS = 50
_PROSE_CHARS = 60
_OUT = 4  # elements around a label that are looked at
_MOST_SHARE = 0.5  # of the page's text
_CARD_HEADINGS = ("h2", "h3", "h4", "h5", "h6")
_CARD_CHARS = 300  # a headline, a line below it, and who wrote it
_MOST_CARDS = 200  # headings that are looked at
_CARD_OUT = 6  # elements around its headline
_CARDS_SHARE = 0.3  # of the page's words
_PICTURES = ("img", "picture", "amp-img")


def find_headed_boxes(tree: HtmlElement) -> list[HtmlElement]:
    """Find the boxes of other pages below a label."""
    found: list[HtmlElement] = []
    whole = 0
    for label in tree.iter(*_LABELS):
        text = _words(label) if len(label) < 4 else ""
        if not 0 < len(text) <= _LABEL_CHARS or not _LABEL.fullmatch(text.strip(" :|›»>")):
            continue
        whole = whole or len(_words(tree))
        box = label.getparent()
        for _ in range(_OUT):
            if box is None or box.tag in ("body", "article", "main") or not _words(box).startswith(text):
                break
            if (links := _count_headlines(box)) >= _LEAST_LINKS:
                if _count_prose(box) <= links and len(_words(box)) < _MOST_SHARE * whole and box.find(".//h1") is None:
                    found.append(box)
                break
            box = box.getparent()
    return found


def find_headline_lists(tree: HtmlElement) -> list[HtmlElement]:
    """Find lists of other pages' headlines: in each item a topic and a link with the words of a headline, and nothing else.

    A list in which most links are sentences tells something, and stays.
    """
    found = []
    for element in tree.iter("ul"):
        headlines = [_read_headline(item) for item in element] if len(element) > 1 else [None]
        if all(headlines) and 2 * sum(is_finished(headline or "") for headline in headlines) < len(headlines):
            found.append(element)
    return found


def _read_headline(item: HtmlElement) -> str | None:
    """The headline of an item that is a topic and a link; the topic ends in a colon, or is an element of its own."""
    links = item.findall(".//a") if item.tag == "li" else []
    if len(links) != 1 or len((headline := _words(links[0])).split()) < _LISTED_WORDS:
        return None
    text = _words(item)
    topic = text.removesuffix(headline).rstrip()
    if not text.endswith(headline) or not 0 < len(topic) <= _TOPIC_CHARS:
        return None
    kicker = links[0].getprevious()
    is_apart = topic.endswith((":", "：")) or (kicker is not None and _words(kicker) == topic)
    return headline if is_apart else None


def find_cards(tree: HtmlElement, url: str | None) -> list[HtmlElement]:
    """Find cards of other pages within a text: a picture and a headline that link to one page of the site, in a box with little else.

    Where cards hold much of the page's words, they are the page. What links to another site is spoken of, as a product is.
    """
    found = []
    site = registrable_domain(url)
    for heading in islice(tree.iter(*_CARD_HEADINGS), _MOST_CARDS):
        link = next((e for e in heading.iterancestors() if e.tag == "a"), None)
        link = heading.find(".//a") if link is None else link
        address = (link.get("href") or "").strip() if link is not None else ""
        if not address.strip("#/") or not _is_of_site(address, site):
            continue
        headline = _words(heading)
        if len(headline.split()) < _HEADLINE_WORDS or is_finished(headline):
            continue
        box = heading
        for _ in range(_CARD_OUT):
            around = box.getparent()
            if around is None or is_longer(around, _CARD_CHARS) or next(box.iter(*_PICTURES), None) is not None:
                break
            box = around
        if _is_card(box, address):
            found.append(box)
    is_page = bool(found) and sum(len(_words(box)) for box in found) > _CARDS_SHARE * len(_words(tree))
    return [] if is_page else found


def _is_of_site(address: str, site: str | None) -> bool:
    """Whether an address is relative, or of a site."""
    is_whole = address.startswith(("http:", "https:", "//"))
    return not is_whole or (site is not None and registrable_domain(address.removeprefix("//")) == site)


def _is_card(box: HtmlElement, address: str) -> bool:
    """Whether a box holds a picture that links to an address, one heading, and little else."""
    pictures = list(box.iter(*_PICTURES))
    if not pictures or box.tag in ("body", "main"):
        return False
    if sum(1 for _ in box.iter("h1", *_CARD_HEADINGS)) > 1:
        return False
    return any(parent.tag == "a" and parent.get("href") == address for parent in pictures[0].iterancestors())


def _count_headlines(box: HtmlElement) -> int:
    """How many links of a box have the words of a headline."""
    texts = [_words(link) for link in box.iter("a")]
    return sum(
        len(text.split()) >= _HEADLINE_WORDS or (len(text) >= _HEADLINE_CHARS and not text.isascii()) for text in texts
    )


def _count_prose(box: HtmlElement) -> int:
    """How many paragraphs of a box are prose without a link."""
    return sum(len(_words(p)) >= _PROSE_CHARS and p.find(".//a") is None for p in box.iter("p"))


def _words(element: HtmlElement) -> str:
    """An element's text, white space collapsed."""
    return " ".join(str(element.text_content()).split())

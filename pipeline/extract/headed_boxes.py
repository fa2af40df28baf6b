"""Boxes of other pages below a heading such as "Latest news": teasers whose sentences would pass as the article's own.

Told by two signs: the label that heads the box, alone in its element and the first thing in it; and links to other pages, three or
more, each with the words of a headline, and as many as there are paragraphs beside them.
"""

from __future__ import annotations

import re

from lxml.html import HtmlElement

from pipeline.extract.calls import is_finished

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
    """Find lists of other pages' headlines: in each item a link with the words of one, behind a topic and a colon, and nothing else."""
    lists = (element for element in tree.iter("ul") if len(element) > 1)
    return [element for element in lists if all(_is_headline(item) for item in element)]


def _is_headline(item: HtmlElement) -> bool:
    """Whether an item of a list is a topic with a colon and a linked headline, which is no sentence."""
    links = item.findall(".//a") if item.tag == "li" else []
    if len(links) != 1 or len((headline := _words(links[0])).split()) < _LISTED_WORDS or is_finished(headline):
        return False
    text = _words(item)
    topic = text.removesuffix(headline).rstrip()
    return text.endswith(headline) and topic.endswith((":", "：")) and len(topic) <= _TOPIC_CHARS


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

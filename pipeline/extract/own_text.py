"""A page's own text: runs of words between the edges of blocks, in page order, as a browser shows them.

An extractor chooses what belongs to the article; what its paragraphs say is held against these runs.
"""

from __future__ import annotations

from dataclasses import dataclass

from lxml.etree import iterwalk
from lxml.html import HtmlElement

from pipeline.extract.titles import fold
from pipeline.text.normalize import compose

BLOCKS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "br",
        "caption",
        "center",
        "dd",
        "details",
        "dialog",
        "dir",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "frameset",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hgroup",
        "hr",
        "html",
        "legend",
        "li",
        "main",
        "menu",
        "nav",
        "ol",
        "option",
        "p",
        "pre",
        "search",
        "section",
        "summary",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "tr",
        "ul",
    ]
)
# What shows no words of a text: code, drawings, controls, and what stands beside a base of ruby.
WORDLESS = frozenset(
    [
        "script",
        "style",
        "noscript",
        "template",
        "svg",
        "math",
        "head",
        "title",
        "select",
        "textarea",
        "iframe",
        "object",
        "embed",
        "video",
        "audio",
        "canvas",
        "datalist",
        "button",
        "label",
        "output",
        "time",
        "progress",
        "meter",
        "rt",
        "rp",
        "rtc",
        "input",
        "map",
        "noindex",
    ]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TextRun:
    """Words that stand in one row.

    Attributes:
        text: The words as shown, in NFC, white space collapsed.
        folded: Its letters and digits alone, lower-case; never empty.
        linked: Share of its letters that stand in links, in [0, 1].
        element: The block that holds it.
    """

    text: str
    folded: str
    linked: float
    element: HtmlElement


def read_runs(tree: HtmlElement) -> list[TextRun]:
    """Read a page's runs, in page order; the tree stays as it is."""
    runs: list[TextRun] = []
    pieces: list[str] = []
    blocks: list[HtmlElement] = [tree]
    linked = links = 0

    def close() -> None:
        nonlocal linked
        text = " ".join("".join(pieces).split())
        pieces.clear()
        if text and (folded := fold(text := compose(text))):
            runs.append(TextRun(text=text, folded=folded, linked=min(linked / len(text), 1.0), element=blocks[-1]))
        linked = 0

    walker = iterwalk(tree, events=("start", "end"))
    for event, element in walker:
        tag = element.tag
        is_block = tag in BLOCKS
        if is_block and pieces:
            close()
        if event == "start":
            if tag in WORDLESS:
                walker.skip_subtree()
                continue
            if is_block:
                blocks.append(element)
            links += tag == "a"
            piece = element.text
        else:
            if is_block:
                blocks.pop()
            links -= tag == "a"
            piece = element.tail
        if piece:
            pieces.append(piece)
            linked += len(piece) if links else 0
    close()
    return runs

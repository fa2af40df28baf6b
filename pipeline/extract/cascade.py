"""trafilatura's way from a tree to lines, stage by stage, without the stages that cannot win.

The same functions in the same order as `trafilatura.bare_extraction`, comments and metadata aside. Its comparison with readability
takes half of its time, and can only change the result where the page has at least twice the text that was found; on 178 of 276
calls it had not, and was left out with the same 228 texts.
"""

from __future__ import annotations

import logging
import re
from copy import copy

from lxml.etree import XPath, _Element
from lxml.html import HtmlElement
from trafilatura.baseline import baseline, html2txt
from trafilatura.core import (
    ESCALATION_ACCEPT_RATIO,
    ESCALATION_JUSTEXT_RATIO,
    ESCALATION_MAX_LENGTH,
    ESCALATION_PAGE_SHARE,
)
from trafilatura.external import SANITIZED_XPATH, compare_extraction, justext_rescue
from trafilatura.htmlprocessing import convert_tags, prune_unwanted_nodes, tree_cleaning
from trafilatura.main_extractor import extract_content
from trafilatura.settings import Extractor
from trafilatura.xml import xmltotxt
from trafilatura.xpaths import RAW_TREE_PRUNE_XPATH, REMOVE_COMMENTS_AND_LISTS_XPATH

from pipeline.extract.names import Names

# Not narrower than the names in trafilatura's expressions, which are tested for each element.
_APPENDED = re.compile("infinite|mvp-post-add|elementor-share")
_COMMENTS = re.compile("^(?:[Cc]omment(?!ary)|comol|disqus_thread|dsq-comments)|(?:article|post)-comments")

logger = logging.getLogger(__name__)


def extract_lines(tree: HtmlElement, names: Names, url: str | None, page_chars: int) -> list[str]:
    """Extract the lines of a page's main text; none where there is none.

    Args:
        tree: The page; it stays as it is.
        names: The names on it; it may have lost some.
        url: Its URL, None if unknown.
        page_chars: How many characters the whole page shows.
    """
    options = Extractor(comments=False, output_format="python", url=url)
    try:
        body, text = _run(tree, _find_prunes(names), options, page_chars)
    except (TypeError, ValueError) as error:
        logger.debug("nothing extracted: %s", error)
        return []
    if len(text) < options.min_output_size:
        return []
    return [plain_line(line) for line in xmltotxt(body, False).split("\n")]


def _find_prunes(names: Names) -> list[XPath]:
    """What trafilatura prunes first, appended articles and readers' comments, as far as a name on the page speaks of them."""
    return [
        *(RAW_TREE_PRUNE_XPATH if any(map(_APPENDED.search, names.all)) else ()),
        *(REMOVE_COMMENTS_AND_LISTS_XPATH if any(map(_COMMENTS.search, names.all)) else ()),
    ]


def _run(tree: HtmlElement, prunes: list[XPath], options: Extractor, page_chars: int) -> tuple[_Element, str]:
    """The cascade: main extractor, comparison, baseline, recall. None of them changes the tree it is given."""
    if prunes:
        tree = prune_unwanted_nodes(copy(tree), prunes)
    body, text = _extract(tree, options, page_chars)
    if len(text) < options.min_extracted_size:
        base, base_text, base_chars = baseline(tree)
        if base_chars > len(text):
            body, text = base, base_text
    if not 0 < len(text) < min(ESCALATION_MAX_LENGTH, ESCALATION_PAGE_SHARE * max(page_chars, 1) * 1.2):
        return body, text
    if len(text) >= ESCALATION_PAGE_SHARE * len(html2txt(tree)):
        return body, text
    recall = copy(options)
    recall.focus = "recall"
    wide_body, wide_text = _extract(tree, recall, page_chars, is_always_compared=True)
    just_body, just_text = justext_rescue(copy(tree), options)
    if len(just_text) > max(len(wide_text), ESCALATION_JUSTEXT_RATIO * len(text)):
        return just_body, just_text
    if len(wide_text) >= options.min_extracted_size and len(wide_text) > ESCALATION_ACCEPT_RATIO * len(text):
        return wide_body, wide_text
    return body, text


def _extract(
    tree: HtmlElement, options: Extractor, page_chars: int, *, is_always_compared: bool = False
) -> tuple[_Element, str]:
    """The main extractor, compared with readability and justext where these can win."""
    cleaned = tree_cleaning(copy(tree), options)
    backup = copy(cleaned)
    body, text = extract_content(convert_tags(cleaned, options, options.url), options)
    if not is_always_compared and _is_beyond_dispute(body, text, options, page_chars):
        return body, text
    compared: tuple[_Element, str] = compare_extraction(backup, copy(tree), body, text, options)
    return compared


def _is_beyond_dispute(body: _Element, text: str, options: Extractor, page_chars: int) -> bool:
    """Whether no other extractor could be preferred: too little text is left, and this one is whole and clean."""
    return (
        len(text) >= options.min_extracted_size
        and page_chars <= 2 * len(text)
        and bool(body.xpath(".//p//text()"))
        and len(body.findall(".//table")) <= len(body.findall(".//p"))
        and not body.xpath(SANITIZED_XPATH)
    )


def plain_line(line: str) -> str:
    """A line without the marks that trafilatura gives to list items and table rows."""
    line = line.strip()
    if line.startswith("|") and line.endswith("|"):
        return " | ".join(cell.strip() for cell in line.strip("|").split("|") if cell.strip(" -"))
    return line[2:] if line.startswith("- ") else line

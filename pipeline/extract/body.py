"""A page's body: the lines that an extractor chooses, in the page's own letters, cleaned."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import trafilatura
from lxml.etree import strip_elements
from lxml.html import HtmlElement

from pipeline.extract.boxes import prune_boxes
from pipeline.extract.cascade import extract_lines
from pipeline.extract.clean import Cleaned, clean_paragraphs, normal_text
from pipeline.extract.concealed import read_concealed_classes
from pipeline.extract.html import embedded_body, join_split_body
from pipeline.extract.inline import tidy_inline
from pipeline.extract.line_kinds import is_prose, is_source_link
from pipeline.extract.names import read_names
from pipeline.extract.own_text import TextRun, read_runs
from pipeline.extract.proof import Proven, prove_lines
from pipeline.extract.standfirst import find_standfirst, stands_apart
from pipeline.extract.titles import fold

TRAFILATURA_VERSION = trafilatura.__version__
_STUB_CHARS = 250
_LINKED = 0.5  # share of a paragraph's letters from which on it is a link
_OFTEN = 3
_STEPS = 3  # items of a numbered list
_LEAD = 40  # letters by which the beginning of a paragraph is known again


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """A cleaned body.

    Attributes:
        cleaned: Its paragraphs, and what cleaning did.
        standfirst: The paragraph before the body that the page's description confirms; None if there is none.
        runs: The page's own text, all of it.
    """

    cleaned: Cleaned
    standfirst: str | None
    runs: Sequence[TextRun]


def extract_body(
    tree: HtmlElement,
    url: str | None,
    *,
    titles: Sequence[str],
    authors: Iterable[str],
    sites: Iterable[str],
    declared: str = "",
    descriptions: Sequence[str] = (),
) -> Body:
    """Extract, prove and clean the body of a page; no paragraphs where there is none.

    Args:
        tree: The parsed page; it is changed.
        url: Its URL, None if unknown.
        titles: Forms of its title, as `clean_paragraphs` takes them.
        authors: Its authors.
        sites: Folded names of its site.
        declared: The body as JSON-LD gives it, which proves a line as well.
        descriptions: What the page gives as its description.
    """
    is_sourced = any(a.text and is_source_link(a.text) for a in tree.iter("a"))
    concealed = read_concealed_classes(tree)
    scripts = list(tree.iter("script"))
    strip_elements(tree, "script", "style", "svg", "template", with_tail=False)
    runs, found = _read(tree, url, declared, concealed)
    is_stub = _chars(found.lines) < _STUB_CHARS
    if is_stub and (hidden := embedded_body(script.text or "" for script in scripts)) is not None:
        others, other = _read(hidden, url, declared)
        if _chars(other.lines) > _chars(found.lines):
            runs, found = others, other
    is_split = join_split_body(tree, "".join(map(fold, found.lines)))
    if is_split:
        others, other = _read(tree, url, declared, is_tidy=True)
        if _chars(other.lines) > _chars(found.lines):
            runs, found = others, other
    standfirst = _add_standfirst(found, runs, descriptions, titles)
    counts = Counter(run.folded for run in runs)
    cleaned = clean_paragraphs(
        found.lines,
        titles=titles,
        authors=authors,
        sites=sites,
        linked={
            normal_text(line)
            for line, run in zip(found.lines, found.runs, strict=True)
            if run is not None and runs[run].linked >= _LINKED
        },
        repeated={text for text, count in counts.items() if count >= _OFTEN},
        literal={
            normal_text(line)
            for line, run in zip(found.lines, found.runs, strict=True)
            if run is None or _shows_code(runs[run].element)
        },
        steps={
            normal_text(line)
            for line, run in zip(found.lines, found.runs, strict=True)
            if run is not None and _is_step(runs[run].element)
        },
    )
    if is_split:
        cleaned.rules.add("split-body")
    if found.restored:
        cleaned.rules.add("words-restored")
    if found.refused:
        cleaned.take("unproven-line", *found.refused)
    if is_sourced:
        cleaned.rules.add("source-link")  # the extractor drops it on its own where it stands alone
    return Body(cleaned=cleaned, standfirst=standfirst if standfirst in cleaned.paragraphs else None, runs=runs)


def _add_standfirst(
    found: Proven, runs: Sequence[TextRun], descriptions: Sequence[str], titles: Iterable[str]
) -> str | None:
    """Put the standfirst before the body where it is missing; its text in normal form, None where there is none."""
    heads = {fold(title) for title in titles}
    own = [
        run for run in found.runs if run is not None and runs[run].folded not in heads and runs[run].element.tag != "h1"
    ]
    # Kickers and labels stand before it; the body begins with prose.
    first = next((run for run in own if is_prose(runs[run].text) and runs[run].linked < _LINKED), next(iter(own), None))
    place = None if first is None else find_standfirst(runs, first, descriptions, titles)
    if place is None:
        return None
    text = runs[place].text
    if place not in found.runs[:4]:
        known = [fold(line) for line in found.lines]
        if any(
            runs[place].folded in line or line[:_LEAD] in runs[place].folded for line in known if len(line) >= _LEAD
        ):
            return None  # the body's own beginning, given twice
        found.lines.insert(0, text)
        found.runs.insert(0, place)
    after = next(
        (run for run in found.runs if run is not None and run > place and len(runs[run].folded) > 2 * _LEAD), None
    )
    return normal_text(text) if after is not None and stands_apart(runs[place], runs[after]) else None


def _read(
    tree: HtmlElement,
    url: str | None,
    declared: str,
    concealed: frozenset[str] = frozenset(),
    *,
    is_tidy: bool = False,
) -> tuple[list[TextRun], Proven]:
    """A tree's own text, and the lines of its body, proven."""
    names = read_names(tree)
    if not is_tidy:
        tidy_inline(tree, names, concealed)
        prune_boxes(tree, names, url)
    runs = read_runs(tree)
    lines = extract_lines(tree, names, url, sum(len(run.text) + 1 for run in runs))
    return runs, prove_lines(lines, runs, lambda: (str(tree.text_content()), declared))


def _shows_code(element: HtmlElement) -> bool:
    """Whether a block is code, or has code in its sentences."""
    return element.tag in ("pre", "code") or any(
        inner.tag in ("code", "kbd", "samp") for inner in element.iterdescendants()
    )


def _is_step(element: HtmlElement) -> bool:
    """Whether a block is an item of a numbered list, or stands in one: three items and more tell how a thing is done."""
    item = next((e for e in (element, *element.iterancestors("li")) if e.tag == "li"), None)
    around = item.getparent() if item is not None else None
    return around is not None and around.tag == "ol" and len(around.findall("li")) >= _STEPS


def _chars(lines: Iterable[str]) -> int:
    """How many characters some lines have."""
    return sum(map(len, lines))

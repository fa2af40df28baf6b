"""Rules that take page furniture out of a text: each has an id, which is kept with the article.

Every rule stands beside the broken input it mends, and needs two signs that do not follow from one another before it takes
a line: its words, and its place, its markup (links), its form (no sentence), its length or its repetition. No word alone
costs a sentence. The rules are general: no site is named.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field

from pipeline.extract import furniture
from pipeline.extract.calls import is_call, is_finished
from pipeline.extract.furniture import compile_phrases
from pipeline.extract.leftovers import find_repeats, without_markup
from pipeline.extract.line_kinds import (
    PROSE,
    find_source_link,
    head_rule,
    is_caption,
    is_counter,
    is_label,
    is_pointer,
    is_promise,
    is_prose,
    tail_rule,
)
from pipeline.extract.titles import fold
from pipeline.text.normalize import compose, cut_text

_HEAD = 6  # paragraphs in which titles, bylines and times are furniture
_TAIL = 4  # paragraphs in which credits and closing calls are furniture
_LISTED = 3  # addresses: a text with so many lines of them lists what it speaks of
_MOST_REMOVED = 50  # so many of the things taken out are remembered, and so many characters of each
_REMOVED_CHARS = 200
MOST_TEXT_BYTES = 1_000_000  # 180,000 words: a long novel; the longest of 1,038 real pages has a fiftieth
_LABEL_CHARS = 400  # what stands before the first word, or behind the last one, is shorter

_ALARM = compile_phrases(
    r"(?:\W*<alarm>(?:[\s-]+(?:news|update|alert|story|report|meldung))?\s*(?::|–|—|\s-\s|!+|\|)\s*)+(?=\S)",
    alarm=furniture.ALARMS,
)
_DASHED = re.compile(r"\w+\s*[–—-]\s*")  # one word and a dash: "Watch – and wait"
# Possessive, so that a line of signs is read in one way only: (?:\W*\s)?+ ends where the only word of the line begins.
_ADDRESS = re.compile(
    r"\W*+(?:https?://\S++|www\.\S++|(?:twitter|x|facebook|instagram)\.com/\S++|(?<=@)\w{2,30}+)\W*+"
    r"|(?:\W*\s)?+\S[^\s@]*+@\S+\.\w++\W*+"
)
# A site or a page of one; a profile or a box for letters is a person's.
_WEB_ADDRESS = re.compile(
    r"[^\w\s]*+\s?(?:https?+://|www\.)(?!(?:www\.)?(?:twitter|x|facebook|instagram)\.com/)[^\s/]++(?P<page>/[^\s/#?])?\S*+",
    re.IGNORECASE,
)
_HEADING = 80  # characters: a line that heads a list is shorter
_NO_LETTERS = re.compile(r"[\W_]*")


@dataclass(slots=True, kw_only=True)
class Cleaned:
    """Paragraphs after cleaning, the ids of the rules that changed them, and what they took out.

    `removed` has the rule and the beginning of each paragraph, or part of one, in the order in which they went.
    """

    paragraphs: list[str]
    rules: set[str] = field(default_factory=set)
    removed: list[tuple[str, str]] = field(default_factory=list)

    def take(self, rule: str, *texts: str) -> None:
        """Note that a rule applied, and what it took out."""
        self.rules.add(rule)
        for text in texts[: _MOST_REMOVED - len(self.removed)]:
            self.removed.append((rule, cut_text(text, _REMOVED_CHARS)))


def clean_paragraphs(
    paragraphs: Iterable[str],
    *,
    titles: Iterable[str] = (),
    authors: Iterable[str] = (),
    sites: Iterable[str] = (),
    linked: Collection[str] = (),
    repeated: Collection[str] = (),
    literal: Collection[str] = (),
    steps: Collection[str] = (),
) -> Cleaned:
    """Take titles, bylines, links, calls and credits out of a text.

    Args:
        paragraphs: The text's paragraphs or lines, in order.
        titles: The article's title in every form the page gives; they are repeated at a text's head.
        authors: Its authors; a line that holds but one of them is a byline.
        sites: Folded names of its site; a line at the head that is one of them, or begins with one, is a banner.
        linked: Paragraphs, in normal form, that stand in links for the most part.
        repeated: Folded paragraphs that the page has three times or more.
        literal: Paragraphs, in normal form, that show code.
        steps: Paragraphs, in normal form, that are items of a list of instructions.
    Returns:
        The remaining paragraphs; rules urgent-lead, byline-line, call-line, caption-line, control-characters, counter-line, credit-line,
        head-mark, label-line, link-line, markup-line, pointer-line, stay-tuned, repeated-line, site-line, source-link,
        tail-furniture, text-cut, title-repeated, as far as they applied.
    """
    done = Cleaned(paragraphs=[])
    for paragraph in paragraphs:
        tidied = normal_text(paragraph)
        if tidied != " ".join(paragraph.split()) and compose(paragraph) == paragraph:
            done.rules.add("control-characters")
        if tidied:
            done.paragraphs.append(tidied)
    _cut_length(done)
    _cut_source_link(done)
    _drop_markup(done, literal)
    _drop(done, "link-line", lambda line, _: bool(_NO_LETTERS.fullmatch(line)))
    _drop_addresses(done)
    _drop_titles(done, {fold(title) for title in titles if len(fold(title)) > 2})
    _drop_head(done, {fold(name) for name in authors if name}, frozenset(sites))
    _cut_alarm(done)
    _cut_tail(done, linked)
    _drop(done, "label-line", lambda line, _: is_label(line, line in linked))
    _drop(done, "caption-line", lambda line, _: is_caption(line))
    _drop(done, "counter-line", lambda line, _: is_counter(line))
    _drop(done, "pointer-line", lambda line, _: is_pointer(line, line in linked))
    _drop(done, "call-line", lambda line, _: line not in steps and is_call(line, is_linked=line in linked))
    _drop_tail_credits(done, linked)
    _drop_repeats(done, repeated)
    return done


def normal_text(text: str) -> str:
    """One paragraph in NFC, white space collapsed, without control, bidi, zero-width, private and surrogate characters."""
    if not text.isascii():
        text = compose(text)
    spaced = " ".join(text.split())
    if spaced.isprintable():
        return spaced
    kept = (c if c.isprintable() or c.isspace() or _joins(c) else "" for c in text)
    return compose(" ".join("".join(kept).split()))


def _cut_length(done: Cleaned) -> None:
    """What goes beyond the most bytes of a text: the rest of a paragraph from a blank on, and all that follow it."""
    left = MOST_TEXT_BYTES
    for place, line in enumerate(done.paragraphs):
        size = len(line.encode("utf-8", "surrogatepass"))
        if size > left:
            head = line.encode("utf-8", "surrogatepass")[:left].decode("utf-8", "ignore")
            head = head.rpartition(" ")[0] or head
            done.take("text-cut", line[len(head) :].strip(), *done.paragraphs[place + 1 :])
            done.paragraphs[place:] = [head] if head else []
            return
        left -= size


def _joins(char: str) -> bool:
    """Zero-width joiners carry meaning in Indic scripts, Persian and emoji."""
    return char in "\u200c\u200d"


def _drop(done: Cleaned, rule: str, is_furniture: Callable[[str, int], bool]) -> None:
    """Drop the paragraphs that a predicate names, told the paragraph and how many follow it."""
    last = len(done.paragraphs) - 1
    kept: list[str] = []
    gone: list[str] = []
    for i, line in enumerate(done.paragraphs):
        (gone if is_furniture(line, last - i) else kept).append(line)
    if gone and kept:
        done.take(rule, *gone)
        done.paragraphs = kept


def _drop_addresses(done: Cleaned) -> None:
    """Addresses alone in their line: before the text, behind it, or one or two in it.

    What a line introduces ("Tickets", "The report:") is what it speaks of, and stays, at the text's end where it is a page and no
    site; so do three addresses and more between the text's paragraphs, for these are its form.
    """
    lines = done.paragraphs
    alone = [i for i, line in enumerate(lines) if _ADDRESS.fullmatch(line)]
    texts = [i for i in range(len(lines)) if i not in set(alone)]
    if not alone or not texts:
        return
    within = [i for i in alone if texts[0] < i < texts[-1]]
    kept = set(within) if len(within) >= _LISTED else set()
    for i in alone:
        is_introduced = i > texts[0] and (i - 1 in kept or (i - 1 in texts and _introduces(lines[i - 1])))
        if is_introduced and (web := _WEB_ADDRESS.fullmatch(lines[i])) and (i < texts[-1] or web["page"]):
            kept.add(i)
    _drop_places(done, "link-line", [i for i in alone if i not in kept])


def _introduces(line: str) -> bool:
    """Whether a line heads what follows: it ends in a colon, or is short and no sentence."""
    return line.rstrip().endswith((":", "：")) or (len(line) < _HEADING and not is_finished(line))


def _drop_places(done: Cleaned, rule: str, places: Collection[int]) -> None:
    """Drop the paragraphs at some places."""
    if places:
        done.take(rule, *(done.paragraphs[i] for i in sorted(places)))
        done.paragraphs = [line for i, line in enumerate(done.paragraphs) if i not in set(places)]


def _drop_titles(done: Cleaned, titles: set[str]) -> None:
    """The headline given again at the head, alone or behind a kicker."""
    seen = 0

    def repeats(line: str, _: int) -> bool:
        nonlocal seen
        seen += 1
        if seen > _HEAD or len(line) > 400:
            return False
        folded = fold(line)
        return any(
            folded == title or (len(title) > 20 and folded.endswith(title) and len(folded) - len(title) < 60)
            for title in titles
        )

    _drop(done, "title-repeated", repeats)


def _drop_head(done: Cleaned, authors: set[str], sites: frozenset[str]) -> None:
    """Banners, bylines, placeholders, dates and reading times before the text begins."""
    for _ in range(_HEAD):
        if len(done.paragraphs) < 2:
            return
        for i, line in enumerate(done.paragraphs[:3]):
            rule = head_rule(line, authors, sites)
            if rule:
                done.take(rule, done.paragraphs.pop(i))
                break
        else:
            return


def _cut_alarm(done: Cleaned) -> None:
    """Alarm labels before the first sentence."""
    if done.paragraphs and (match := _ALARM.match(done.paragraphs[0][:_LABEL_CHARS])):
        if _DASHED.fullmatch(match[0]) and not match[0].strip(" –—-").isupper():
            return
        rest = done.paragraphs[0][match.end() :]
        if len(rest) > 20:
            done.paragraphs[0] = rest[0].upper() + rest[1:]
            done.take("urgent-lead", match[0].strip())


def _cut_source_link(done: Cleaned) -> None:
    """An aggregator's link to where it took the text from, alone or glued to the last word."""
    for _ in range(3):
        if not done.paragraphs:
            return
        last = done.paragraphs[-1]
        start = find_source_link(last, max(0, len(last) - _LABEL_CHARS))
        if start is None:
            return
        cut = last[:start]
        done.take("source-link", last[len(cut) :].strip())
        done.paragraphs[-1:] = [cut.strip()] if cut.strip() else []


def _cut_tail(done: Cleaned, linked: Collection[str]) -> None:
    """Everything after a heading such as `More from us`, when no prose follows it."""
    lines = done.paragraphs
    for i in range(len(lines) - 1, max(len(lines) // 2, 1) - 1, -1):
        if is_prose(lines[i]) and lines[i] not in linked:
            return
        if (
            len(lines[i]) < 80
            and (is_pointer(lines[i], lines[i] in linked) or is_label(lines[i]))
            and _ends_text(lines[:i])
        ):
            done.paragraphs = lines[:i]
            done.take("tail-furniture", *lines[i:])
            return


def _drop_markup(done: Cleaned, literal: Collection[str]) -> None:
    """Markup that a page shows as text."""
    for i, line in enumerate(done.paragraphs):
        if line not in literal and (rest := without_markup(line)) is not None:
            done.take("markup-line", line)
            done.paragraphs[i] = rest
    done.paragraphs = [line for line in done.paragraphs if line]


def _ends_text(lines: Sequence[str]) -> bool:
    """Whether what comes before is a text of its own."""
    return sum(len(line) for line in lines) >= PROSE


def _drop_tail_credits(done: Cleaned, linked: Collection[str]) -> None:
    """Credits, promises and short notes at the end, from the last line upwards."""
    for _ in range(_TAIL + 2):
        if len(done.paragraphs) < 2:
            break
        for i in range(len(done.paragraphs) - 1, max(len(done.paragraphs) - _TAIL, 1) - 1, -1):
            line = done.paragraphs[i]
            rule = tail_rule(line, is_last=i == len(done.paragraphs) - 1, is_linked=line in linked)
            if rule:
                done.take(rule, done.paragraphs.pop(i))
                break
        else:
            break
    _cut_promise(done)


def _cut_promise(done: Cleaned) -> None:
    """A last sentence that promises more, behind others in its paragraph."""
    if not done.paragraphs:
        return
    sentences = re.split(r"(?<=[.!?…])\s+(?=\S)", done.paragraphs[-1])
    while len(sentences) > 1 and is_promise(sentences[-1]):
        done.take("stay-tuned", sentences.pop())
    done.paragraphs[-1] = " ".join(sentences)


def _drop_repeats(done: Cleaned, repeated: Collection[str]) -> None:
    """A line given before: a pull quote, a standfirst, a caption set twice; and each that the page has three times or more."""
    if again := find_repeats(done.paragraphs, repeated):
        _drop_places(done, "repeated-line", again)

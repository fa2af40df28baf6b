"""Rules that take page furniture out of a text: each has an id, which is kept with the article.

Every rule stands beside the broken input it mends. They work on whole paragraphs, are tied to a place (head, tail) or
to short lines where they could hit prose, and are general: no site is named.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from pipeline.extract import furniture
from pipeline.extract.bylines import is_placeholder
from pipeline.extract.furniture import compile_phrases
from pipeline.extract.titles import fold, is_site
from pipeline.text.normalize import compose, cut_text
from pipeline.text.stamps import read_stamp

_HEAD = 6  # paragraphs in which titles, bylines and times are furniture
_TAIL = 4  # paragraphs in which credits and closing calls are furniture
_SHORT = 250  # characters: a call to subscribe is shorter, and prose that mentions one seldom is
_PROSE = 200  # characters: a paragraph this long is no list of links
_MOST_REMOVED = 50  # so many of the things taken out are remembered, and so many characters of each
_REMOVED_CHARS = 200
MOST_TEXT_BYTES = 1_000_000  # 180,000 words: a long novel; the longest of 1,038 real pages has a fiftieth
_LABEL_CHARS = 400  # what stands before the first word, or behind the last one, is shorter

_POINTER = compile_phrases(r"\W*<pointer>(?:\s*[:|»>–—-]+\s*.*|\s*[:.…»>]*\s*)", pointer=furniture.POINTERS)
_LABEL = compile_phrases(r"\W*<label>\W*", label=furniture.LABELS)
_CALL = compile_phrases(
    r"(?:^|[.!?:…]\s+)<start>|\b<word>|<other>",
    start=[call[1:] for call in furniture.CALLS if call.startswith("^")],
    word=[call[2:] for call in furniture.CALLS if call.startswith(r"\b")],
    other=[call for call in furniture.CALLS if not call.startswith(("^", r"\b"))],
)
_CREDIT = compile_phrases(r"[(\[—–\s-]*<credit>", credit=furniture.CREDITS)
_PROMISE = compile_phrases(r"<promise>\b.*", promise=furniture.PROMISES)
_ALARM = compile_phrases(
    r"(?:\W*<alarm>(?:[\s-]+(?:news|update|alert|story|report|meldung))?\s*(?::|–|—|\s-\s|!+|\|)\s*)+(?=\S)",
    alarm=furniture.ALARMS,
)
_HEAD_MARK = compile_phrases(r"\W*<mark>", mark=furniture.HEAD_MARKS)
_COUNTER = compile_phrases(
    # Atomic: 18:00:15:30 is read in one way only.
    r"\W*+(?:(?><clock>)\W++)*<counter>(?:\W++(?:<counter>|(?><clock>)))*\W*",
    counter=furniture.COUNTERS,
    clock=furniture.CLOCKS,
)
# "(Reuters)", "MDR (dst)", "(APA/dpa)" standing alone at the end.
_AGENCY = re.compile(
    r"(?:[A-ZÄÖÜ]{2,6}\s*)?\((?:\w+: ?)?[\w.]{2,12}(?:[/,] ?[\w.]{2,12}){0,4}\)|[A-Z]{2,6}(?:/[A-Za-z]{2,6})+\.?"
)
# "visit NPR.Source link": an aggregator's last link, alone or glued on.
_SOURCE_LINK = re.compile(
    r"(?:[\s|–—-]+|(?<=\W)|(?<=[a-zA-Z])(?=S)|^)(?:Source [Ll]ink|SOURCE LINK)\W*$"
    r"|^(?i:source|quelle|via|fuente|fonte|(?:link to )?(?:the )?original source|read (?:the )?original(?: article)?"
    r"|quelllink|lien source|enlace fuente)\W*$"
)
_BYLINE = re.compile(
    r"\W*+(?:by|von|par|por|di|av|af|door|autor(?:in)?|author|text)(?:\s*:)?\s+(?:[\w.'’-]++(?:\s*+,)?\s*+){1,8}+",
    re.IGNORECASE,
)
# Possessive, so that a line of signs is read in one way only: (?:\W*\s)?+ ends where the only word of the line begins.
_ADDRESS = re.compile(
    r"\W*+(?:https?://\S++|www\.\S++|(?:twitter|x|facebook|instagram)\.com/\S++|(?<=@)\w{2,30}+)\W*+"
    r"|(?:\W*\s)?+\S[^\s@]*+@\S+\.\w++\W*+"
)
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
) -> Cleaned:
    """Take titles, bylines, links, calls and credits out of a text.

    Args:
        paragraphs: The text's paragraphs or lines, in order.
        titles: The article's title in every form the page gives; they are repeated at a text's head.
        authors: Its authors; a line that holds but one of them is a byline.
        sites: Folded names of its site; a line at the head that is one of them, or begins with one, is a banner.
    Returns:
        The remaining paragraphs; rules urgent-lead, byline-line, call-line, control-characters, counter-line, credit-line,
        head-mark, label-line, link-line, pointer-line, stay-tuned, repeated-line, site-line, source-link, tail-furniture,
        text-cut, title-repeated, as far as they applied.
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
    _drop(done, "link-line", lambda line, _: bool(_NO_LETTERS.fullmatch(line) or _ADDRESS.fullmatch(line)))
    _drop_titles(done, {fold(title) for title in titles if len(fold(title)) > 2})
    _drop_head(done, {fold(name) for name in authors if name}, frozenset(sites))
    _cut_alarm(done)
    _cut_tail(done)
    _drop(done, "label-line", lambda line, _: len(line) < 80 and bool(_LABEL.fullmatch(line)))
    _drop(done, "counter-line", lambda line, _: len(line) < 120 and bool(_COUNTER.fullmatch(line)))
    _drop(done, "pointer-line", lambda line, _: len(line) < _SHORT and bool(_POINTER.fullmatch(line)))
    _drop(done, "call-line", _is_call)
    _drop_tail_credits(done)
    _drop_repeats(done)
    return done


def normal_text(text: str) -> str:
    """One paragraph in NFC, white space collapsed, without control, bidi, zero-width, private and surrogate characters."""
    if not text.isascii():
        text = compose(text)
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
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
            rule = _head_rule(line, authors, sites)
            if rule:
                done.take(rule, done.paragraphs.pop(i))
                break
        else:
            return


def _head_rule(line: str, authors: set[str], sites: frozenset[str]) -> str | None:
    """The rule by which a line at the head is furniture."""
    line = line.removeprefix("- ")
    if len(line) > 120:
        return None
    if is_site(re.split(r"\s[|–—·-]\s", line)[0], sites):
        return "site-line"
    if is_placeholder(line):
        return "byline-placeholder"
    if fold(line) in authors:
        return "byline-line"
    if _BYLINE.fullmatch(line) and not line.rstrip().endswith((".", "!", "?")):
        return "byline-line"
    if _HEAD_MARK.fullmatch(line):
        return "head-mark"
    is_date = read_stamp(line) is not None and sum(char.isalpha() for char in line) < 30 and len(line) < 50
    return "head-mark" if is_date else None


def _cut_alarm(done: Cleaned) -> None:
    """Alarm labels before the first sentence."""
    if done.paragraphs and (match := _ALARM.match(done.paragraphs[0][:_LABEL_CHARS])):
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
        link = _SOURCE_LINK.search(last, max(0, len(last) - _LABEL_CHARS))
        if link is None:
            return
        cut = last[: link.start()]
        done.take("source-link", last[len(cut) :].strip())
        done.paragraphs[-1:] = [cut.strip()] if cut.strip() else []


def is_source_link(line: str) -> bool:
    """Whether a line is nothing but an aggregator's link to its source."""
    return len(line) < 40 and bool(line.strip()) and not _SOURCE_LINK.sub("", line.strip())


def _cut_tail(done: Cleaned) -> None:
    """Everything after a heading such as `More from us`, when no prose follows it."""
    lines = done.paragraphs
    for i in range(len(lines) - 1, max(len(lines) // 2, 1) - 1, -1):
        if _is_prose(lines[i]):
            return
        if (
            len(lines[i]) < 80
            and (_POINTER.fullmatch(lines[i]) or _LABEL.fullmatch(lines[i]))
            and _ends_text(lines[:i])
        ):
            done.paragraphs = lines[:i]
            done.take("tail-furniture", *lines[i:])
            return


def _is_prose(line: str) -> bool:
    """Whether a line is a long one, or a whole sentence."""
    return len(line) >= _PROSE or (len(line) >= 60 and line.rstrip("\"'”’»“)").endswith((".", "!", "?", "…", "。")))


def _ends_text(lines: Sequence[str]) -> bool:
    """Whether what comes before is a text of its own."""
    return sum(len(line) for line in lines) >= _PROSE


def _is_call(line: str, after: int) -> bool:
    """Whether a line calls on the reader; one call is enough in a short line, two in a longer one."""
    if len(line) >= (2 * _SHORT if after <= _TAIL else _SHORT):
        return False
    calls = len({match[0].casefold() for match in _CALL.finditer(line)})
    return calls >= (1 if len(line) < 110 else 2)


def _drop_tail_credits(done: Cleaned) -> None:
    """Credits, promises and short notes at the end, from the last line upwards."""
    for _ in range(_TAIL + 2):
        if len(done.paragraphs) < 2:
            break
        for i in range(len(done.paragraphs) - 1, max(len(done.paragraphs) - _TAIL, 1) - 1, -1):
            rule = _tail_rule(done.paragraphs[i], is_last=i == len(done.paragraphs) - 1)
            if rule:
                done.take(rule, done.paragraphs.pop(i))
                break
        else:
            break
    _cut_promise(done)


def _tail_rule(line: str, *, is_last: bool) -> str | None:
    """The rule by which a line at the tail is furniture."""
    if len(line) < 2 * _SHORT and _CREDIT.match(line):
        return "credit-line"
    if len(line) < _SHORT and _PROMISE.fullmatch(line.lstrip("(*_[ ")):
        return "stay-tuned"
    if is_last and (_AGENCY.fullmatch(line) or (len(line) < 110 and _CALL.search(line))):
        return "credit-line"
    if is_last and is_placeholder(line):
        return "byline-placeholder"
    return None


def _cut_promise(done: Cleaned) -> None:
    """A last sentence that promises more, behind others in its paragraph."""
    if not done.paragraphs:
        return
    sentences = re.split(r"(?<=[.!?…])\s+(?=\S)", done.paragraphs[-1])
    while len(sentences) > 1 and len(sentences[-1]) < _SHORT and _PROMISE.fullmatch(sentences[-1].lstrip("(*_[ ")):
        done.take("stay-tuned", sentences.pop())
    done.paragraphs[-1] = " ".join(sentences)


def _drop_repeats(done: Cleaned) -> None:
    """A line given before: a pull quote, a standfirst, a caption set twice.

    Where a fifth of the lines recur, recurring is the text's form (a diet plan, a table), and all stay.
    """
    folded = [fold(line) for line in done.paragraphs]
    firsts = {text: i for i, text in reversed(list(enumerate(folded)))}
    kept = [i for i, text in enumerate(folded) if len(text) < 20 or firsts[text] == i]
    if len(folded) * 4 / 5 < len(kept) < len(folded):
        done.take("repeated-line", *(line for i, line in enumerate(done.paragraphs) if i not in set(kept)))
        done.paragraphs = [done.paragraphs[i] for i in kept]

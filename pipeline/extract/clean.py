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
from pipeline.extract.bylines import is_placeholder
from pipeline.extract.calls import is_call, is_finished, is_told
from pipeline.extract.furniture import compile_phrases
from pipeline.extract.leftovers import find_repeats, without_markup
from pipeline.extract.titles import fold, is_site
from pipeline.text.normalize import compose, cut_text
from pipeline.text.stamps import read_stamp

_HEAD = 6  # paragraphs in which titles, bylines and times are furniture
_TAIL = 4  # paragraphs in which credits and closing calls are furniture
_SHORT = 250  # characters: a call to subscribe is shorter, and prose that mentions one seldom is
_PROSE = 200  # characters: a paragraph this long is no list of links
_SENTENCE = 60  # characters: a whole sentence this long is prose, not a headline with a full stop
_LISTED = 3  # addresses: a text with so many lines of them lists what it speaks of
_MOST_REMOVED = 50  # so many of the things taken out are remembered, and so many characters of each
_REMOVED_CHARS = 200
MOST_TEXT_BYTES = 1_000_000  # 180,000 words: a long novel; the longest of 1,038 real pages has a fiftieth
_LABEL_CHARS = 400  # what stands before the first word, or behind the last one, is shorter

_POINTER = compile_phrases(
    r"\W*(?P<words><pointer>)(?:(?P<sign>\s*[:|»>]+\s*|\s*[–—-]+\s+)(?P<rest>\S.*)|\s*[:.…»>|–—-]*\s*)",
    pointer=furniture.POINTERS,
)
_LABEL = compile_phrases(r"\W*<label>\W*", label=furniture.LABELS)
_MESSAGE = compile_phrases(r"\W*<message>\W*", message=furniture.MESSAGES)
_CREDIT = compile_phrases(r"[(\[—–\s-]*<credit>", credit=furniture.CREDITS)
_IMPRINT = compile_phrases(r"[(\[—–\s-]{0,10}<imprint>", imprint=furniture.IMPRINTS)
_PROMISE = compile_phrases(r"<promise>\b.*", promise=furniture.PROMISES)
_ALARM = compile_phrases(
    r"(?:\W*<alarm>(?:[\s-]+(?:news|update|alert|story|report|meldung))?\s*(?::|–|—|\s-\s|!+|\|)\s*)+(?=\S)",
    alarm=furniture.ALARMS,
)
_DASHED = re.compile(r"\w+\s*[–—-]\s*")  # one word and a dash: "Watch – and wait"
_READING_TIME = compile_phrases(r"\W*<time>", time=furniture.READING_TIMES)
_HEAD_MARK = compile_phrases(
    r"\W*<mark>\b\W*(?:(?:on|at|am|um|le|il|el|den|by .{3,40}? on)\b\W*)?", mark=furniture.HEAD_MARKS
)
_COUNTER = compile_phrases(
    # Atomic: 18:00:15:30 is read in one way only.
    r"\W*+(?:(?><clock>)\W++)*<counter>(?:\W++(?:<counter>|(?><clock>)))*\W*",
    counter=(*furniture.COUNTERS, *furniture.SENTENCE_COUNTERS),
    clock=furniture.CLOCKS,
)
_SENTENCE_COUNTER = compile_phrases(r"\W*+<counter>\W*", counter=furniture.SENTENCE_COUNTERS)
_QUOTE = re.compile(r"[“”\"„«»‘’']")
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
    linked: Collection[str] = (),
    repeated: Collection[str] = (),
    literal: Collection[str] = (),
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
    Returns:
        The remaining paragraphs; rules urgent-lead, byline-line, call-line, control-characters, counter-line, credit-line,
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
    _drop(done, "label-line", lambda line, _: _is_label(line, line in linked))
    _drop(done, "counter-line", lambda line, _: _is_counter(line))
    _drop(done, "pointer-line", lambda line, _: _is_pointer(line, line in linked))
    _drop(done, "call-line", lambda line, _: is_call(line, is_linked=line in linked))
    _drop_tail_credits(done, linked)
    _drop_repeats(done, repeated)
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


def _drop_addresses(done: Cleaned) -> None:
    """Addresses alone in their line: before the text, behind it, or one or two in it. More between its paragraphs are its form."""
    texts = [i for i, line in enumerate(done.paragraphs) if not _ADDRESS.fullmatch(line)]
    if not texts:
        return
    alone = [i for i in range(len(done.paragraphs)) if i not in set(texts)]
    within = [i for i in alone if texts[0] < i < texts[-1]]
    _drop_places(done, "link-line", [i for i in alone if i not in within or len(within) < _LISTED])


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
    if _is_banner(line, sites):
        return "site-line"
    if is_placeholder(line):
        return "byline-placeholder"
    if fold(line) in authors:
        return "byline-line"
    if _BYLINE.fullmatch(line) and not is_finished(line) and _is_named(line):
        return "byline-line"
    if _READING_TIME.fullmatch(line) and not is_finished(line):
        return "head-mark"
    mark = _HEAD_MARK.match(line)
    return "head-mark" if _is_date(line[mark.end() :] if mark else line) or (mark and _is_date(line)) else None


def _is_banner(line: str, sites: frozenset[str]) -> bool:
    """Whether a line is the site's name, alone or with its claim behind a bar; behind a dash it may be a dateline."""
    name, sign, rest = re.match(r"(.*?)(?:\s([|–—·-])\s(.*))?$", line, re.DOTALL).groups("")  # type: ignore[union-attr]
    return is_site(name, sites) and (not sign or (not is_finished(rest) and (sign in "|·" or len(rest.split()) < 4)))


def _is_date(line: str) -> bool:
    """Whether a line is a date, and no sentence that has one."""
    return len(line) < 50 and sum(char.isalpha() for char in line) < 30 and read_stamp(line) is not None


def _is_named(line: str) -> bool:
    """Whether a line is made of names, for the most part: few words begin with a small letter."""
    words = [word for word in re.findall(r"[^\W\d_][\w’'.-]*", line) if word.casefold() not in furniture.NAME_LINKS]
    small = sum(word[0].islower() for word in words)
    return bool(words) and small * 4 <= len(words)


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
        link = _SOURCE_LINK.search(last, max(0, len(last) - _LABEL_CHARS))
        if link is None:
            return
        cut = last[: link.start()]
        done.take("source-link", last[len(cut) :].strip())
        done.paragraphs[-1:] = [cut.strip()] if cut.strip() else []


def is_source_link(line: str) -> bool:
    """Whether a line is nothing but an aggregator's link to its source."""
    return len(line) < 40 and bool(line.strip()) and not _SOURCE_LINK.sub("", line.strip())


def _cut_tail(done: Cleaned, linked: Collection[str]) -> None:
    """Everything after a heading such as `More from us`, when no prose follows it."""
    lines = done.paragraphs
    for i in range(len(lines) - 1, max(len(lines) // 2, 1) - 1, -1):
        if _is_prose(lines[i]) and lines[i] not in linked:
            return
        if (
            len(lines[i]) < 80
            and (_is_pointer(lines[i], lines[i] in linked) or _is_label(lines[i]))
            and _ends_text(lines[:i])
        ):
            done.paragraphs = lines[:i]
            done.take("tail-furniture", *lines[i:])
            return


def _is_prose(line: str) -> bool:
    """Whether a line is a long one, or a whole sentence."""
    return len(line) >= _PROSE or (len(line) >= _SENTENCE and is_finished(line))


def _is_label(line: str, is_linked: bool = False) -> bool:
    """Whether a line is a template's word or message: nothing else in it, and neither a sentence nor said by somebody."""
    if len(line) < 2 * _SHORT and _MESSAGE.fullmatch(line):
        return True
    if len(line) >= 80 or not _LABEL.fullmatch(line):
        return False
    return is_linked or not (is_finished(line) or _QUOTE.search(line))


def _is_counter(line: str) -> bool:
    """Whether a line is a page's meter: no sentence, or one that speaks of its page."""
    if len(line) >= 120:
        return False
    return bool(_SENTENCE_COUNTER.fullmatch(line) or (_COUNTER.fullmatch(line) and not is_finished(line)))


def _is_pointer(line: str, is_linked: bool) -> bool:
    """Whether a line points to another page: its words, and a link or the form of a headline behind a sign."""
    match = _POINTER.fullmatch(line) if len(line) < _SHORT else None
    if match is None or line.count(" | ") > 1:  # a row of a table
        return False
    rest, sign = match["rest"] or "", match["sign"] or ""
    if is_linked:
        return True
    if not rest:
        return not (
            line.endswith(("!", "?", "”", '"', "’"))
            or line[0] in '“"„«'
            or (line.endswith(".") and not line.endswith("..") and " " not in line)
        )
    is_dash = not sign.strip(" –—-")
    return not is_finished(rest) and not (is_dash and " " not in match["words"])


def points_elsewhere(line: str) -> bool:
    """Whether a line that is a link points to another page."""
    return _is_pointer(line, is_linked=True)


def _drop_markup(done: Cleaned, literal: Collection[str]) -> None:
    """Markup that a page shows as text."""
    for i, line in enumerate(done.paragraphs):
        if line not in literal and (rest := without_markup(line)) is not None:
            done.take("markup-line", line)
            done.paragraphs[i] = rest
    done.paragraphs = [line for line in done.paragraphs if line]


def _ends_text(lines: Sequence[str]) -> bool:
    """Whether what comes before is a text of its own."""
    return sum(len(line) for line in lines) >= _PROSE


def _drop_tail_credits(done: Cleaned, linked: Collection[str]) -> None:
    """Credits, promises and short notes at the end, from the last line upwards."""
    for _ in range(_TAIL + 2):
        if len(done.paragraphs) < 2:
            break
        for i in range(len(done.paragraphs) - 1, max(len(done.paragraphs) - _TAIL, 1) - 1, -1):
            line = done.paragraphs[i]
            rule = _tail_rule(line, is_last=i == len(done.paragraphs) - 1, is_linked=line in linked)
            if rule:
                done.take(rule, done.paragraphs.pop(i))
                break
        else:
            break
    _cut_promise(done)


def _tail_rule(line: str, *, is_last: bool, is_linked: bool) -> str | None:
    """The rule by which a line at the tail is furniture."""
    if len(line) < 2 * _SHORT:
        credit = _CREDIT.match(line)
        if _IMPRINT.match(line) or (credit and (is_linked or _is_named(line) or _is_short_label(line))):
            return "credit-line"
    if _is_promise(line):
        return "stay-tuned"
    if is_last and _AGENCY.fullmatch(line):
        return "credit-line"
    if is_last and is_placeholder(line):
        return "byline-placeholder"
    return None


def _is_promise(line: str) -> bool:
    """Whether a line promises to tell more, and nobody is named who said so."""
    return len(line) < _SHORT and bool(_PROMISE.fullmatch(line.lstrip("(*_[ "))) and not is_told(line)


def _is_short_label(line: str) -> bool:
    """Whether a line is short and no sentence."""
    return len(line) < 80 and not is_finished(line)


def _cut_promise(done: Cleaned) -> None:
    """A last sentence that promises more, behind others in its paragraph."""
    if not done.paragraphs:
        return
    sentences = re.split(r"(?<=[.!?…])\s+(?=\S)", done.paragraphs[-1])
    while len(sentences) > 1 and _is_promise(sentences[-1]):
        done.take("stay-tuned", sentences.pop())
    done.paragraphs[-1] = " ".join(sentences)


def _drop_repeats(done: Cleaned, repeated: Collection[str]) -> None:
    """A line given before: a pull quote, a standfirst, a caption set twice; and each that the page has three times or more."""
    if again := find_repeats(done.paragraphs, repeated):
        _drop_places(done, "repeated-line", again)

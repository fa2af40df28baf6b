"""What a sentence is about: its terms, and the names and numbers in it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from operator import itemgetter
from typing import NamedTuple
from zlib import crc32

from pipeline.digest.quantities import plain_number
from pipeline.text.sentences import find_sentences

_TOKEN = re.compile(r"\d++(?:[.,:]\d++)*+|[^\W\d_]++(?:['’-][^\W\d_]++)*+")
_SCRIPTIO_CONTINUA = re.compile(r"[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")

# The commonest words of the languages that most sources write in; elsewhere rarity alone decides what a word weighs.
_STOP_WORDS = """
    a about after again against all also am an and any are as at be because been before being between both but by
    can could did do does doing down during each few for from further had has have having he her here him his how i if
    in into is it its itself just like made make many may me might more most much must my new no nor not now of off on
    one only or other our out over own said same say says she should since so some such than that the their them then
    there these they this those through to told too under until up upon very was we were what when where which while
    who whom why will with would you your
    already although among another around become becomes came come comes do else even ever every get got has having
    however instead itself later least less meanwhile might mr mrs ms dr much need never none onto per perhaps quite rather
    really several shall simply still though thus together toward towards use used via well went whether within without yet
    aber als am an auch auf aus bei bin bis da damit dann das dass dem den denn der des die dies diese dieser doch du
    durch ein eine einem einen einer eines er es für gegen habe haben hat hatte ich ihr ihre im in ist ja kann kein
    keine man mehr mit nach nicht noch nun nur ob oder ohne sagte sehr sei sein seine sich sie sind so über um und uns
    unter vom von vor war waren was wenn wer werden wie will wir wird wo wurde wurden zu zum zur
    allerdings also alle allen aller alles ab außerdem bereits beim davon dazu derzeit dies diesem diesen dieses dort etwa
    gab geben gibt hatten hier hin ihm ihn ihnen ihrem ihren ihrer immer indem ins je jede jeder jedoch jetzt können
    konnte konnten mehrere müssen muss nachdem neben seit seinem seinen seiner selbst sollen sollte sowie während weil
    weiter weitere weiteren welche wieder wollen worden würde würden zudem zwar zwischen
    ce ces dans de des du elle en est et il la le les leur mais ne nous ou par pas plus pour qu que qui sa se ses son
    sont sur un une con del el en es la las los más no para pero por que se su un una y di e il la che per non
"""
_STOP = frozenset(_STOP_WORDS.split())
_MOST_WORDS_KEPT = 500_000
# Ways to write one sound in Latin letters; and "Zelensky", "Zelenskyy", "Zelenskiy".
_SOUNDS = (("kh", "k"), ("gh", "g"), ("dh", "d"), ("ph", "f"), ("q", "k"), ("ou", "u"))
_ENDS_IN_Y = re.compile(r"(?:[iy]y|ij|yj|y)$")
_DOUBLED = re.compile(r"([a-z])\1")
_SUFFIXES = ("'s", "’s", "ing", "ies", "ed", "es", "s")


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of an article version.

    Attributes:
        start, end: Span in the version's text, in code points.
        text: `text[start:end]`.
        index: Place in the article, from 0.
        terms: Hashes of its word stems, stop words left out, each once, sorted.
        frame: The same without the numbers.
        names: Capitalised words inside it, case-folded.
        opening: Its first word, case-folded, when capitalised: a name only if it is one elsewhere; else "".
        numbers: Numbers inside it, in plain digits.
        anchor_terms: Terms of its names and numbers.
        word_count: Words and numbers (for scripts without spaces: half the characters).
    """

    start: int
    end: int
    text: str
    index: int
    terms: tuple[int, ...]
    frame: frozenset[int]
    names: frozenset[str]
    opening: str
    numbers: frozenset[str]
    anchor_terms: frozenset[int]
    word_count: int

    @property
    def anchors(self) -> frozenset[str]:
        """The names and numbers that pin it to this world rather than any other."""
        return self.names | self.numbers


class _Word(NamedTuple):
    """What is known of a word by itself: its term (0 for a stop word), its number and its name ("" for none), and its term again
    where it has one of these.
    """

    term: int
    number: str
    name: str
    anchor: int


class _Words(dict[str, _Word]):
    """Every word met, read once; emptied when it has grown to some 100 MB."""

    def __missing__(self, token: str) -> _Word:
        if len(self) >= _MOST_WORDS_KEPT:
            self.clear()
        number = plain_number(token)
        # A hash, so that terms need no dictionary shared between runs.
        stem = number or sound_name(_stem(token.casefold()))
        name = sound_name(_fold(token)) if stem and token[0].isupper() and not number else ""
        term = crc32(stem.encode("utf-8", "surrogatepass")) if stem else 0
        word = self[token] = _Word(term, number, name, term if name or number else 0)
        return word


_WORDS = _Words()
_NO_WORD = _Word(0, "", "", 0)
_TERM, _ANCHOR = itemgetter(0), itemgetter(3)
_STOPPED = frozenset({0})


def sound_name(word: str) -> str:
    """A case-folded word as it sounds, so that a name meets itself in another transcription.

    Words of four letters and fewer stay as they are, and so do vowels, which tell most names apart.

    Example:
        >>> {sound_name(word) for word in ("gaddafi", "qadhafi", "gadhafi", "kadhafi", "qaddafi")}
        {'kadafi'}
        >>> {sound_name(word) for word in ("zelensky", "zelenskyy", "zelenskiy")}
        {'zelenski'}
    """
    if len(word) < 5 or not word.isascii():
        return word
    if word[0] in "gq" and word[-1] in "aeiou":
        word = "k" + word[1:]
    for spelt, sounded in _SOUNDS:
        if spelt in word:
            word = word.replace(spelt, sounded)
    return _DOUBLED.sub(r"\1", _ENDS_IN_Y.sub("i", word) if word[-1] in "yj" else word)


def _stem(word: str) -> str:
    """A case-folded word without its commonest endings; "" for a stop word or a single letter."""
    if word in _STOP or (len(word) < 2 and not _SCRIPTIO_CONTINUA.match(word)):
        return ""
    for suffix in _SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= 3:
            return word.removesuffix(suffix)
    return word


def read_sentence(text: str, start: int, end: int, index: int) -> Sentence:
    """Read one sentence of a text."""
    sentence = text[start:end]
    tokens = _TOKEN.findall(sentence)
    if not sentence.isascii() and _SCRIPTIO_CONTINUA.search(sentence):
        tokens = [gram for token in tokens for gram in _grams(token)]
    words = [*map(_WORDS.__getitem__, tokens)]
    first = words[0] if words else _NO_WORD
    terms = set(map(_TERM, words))
    terms.discard(0)
    anchors = [*filter(_ANCHOR, words)]  # few: names and numbers
    figures = frozenset([word.number for word in anchors if word.number])
    frame = {word.term for word in words if not word.number} - _STOPPED if figures else terms
    inside = anchors[1:] if first.anchor else anchors
    return Sentence(
        start,
        end,
        sentence,
        index,
        tuple(sorted(terms)),
        frozenset(frame),
        frozenset([word.name for word in inside if word.name]),
        first.name,
        figures,
        frozenset(map(_ANCHOR, inside)),
        len(tokens),
    )


@lru_cache(maxsize=4_000)
def read_sentences(text: str, language: str | None) -> tuple[Sentence, ...]:
    """Read all sentences of a text, in order. Remembered, since a story's earlier articles are read again each day."""
    spans = find_sentences(text, language)
    return tuple(read_sentence(text, span.start, span.end, i) for i, span in enumerate(spans))


def read_line(text: str) -> Sentence:
    """Read a published line as one sentence, whatever full stops it holds."""
    sentences = read_sentences(text, None)
    if len(sentences) == 1:
        return sentences[0]
    return replace(
        sentences[0],
        end=len(text),
        text=text,
        terms=tuple(sorted({t for s in sentences for t in s.terms})),
        frame=frozenset().union(*(s.frame for s in sentences)),
        names=frozenset().union(*(s.names for s in sentences)),
        numbers=frozenset().union(*(s.numbers for s in sentences)),
        anchor_terms=frozenset().union(*(s.anchor_terms for s in sentences)),
        word_count=sum(s.word_count for s in sentences),
    )


@lru_cache(maxsize=4_000)
def article_anchors(text: str, language: str | None) -> tuple[frozenset[str], frozenset[str]]:
    """The names of a text, and all its anchors: names, numbers and capitalised first words."""
    sentences = read_sentences(text, language)
    names = frozenset().union(*(s.names for s in sentences))
    openings = frozenset(s.opening for s in sentences if s.opening)
    return names, frozenset(names | openings).union(*(s.numbers for s in sentences))


def _grams(token: str) -> list[str]:
    """A word of a script without spaces as its overlapping pairs of characters; other words as they are."""
    if len(token) < 3 or not _SCRIPTIO_CONTINUA.match(token):
        return [token]
    return [token[i : i + 2] for i in range(len(token) - 1)]


def _fold(name: str) -> str:
    """A name without case and genitive."""
    folded = name.casefold()
    return folded[:-2] if folded.endswith(("'s", "’s")) else folded

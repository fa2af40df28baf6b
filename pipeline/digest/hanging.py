"""What a sentence hangs on: a subject that it takes for told, "the trial", "the two men", "la empresa"."""

from __future__ import annotations

import re

from pipeline.digest.evidence import Article
from pipeline.digest.features import Sentence, read_sentence
from pipeline.digest.leads import find_lead
from pipeline.digest.names import GENERIC_NAMES


def _by_language(**words: str) -> dict[str, frozenset[str]]:
    return {language: frozenset(each.split()) for language, each in words.items()}


# Function words alone. Where nouns have capitals (German) a noun cannot be told from a name; Slavic and Turkic languages, Chinese
# and Japanese have no article; the Scandinavian one is an ending.
_THE = _by_language(
    en="the", fr="le la les", es="el la los las", it="il lo la i gli le", pt="o a os as", nl="de het", ca="el la els les", ro="cel cea"
)  # fmt: skip
# Behind these it is said which one is meant: by a thing that is not itself taken for told, or by a clause.
_OF = _by_language(
    en="of for", fr="de d des", es="de", it="di d", pt="de", nl="van voor", ca="de d", ro="de"
)  # fmt: skip
_WHICH = _by_language(
    en="who that whose where", fr="qui que dont où", es="que quien cuyo donde", it="che cui", pt="que quem cujo onde",
    nl="die dat wie waar", ca="que", ro="care",
)  # fmt: skip
# Where the subject ends.
_FINITE = _by_language(
    en="is are was were has have had will would can could may might must shall should do does did said says",
    fr="est sont était étaient a ont avait avaient sera seront fut peut peuvent doit doivent",
    es="es son era eran fue fueron ha han había habían será serán está están puede pueden debe deben",
    it="è sono era erano ha hanno aveva avevano sarà saranno può possono deve devono",
    pt="é são era eram foi foram tem têm está estão será serão pode podem deve devem",
    nl="is zijn was waren heeft hebben had hadden wordt worden werd werden zal zullen kan kunnen moet moeten",
    ca="és són era eren ha han havia serà pot deu", ro="este sunt era erau a au va vor poate trebuie",
)  # fmt: skip
# A subject of more words than this is told by them.
_MOST_WORDS = 8
_HEAD_WORDS = 3
_MOST_CHARS = 120
# "In a statement, the firm …", "Writing on its page, the firm …", "When it fell, the house …"
_OPENING = re.compile(
    r"(?:In|On|At|By|With|During|Under|From|For|After|Before|When|While|As|Since|Despite|According|Asked|[A-Z][a-z]+ing)\s"
    r"[^,.;:“”\"]{1,100},\s(?=the\s)"
)
_WORD_OR_STOP = re.compile(r"[^\W_]++(?:[.-][^\W_]++)*+|[,;:(\[“\"«—–]")


def find_bare_subject(sentence: Sentence, language: str | None) -> frozenset[int] | None:
    """The terms of what a sentence begins with, where it takes that for told: a definite article, no name and no figure behind it.

    Returns:
        None where it names its subject, says which is meant, or its language has no such article.
    Example:
        >>> from pipeline.digest.features import read_sentences
        >>> [
        ...     find_bare_subject(read_sentences(text, "en")[0], "en") is not None
        ...     for text in ("The trial goes on.", "The trial of Ida Holm goes on.", "The price of oil rose.", "Oil rose.")
        ... ]
        [True, False, False, False]
    """
    the = _THE.get(language or "")
    if the is None:
        return None
    assert language is not None
    begin = 0
    if sentence.text.split(" ", 1)[0].casefold() not in the:
        opening = _OPENING.match(sentence.text) if language == "en" else None
        if opening is None:
            return None
        begin = opening.end()
    words = _WORD_OR_STOP.finditer(sentence.text, begin, begin + _MOST_CHARS)
    first = next(words, None)
    if first is None or first[0].casefold() not in the:
        return None
    head_end, head, is_head = first.end(), 0, True
    before = ""
    for count, match in enumerate(words):
        word = match[0]
        folded = word.casefold()
        if count >= _MOST_WORDS or word in ";:—–" or (count and folded in _FINITE[language]):
            break
        if word[0].isdigit() or (word[0].isupper() and folded not in GENERIC_NAMES):
            return None
        if before != "," and folded in _WHICH[language]:
            return None
        if before in _OF[language] and folded not in the:
            return None
        if is_head and (folded in _OF[language] or not word[0].isalpha() or head == _HEAD_WORDS):
            is_head = False
        if is_head:
            head_end, head = match.end(), head + 1
        before = folded
    return frozenset(read_sentence(sentence.text, first.end(), head_end, sentence.index).terms)


def what_hangs(article: Article, sentence: Sentence) -> frozenset[int] | None:
    """The same for a sentence of an article; what opens the news tells its subject, and so does a sentence with the one before."""
    is_joined = sentence.start < article.sentences[sentence.index].start
    if is_joined or sentence.index == find_lead(article):
        return None
    return find_bare_subject(sentence, article.language)

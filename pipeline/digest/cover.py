"""Choose lines for what each adds to those chosen before: names, numbers and words not told yet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse

from pipeline.digest.candidates import is_furniture
from pipeline.digest.claims import shares_ground
from pipeline.digest.evidence import Article, Candidate
from pipeline.digest.features import Sentence, sound_name
from pipeline.digest.inputs import Thresholds
from pipeline.digest.leads import find_lead, is_lead, is_other_news, opens_twice, title_terms
from pipeline.digest.names import GENERIC_NAMES
from pipeline.digest.quantities import find_quantities
from pipeline.digest.reading import join_before
from pipeline.digest.settling import stands_on
from pipeline.digest.speech import Somebody, find_somebody, find_speakers
from pipeline.digest.standing import FILLER, LEANING, is_filler
from pipeline.digest.vectors import Floats, Integers, product, weighted_sums

# A name or a number adds so many times what a plain word adds.
_ANCHOR = 2.5
# Each further line from the same article weighs less, so that other articles are heard.
_SAME_ARTICLE = 0.75
# One article alone gives two lines; two more where each adds so many names or figures.
LONE_LINES = 2
LONE_LINES_AT_MOST = 4
_LONE_ADDS = 2
_LEADS_SHARE = 2
# An opening that has so many times as much of the titles comes before the line that would be first.
_TITLED_MORE = 1.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """The candidates of a story's day, as they compete.

    Attributes:
        rows: Their unit rows.
        terms: The term of each column.
        scores: What each weighs by itself; 0 puts it out.
        near: For each the day's rows that are too like it.
        is_lone: Whether one article is all there is.
    """

    candidates: Sequence[Candidate]
    rows: sparse.csr_array
    terms: Integers
    scores: Floats
    near: Sequence[Sequence[tuple[int, float]]]
    is_lone: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Picked:
    """The places of the chosen, best first; and those that one of them made needless.

    Attributes:
        too_like: By place the chosen that says as much, and how near it is.
        same_speaker: Those in which somebody says again what a chosen line lets him say.
        untold: Those whose subject no line has told, and that cannot stand with the sentence before.
    """

    places: list[int]
    too_like: Mapping[int, tuple[int, float]]
    same_speaker: frozenset[int]
    untold: frozenset[int]


def pick_lines(field: Field, most: int, thresholds: Thresholds) -> Picked:
    """Pick greedily, best first, leaving out what a picked line says already."""
    candidates, scores = field.candidates, np.round(field.scores, 9)
    weights = scores.copy()
    _, articles = np.unique([c.article.article_id for c in candidates], return_inverse=True)
    place = {c.row: i for i, c in enumerate(candidates)}
    worth = _worth(field)
    total = np.maximum(np.asarray(worth.sum(axis=1)).ravel(), 1e-12)
    told = np.zeros(worth.shape[1])
    chosen: dict[int, _Told] = {}
    put_out: dict[int, tuple[int, float]] = {}
    repeating: set[int] = set()
    filler: set[int] = set()
    page: set[int] = set()
    asked: set[int] = set()
    waiting: dict[int, float] = {}

    def too_like(j: int, likeness: float, i: int) -> bool:
        """Whether a candidate says what another says: names alone, which all of a story share, do not make it so."""
        if likeness >= thresholds.surely_redundant:
            return True
        one, other = candidates[j], candidates[i]
        if likeness < thresholds.redundancy and not _are_leads_of_one_event(one, other):
            return False
        return shares_ground(one.sentence, other.sentence, one.article.language) and not is_other_news(one, other)

    floor = 0.0
    most = min(most, LONE_LINES_AT_MOST) if field.is_lone else most
    while len(chosen) < most:
        values = np.round(weights * np.clip(1 - weighted_sums(worth, told) / total, 0, 1), 9)
        i = int(np.argmax(values))
        if values[i] <= 0 or scores[i] < floor:
            break
        if i not in filler and is_filler(candidates[i].sentence.text):  # asked late, as furniture is
            filler.add(i)
            weights[i] *= FILLER
            scores[i] *= FILLER
            continue
        if i not in asked and not stands_on(page or title_terms(candidates[i].article), candidates[i]):
            asked.add(i)
            if join_before(candidates[i].article, candidates[i].sentence) is None:
                waiting[i] = float(weights[i])
            weights[i] *= 0.0 if i in waiting else LEANING
            continue
        weights[i] = 0.0
        line = _Told.read(candidates[i])
        if any(line.only_repeats(other) for other in chosen.values()):
            repeating.add(i)
            continue
        if field.is_lone and len(chosen) >= LONE_LINES and line.count_added(chosen.values()) < _LONE_ADDS:
            continue
        if is_furniture(candidates[i].sentence.text):  # asked last: it costs as much as all the rest
            continue
        chosen = _with(chosen, i, line)
        floor = floor or thresholds.min_score_share * float(scores[i])
        told[field.rows.indices[field.rows.indptr[i] : field.rows.indptr[i + 1]]] = 1.0
        page |= set(candidates[i].sentence.terms) | (set() if page else title_terms(candidates[i].article))
        for hanging in [hanging for hanging in waiting if stands_on(page, candidates[hanging])]:
            weights[hanging] = waiting.pop(hanging)
        for row, value in field.near[i]:
            if (j := place.get(row)) is not None and (weights[j] > 0 or j in waiting) and too_like(j, value, i):
                weights[j] = 0.0
                waiting.pop(j, None)
                put_out[j] = (i, value)
        for j in np.flatnonzero((articles == articles[i]) & (weights > 0)).tolist():
            if opens_twice(candidates[i], candidates[j]):
                weights[j] = 0.0
                put_out[j] = (i, product(field.rows, i, j))
        weights[articles == articles[i]] *= _SAME_ARTICLE
    return Picked(
        places=list(chosen),
        too_like=put_out,
        same_speaker=frozenset(repeating),
        untold=frozenset(waiting),
    )


def find_main_fact(
    candidates: Sequence[Candidate],
    said: Sequence[tuple[Article, Sentence]],
    near: Sequence[Sequence[tuple[int, float]]],
    scores: Floats,
    least: float,
) -> list[int]:
    """Which candidates tell the fact that most origins tell, what tells it best first; empty where no two tell the same.

    Articles that open with one event tell one fact, whatever their words. What none of them opens with is a detail, however many
    have it.

    Args:
        near: For each candidate the day's rows that are like it, down to what openings of one event may be.
        least: Likeness at which two other sentences tell one fact.
    """
    articles = {article.article_id: article for article, _ in said}
    leads = {article_id: find_lead(article) for article_id, article in articles.items()}
    opens = [sentence.index == leads[article.article_id] for article, sentence in said]
    best, main, told = (1, False, 0.0), -1, set[int]()
    for i, candidate in enumerate(candidates):
        if scores[i] <= 0:
            continue
        row = candidate.row
        rows = {
            other
            for other, value in near[i]
            if value >= least or (opens[row] and opens[other] and _share_names(candidate.sentence, said[other][1]))
        }
        origins = {said[other][0].origin for other in rows} | {candidate.article.origin}
        weight = (len(origins), opens[row], float(scores[i]))
        if len(origins) > 1 and weight > best and any(opens[other] for other in (row, *rows)):
            best, main, told = weight, i, rows
    if main < 0:
        return []
    return [
        main,
        *(i for i, candidate in enumerate(candidates) if i != main and candidate.row in told and scores[i] > 0),
    ]


def _are_leads_of_one_event(one: Candidate, other: Candidate) -> bool:
    """Whether two sentences open their articles on one event: they share two names. At worst that is its second telling."""
    return is_lead(one) and is_lead(other) and _share_names(one.sentence, other.sentence)


def _share_names(one: Sentence, other: Sentence) -> bool:
    names = (one.names | {one.opening}) & (other.names | {other.opening})
    return len(names - GENERIC_NAMES - {""}) >= _LEADS_SHARE


def put_first(picked: Sequence[int], main: Sequence[int], field: Field, most: int, least: float) -> list[int]:
    """The chosen with a line in front that tells the main fact: one of them, else the weightiest there is.

    Where there is no main fact, the weightiest that opens its article's news.
    """
    if not main:
        lead = _find_opening(picked, field, least)
        rest = [i for i in picked if i != lead]
        return _titled_first(rest if lead is None else [lead, *rest][:most], field)
    rows = {field.candidates[j].row for j in main}
    near_main = {i for i in picked if any(row in rows and value >= least for row, value in field.near[i])}
    first = next((i for i in main if i in picked), next((i for i in picked if i in near_main), None))
    if first is None:
        fit = [i for i in main if not is_furniture(field.candidates[i].sentence.text)]
        if not fit:
            return list(picked)
        first = max(fit, key=lambda i: (round(float(field.scores[i]), 9), -i))
        picked = [i for i in picked if not opens_twice(field.candidates[i], field.candidates[first])]
    return _titled_first([first, *(i for i in picked if i != first)][:most], field)


def _find_opening(picked: Sequence[int], field: Field, least: float) -> int | None:
    """The weightiest lead, chosen or not; where it was not because a chosen line says as much, that line."""
    chosen = next((i for i in picked if is_lead(field.candidates[i])), None)
    if chosen is not None or not picked:
        return chosen
    leads = [i for i, c in enumerate(field.candidates) if field.scores[i] > 0 and is_lead(c)]
    fit = [i for i in leads if not is_furniture(field.candidates[i].sentence.text)]
    if not fit:
        return None
    best = max(fit, key=lambda i: (round(float(field.scores[i]), 9), -i))
    near = {row for row, value in field.near[best] if value >= least}
    return next(
        (
            i
            for i in picked
            if field.candidates[i].row in near or opens_twice(field.candidates[i], field.candidates[best])
        ),
        best,
    )


def _titled_first(picked: list[int], field: Field) -> list[int]:
    """The chosen, in front the one of those that open an article which has more by far of what the day's titles say.

    A word counts for each title that has it, and where there are several titles only if two have it.
    """
    titles = {c.article.article_id: title_terms(c.article) for c in field.candidates}
    counts = Counter(term for terms in titles.values() for term in terms)
    least = 1 if sum(map(bool, titles.values())) == 1 else 2
    counts = Counter({term: n for term, n in counts.items() if n >= least})
    told = {i: sum(counts[term] for term in field.candidates[i].sentence.terms if term in counts) for i in picked}
    best = max((i for i in picked if is_lead(field.candidates[i])), key=lambda i: told[i], default=None)
    if best is None or told[best] <= _TITLED_MORE * told[picked[0]]:
        return picked
    return [best, *(i for i in picked if i != best)]


@dataclass(frozen=True)
class _Part:
    """Of one sentence whose words it reports, and which names and figures it tells.

    "An official" whom the article names is that name, and the words for him tell nothing.
    """

    sentence: Sentence
    language: str | None
    somebody: Somebody | None

    @cached_property
    def speakers(self) -> frozenset[str]:
        """Who speaks."""
        return find_speakers(self.sentence.text) | ({self.somebody.name} if self.somebody else frozenset())

    @cached_property
    def specifics(self) -> frozenset[str]:
        """Names and figures."""
        described = {sound_name(word.casefold()) for word in self.somebody.words.split()} if self.somebody else set()
        figures = {quantity.number for quantity in find_quantities(self.sentence.text, self.language)}
        return frozenset((self.sentence.names - GENERIC_NAMES - described) | figures)


@dataclass(frozen=True, slots=True)
class _Told:
    """What a line tells: its own sentence, and the one before where it stands with that."""

    parts: tuple[_Part, ...]

    @classmethod
    def read(cls, candidate: Candidate) -> _Told:
        """Read a candidate."""
        article, index = candidate.article, candidate.sentence.index
        sentences = article.sentences[index - 1 : index + 1] if candidate.is_joined else (candidate.sentence,)
        return cls(tuple(_Part(s, article.language, find_somebody(s.text, article.text)) for s in sentences))

    def only_repeats(self, other: _Told) -> bool:
        """Whether a part of it lets somebody speak whom the other lets speak, and names nothing besides."""
        return any(
            part.speakers & theirs.speakers and part.specifics <= theirs.specifics | theirs.speakers
            for part in self.parts
            for theirs in other.parts
        )

    def count_added(self, others: Iterable[_Told]) -> int:
        """How many names and figures it has that the others have not."""
        return len(self.specifics.difference(*(other.specifics for other in others)))

    @property
    def specifics(self) -> frozenset[str]:
        """All its names and figures."""
        return frozenset().union(*(part.specifics for part in self.parts))


def _with(chosen: dict[int, _Told], i: int, line: _Told) -> dict[int, _Told]:
    """The chosen with one more; in the place of those that only repeat it, where there are any."""
    repeated = [j for j, other in chosen.items() if other.only_repeats(line)]
    if not repeated:
        return {**chosen, i: line}
    first = repeated[0]
    return {
        i if j == first else j: line if j == first else other for j, other in chosen.items() if j not in repeated[1:]
    }


def _worth(field: Field) -> sparse.csr_array:
    """What each term of each candidate is worth: its share of the row's length, names and numbers more."""
    anchors = {term for c in field.candidates for term in c.sentence.anchor_terms}
    boost = np.where(np.isin(field.terms, np.fromiter(anchors, dtype=np.int64, count=len(anchors))), _ANCHOR, 1.0)
    rows = field.rows
    return sparse.csr_array((rows.data**2 * boost[rows.indices], rows.indices, rows.indptr), shape=rows.shape)

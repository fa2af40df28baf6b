"""Why a sentence of a day's articles is no line of its digest."""

from __future__ import annotations

from datetime import date

import duckdb

from pipeline.digest.features import read_sentences
from pipeline.errors import UsageError
from pipeline.explain.digest_trace import (
    DayTrace,
    Named,
    outcome_facts,
    score_text,
    source_of,
    trace_day,
)
from pipeline.explain.layout import count, labelled, paragraph, quoted, short_id, title_of
from pipeline.explain.rows import Facts, records
from pipeline.settings import Settings
from pipeline.store.warehouse import Warehouse

_MOST_SHOWN = 10
_HOLDING = r"""
SELECT article_id, version, publisher, title, language, text, duplicate_of, day,
       CAST(version_window_start AS DATE) AS version_day
FROM article_versions
WHERE (day = $day OR CAST(version_window_start AS DATE) = $day)
    AND contains(lower(regexp_replace(text, '\s+', ' ', 'g')), $words)
ORDER BY day, article_id, version
"""


def explain_sentence(warehouse: Warehouse, settings: Settings, words: str, day: date) -> tuple[Facts, list[str]]:
    """Find a sentence by its words in a day's articles, and tell why it is no line, or which line it is.

    Args:
        words: Words in a row, letter case and line breaks aside.
        day: The day whose articles hold it; its digest is built again for the reasons.
    Returns:
        The facts, and the same as lines of text.
    Raises:
        UsageError: no article of the day holds these words.
    """
    wanted = " ".join(words.lower().split())
    with warehouse.latest().connect(views=["article_versions"]) as connection:
        articles = records(connection, _HOLDING, day=day, words=wanted) if wanted else []
        if not articles:
            raise UsageError(
                f"no article of {day} holds the words {words!r}; `daybook sql` searches all days: FROM search('…')"
            )
        decided = trace_day(warehouse, settings, day)
        found = [fact for article in articles for fact in _of_article(connection, article, wanted, decided)]
    if not found:
        raise UsageError(f"no single sentence of {day} holds all of {words!r}; give fewer words")
    facts: Facts = {
        "day": day,
        "words": words,
        "build_id": decided.build["build_id"] if decided else None,
        "caveat": decided.caveat if decided else f"{day} has no digest yet",
        "sentences": found,
    }
    return facts, _text(facts)


def _of_article(
    connection: duckdb.DuckDBPyConnection, article: Facts, wanted: str, decided: DayTrace | None
) -> list[Facts]:
    """What became of the sentences of one article version that hold the words."""
    about = {name: article[name] for name in ("article_id", "version", "publisher", "title", "duplicate_of")}
    of_it = (
        [d for d in decided.decisions if d.span[:2] == (article["article_id"], article["version"])] if decided else []
    )
    names = Named.of(decided.inputs) if decided else None
    found: list[Facts] = []
    for sentence in read_sentences(article["text"], article["language"]):
        if wanted not in " ".join(sentence.text.lower().split()):
            continue
        decision = next((d for d in of_it if sentence.start <= d.start and d.end <= sentence.end), None)
        if decision and names:
            found.append({**about, **outcome_facts(decision, names)})
            continue
        outcome, means = _why_unknown(article, decided)
        found.append(
            {**about, "text": sentence.text, "outcome": outcome, "means": means, "detail": None, "score": None}
        )
    for fact in found:
        fact["cited_by"] = _cited_by(connection, article, fact, decided)
    return found


def _why_unknown(article: Facts, decided: DayTrace | None) -> tuple[str, str]:
    """Why the build never looked at an article version."""
    if decided is None:
        return "no-digest", "the day has no digest yet"
    if article["duplicate_of"]:
        return "copy", f"its article is a copy of {short_id(article['duplicate_of'])}, which speaks for it"
    if article["article_id"] in decided.inputs.placings["article_id"].to_pylist():
        return "other-version", "another version of its article was the newest of the day, or the change was no edit"
    return (
        "not-placed",
        "its article stands in no story of that day: it came too late for it, or its story had nothing new",
    )


def _cited_by(
    connection: duckdb.DuckDBPyConnection, article: Facts, fact: Facts, decided: DayTrace | None
) -> list[Facts]:
    """The lines of the day's build that cite the sentence."""
    if decided is None or "char_start" not in fact:
        return []
    return records(
        connection,
        """
        SELECT g.rank AS story_rank, d.rank AS line_rank, d.development_id, d.text, c.role
        FROM citations c JOIN developments d USING (build_id, development_id)
        JOIN digests g ON g.build_id = d.build_id AND g.story_id = d.story_id
        WHERE c.build_id = $build AND c.article_id = $id AND c.version = $version AND c.char_start = $start
        ORDER BY g.rank, d.rank
        """,
        build=decided.build["build_id"],
        id=article["article_id"],
        version=article["version"],
        start=fact["char_start"],
    )


def _text(facts: Facts) -> list[str]:
    """The sentences as a page, line by line."""
    shown = facts["sentences"][:_MOST_SHOWN]
    lines = paragraph(facts["caveat"], indent=0) if facts["caveat"] else []
    for s in shown:
        lines += ([""] if lines else []) + paragraph(quoted(s["text"], 400), indent=0, hang=1)
        lines += labelled("article", title_of(s), label=14)
        lines += labelled("outcome", f"{s['means']}{': ' + s['detail'] if s['detail'] else ''}", label=14)
        if s.get("rival"):
            lines += labelled("instead", f"{source_of(s['rival'])}: {quoted(s['rival']['text'])}", label=14)
        if s.get("earlier"):
            near = s["earlier"]
            lines += labelled(
                "held against", f"{near['similarity']:.2f}, {source_of(near)}: {quoted(near['text'])}", label=14
            )
        if s["score"] is not None:
            lines += labelled("score", score_text(s), label=14)
        for c in s["cited_by"]:
            place = f"{facts['day']}/{c['story_rank']}.{c['line_rank']}"
            lines += labelled("cited by", f"line {place} [{short_id(c['development_id'])}], {c['role']}", label=14)
    if len(shown) < len(facts["sentences"]):
        lines += ["", f"and {count(len(facts['sentences']) - len(shown), 'more sentence')}; give more words"]
    return lines

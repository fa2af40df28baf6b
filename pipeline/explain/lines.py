"""One line of a digest: its proof, how it came to its place, and what it won against."""

from __future__ import annotations

import re
from datetime import date

import duckdb

from pipeline.builds.current import builds_of, current_build
from pipeline.digest.event_dates import date_sentence
from pipeline.errors import UsageError
from pipeline.explain.digest_trace import (
    DayTrace,
    Named,
    outcome_facts,
    score_text,
    source_of,
    trace_day,
)
from pipeline.explain.layout import count, format_time, labelled, paragraph, quoted, section, short_id, title_of
from pipeline.explain.rows import Facts, find_one, records
from pipeline.settings import Settings
from pipeline.store.snapshot import Snapshot
from pipeline.store.warehouse import Warehouse
from pipeline.windows import parse_day

_PLACE = re.compile(r"(\d{4}-\d{2}-\d{2})/(\d+)\.(\d+)")
_DATED = {
    "relative": "counted back from publication, by a word such as yesterday",
    "weekday": "the weekday that it names, counted back from publication",
    "edited": "the weekday that it names, counted back from the edit",
    "explicit": "written out in the sentence",
}

_LINES = """
SELECT d.*, b.status AS build_status, b.built_at, g.rank AS story_rank, g.headline
FROM developments d JOIN digest_builds b USING (build_id)
JOIN digests g ON g.build_id = d.build_id AND g.story_id = d.story_id
"""
_CITATIONS = """
SELECT c.n, c.role, c.article_id, c.version, c.char_start, c.char_end, c.quote, a.publisher, a.title, a.url, a.published_at,
       (SELECT max(v.version_window_start)::DATE FROM article_versions v
        WHERE v.article_id = c.article_id AND v.version <= c.version AND v.cause = 'edit') AS edited_date
FROM citations c JOIN article_versions a USING (article_id, version)
WHERE c.build_id = $build AND c.development_id = $id ORDER BY c.n
"""
_CORRECTIONS = """
SELECT digest_date, development_id, article_id, to_version, cause, old_quote, new_text, noticed_at, day
FROM corrections WHERE (development_id = $id AND build_id = $build)
    OR ($is_corrected AND article_id = $article AND to_version = $version AND new_text = $text)
ORDER BY noticed_at, digest_date
"""
_ARTICLES = (
    "SELECT article_id, publisher, title, url FROM articles WHERE list_contains($ids, article_id) ORDER BY article_id"
)


def explain_line(warehouse: Warehouse, settings: Settings, key: str) -> tuple[Facts, str]:
    """One line of a digest. Its day is built again for the scores, which are not stored.

    Args:
        key: The line's id, the start of it, or its place: DATE/STORY.LINE.
    Raises:
        UsageError: no line, or more than one, answers to it.
    """
    snapshot = warehouse.latest()
    with snapshot.connect(views=["article_versions"]) as connection:
        line = _find(snapshot, connection, key)
        build, line_id = line["build_id"], line["development_id"]
        facts: Facts = {**line, "citations": records(connection, _CITATIONS, build=build, id=line_id)}
        first = facts["citations"][0]
        facts["corrections"] = records(
            connection,
            _CORRECTIONS,
            id=line_id,
            build=build,
            is_corrected=line["kind"] == "corrected",
            article=first["article_id"],
            version=first["version"],
            text=line["text"],
        )
        facts["event_date_by"] = _dated_by(line, first)
        decided = trace_day(warehouse, settings, line["digest_date"])
        facts |= _decided(decided, facts) if decided else {}
        ids = [copy.article_id for copy in decided.copies.get(line_id, [])] if decided else []
        facts["copies"] = records(connection, _ARTICLES, ids=ids)
    return facts, _text(facts)


def _dated_by(line: Facts, first: Facts) -> str | None:
    """What the line's date was found by; None where the present rules do not find it."""
    published = first["published_at"].date() if first["published_at"] else None
    found = date_sentence(line["text"], published, edited=first["edited_date"])
    if found is None or found[0] != line["event_date"]:
        return None
    is_edited = bool(published and first["edited_date"] and first["edited_date"] > published)
    return "edited" if found[1] == "weekday" and is_edited else found[1]


def _find(snapshot: Snapshot, connection: duckdb.DuckDBPyConnection, key: str) -> Facts:
    """The line that a key means, in the build that stands for its day; a superseded one only if no other has it."""
    if match := _PLACE.fullmatch(key):
        day = parse_day(match[1])
        build = _standing(snapshot, day)
        rows = records(connection, f"{_LINES} WHERE d.build_id = $build ORDER BY g.rank, d.rank", build=build or "")
        found = [row for row in rows if (row["story_rank"], row["rank"]) == (int(match[2]), int(match[3]))]
        if not found:
            last: dict[int, int] = {row["story_rank"]: row["rank"] for row in rows}
            have = ", ".join(f"{story}.1 to {story}.{line}" for story, line in last.items()) or "none"
            if build is None:
                raise UsageError(f"there is no digest of {day}; `daybook status` names the days that have one")
            raise UsageError(f"the digest of {day} has no line {match[2]}.{match[3]}; it has {have}")
        return found[0]
    rows = records(connection, f"{_LINES} WHERE starts_with(d.development_id, $key) ORDER BY b.built_at", key=key)
    by_id = {row["development_id"]: row for row in rows}
    line = find_one(list(by_id.values()) if key else [], key, "line", id_name="development_id", about="text")
    standing = _standing(snapshot, line["digest_date"])
    same = [row for row in rows if row["build_id"] == standing]
    return same[0] if same else line


def _standing(snapshot: Snapshot, day: date) -> str | None:
    """The build that stands for a day."""
    build = current_build(builds_of(snapshot, day))
    return build["build_id"] if build else None


def _decided(decided: DayTrace, line: Facts) -> Facts:
    """Score, nearest earlier sentence and beaten sentences of a line."""
    first = line["citations"][0]
    span = (first["article_id"], first["version"], first["char_start"])
    mine = [d for d in decided.decisions if d.story_id == line["story_id"]]
    names = Named.of(decided.inputs)
    own = next((outcome_facts(d, names) for d in mine if d.span == span), None)
    cited = {(c["article_id"], c["version"], c["char_start"]) for c in line["citations"]}
    beaten = [
        {**outcome_facts(d, names), "is_cited": d.span in cited}
        for d in mine
        if d.rival and (d.rival.article_id, d.rival.version, d.rival.start) == span and d.span != span
    ]
    return {"decision": own, "beaten": beaten, "caveat": decided.caveat}


def _text(facts: Facts) -> str:
    """The line as a page."""
    place = f"{facts['digest_date']}/{facts['story_rank']}.{facts['rank']}"
    lines = paragraph(quoted(facts["text"], 400), indent=0, hang=1)
    lines += paragraph(f"line {facts['development_id']}, {place}, kind {facts['kind']}", indent=0)
    story = f"{quoted(facts['headline'] or 'no headline')} [{short_id(facts['story_id'])}], number {facts['story_rank']} of the day"
    build = f"{short_id(facts['build_id'])}, {facts['build_status']}, built {format_time(facts['built_at'])} UTC"
    lines += section(
        "Where it stands",
        [*labelled("story", story), *labelled("event", short_id(facts["event_id"])), *labelled("build", build)],
    )
    lines += section("Proof", _proof(facts))
    lines += section("Why it is a line", _why(facts))
    beaten = [text for d in facts.get("beaten", []) for text in _beaten(d)]
    lines += section("What it won against", beaten)
    return "\n".join([*lines, *section("Corrections", _corrections(facts))])


def _proof(facts: Facts) -> list[str]:
    """Its citations, and the copies that carry it."""
    lines = []
    for c in facts["citations"]:
        lines += _beside(c["role"], title_of(c))
        lines += _beside(
            "",
            f"version {c['version']}, characters {c['char_start']} to {c['char_end']}, {c['url'] or 'no URL'}",
        )
        if c["quote"] != facts["text"]:
            lines += _beside("", quoted(c["quote"]))
    for copy in facts["copies"]:
        lines += _beside("carried by", f"{title_of(copy)}, a copy: coverage, no origin of its own")
    totals = (count(facts[f"{noun}_count"], noun) for noun in ("article", "publisher", "origin"))
    return lines + _beside("in all", ", ".join(totals))


def _why(facts: Facts) -> list[str]:
    """Its date, novelty, score and nearest earlier sentence."""
    own = facts.get("decision")
    dated = _DATED.get(facts["event_date_by"] or "", "as it was found when the digest was built")
    lines = _beside(
        "event date", f"{facts['event_date']}: {dated}" if facts["event_date"] else "none is said for certain"
    )
    if facts["kind"] == "corrected":
        lines += _beside("because", "an edit took the words of an earlier line away, and this is what stands there now")
        return lines + _beside("novelty", f"{facts['novelty']:.2f}, against the line that it corrects")
    lines += _beside("novelty", f"{facts['novelty']:.2f}: 1 less the similarity to what the story said before")
    if own and own["earlier"]:
        near = own["earlier"]
        lines += _beside("held against", f"{near['similarity']:.2f}, {source_of(near)}: {quoted(near['text'], 160)}")
    elif own:
        lines += _beside("held against", "nothing: the story never said a word of it")
    if own:
        lines += _beside("score", score_text(own))
    return lines + (_beside("note", facts["caveat"]) if facts.get("caveat") else [])


def _beside(name: str, text: object) -> list[str]:
    """A name and its text, the names' column wide enough for all of them here."""
    return labelled(name, text, label=14)


def _beaten(decision: Facts) -> list[str]:
    """A sentence that the line put out."""
    whose = f"{decision['publisher'] or 'unknown publisher'} [{short_id(decision['article_id'])}]"
    cited = ", cited beside it" if decision["is_cited"] else ""
    why = f"{whose}: {decision['detail'] or decision['means']}{cited}"
    return [*paragraph(quoted(decision["text"], 160)), *paragraph(why, indent=6)]


def _corrections(facts: Facts) -> list[str]:
    """What has become of it since, or what it corrects."""
    lines = []
    for c in facts["corrections"]:
        if c["development_id"] == facts["development_id"]:
            lines += paragraph(
                f"noticed {format_time(c['noticed_at'])} UTC: {c['cause']}, version {c['to_version']} of {short_id(c['article_id'])}"
            )
            lines += labelled("now says", quoted(c["new_text"]) if c["new_text"] else "nothing in its place", indent=4)
        else:
            lines += paragraph(f"it corrects a line of {c['digest_date']} [{short_id(c['development_id'])}]")
            lines += labelled("which said", quoted(c["old_quote"]), indent=4)
    return lines

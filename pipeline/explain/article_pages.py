"""The way of an article, and a refused page, as pages of text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from pipeline.digest.trace import OUTCOMES
from pipeline.explain.changes import change_text
from pipeline.explain.digest_trace import outcome_lines
from pipeline.explain.layout import count, format_time, labelled, paragraph, quoted, section, short_id, title_of
from pipeline.explain.rows import Facts
from pipeline.stories.state import mint_id

# What is told by a number of sentences: they were no candidates.
_NO_CANDIDATES = ("no-statement", "silent-article")
_CAUSES = {
    "new": "first seen",
    "edit": "the publisher changed it",
    "reextraction": "read anew, by another extractor or from the same page",
    "release": "let out of quarantine",
}


# Rules that set a date aside or mended it.
_DATE_RULES = {
    "ancient-date": "a date before the web was set aside",
    "future-date": "a date in the future was set aside",
    "crawl-clock-date": "a date that is the moment of the request was set aside",
    "date-without-zone": "read as UTC: it names no time zone",
    "constant-date": "a time that many articles of the site claim was set aside",
}


def article_page(facts: Facts) -> list[str]:
    """The way of an article, line by line; what was not decided again is left out."""
    kind = f"{facts['content_kind']}, language {facts['language'] or 'unknown'}, {facts['word_count']} words"
    lines = [facts["title"] or "(untitled)", f"article {facts['article_id']}, version {facts['version']}, {kind}"]
    lines += section("Withdrawn", _withdrawn(facts["withdrawal"]))
    lines += section("Page", _page(facts))
    lines += section("Requests", _requests(facts["requests"]))
    decided = (
        _identity(facts["identity"]) if "identity" in facts else labelled("by", facts["canonical_url"] or "its text")
    )
    lines += section("Identity", [*decided, *_other_ids(facts)])
    lines += section("Fields", _fields(facts))
    lines += section("Versions", _versions(facts["versions"]))
    lines += section("Cleaning", _cleaning(facts["cleaning"]) if "cleaning" in facts else [])
    lines += section("Copies", _copies(facts))
    lines += section("Story", _story(facts))
    lines += section("Lines in digests", _lines(facts["lines"]))
    for day in facts.get("sentences", []):
        lines += section(f"Sentences that are no line of {day['day']}", _sentences(day))
    lines += section("Corrections", _corrections(facts["corrections"]))
    return lines + section("Refused", [line for r in facts["refusals"] for line in _refusal(r)])


def _withdrawn(withdrawal: Facts | None) -> list[str]:
    """When and why an article was taken out; nothing of one that stands."""
    if withdrawal is None:
        return []
    when = f"{withdrawal['withdrawn_at']:%Y-%m-%d %H:%M} UTC"
    return [
        *labelled("when", when),
        *labelled("why", withdrawal["why"]),
        *labelled("text was", ", ".join(withdrawal["text_sha256s"])),
    ]


def refused_page(key: str, refusals: Sequence[Facts], requests: Sequence[Facts]) -> list[str]:
    """A page that became no article, line by line."""
    lines = paragraph(f"{key} is no article: it was refused", indent=0)
    for refusal in refusals:
        lines += ["", f"{refusal['day']}, by {refusal['stage']}"]
        lines += labelled("reason", f"{refusal['reason']}{': ' + refusal['detail'] if refusal['detail'] else ''}")
        lines += labelled("source", f"{refusal['source_id']}, run {refusal['run_id']}")
        if refusal["listed_title"]:
            lines += labelled("listed as", quoted(refusal["listed_title"]))
        if refusal["page_id"]:
            lines += labelled("asked", f"{refusal['requested_url'] or _file(refusal)}{_status(refusal['http_status'])}")
            lines += labelled(
                "page", f"{short_id(refusal['page_id'])}, captured {format_time(refusal['fetched_at'])} UTC"
            )
        else:
            lines += labelled("address", refusal["url"]) if refusal["url"] else []
            lines += labelled("read", _file(refusal)) if refusal["file_name"] else []
            lines += labelled("page", "none: nothing came in that could be kept")
        lines += labelled("now", _decision(refusal))
        lines += labelled("id", refusal["quarantine_id"])
    return [*lines, *section("Requests", _requests(requests))]


def _page(facts: Facts) -> list[str]:
    """Where the current version came from."""
    page = facts["versions"][-1]["page"]
    lines = labelled("source", f"{facts['source_id']}, window of {format_time(facts['version_window_start'])} UTC")
    lines += labelled("run", facts["run_id"])
    if page is None:
        return lines + labelled("page", f"{short_id(facts['page_id'])}, not kept")
    lines += labelled("asked", f"{page['requested_url'] or _file(page)}{_status(page['http_status'])}")
    if page["final_url"] != page["requested_url"]:
        lines += labelled("answered", page["final_url"])
    about = f"{short_id(page['page_id'])}, {page['bytes']} bytes of {page['content_type'] or 'unknown type'}"
    lines += labelled("page", f"{about}, captured {format_time(page['fetched_at'])} UTC")
    if page["listed_by"]:
        title = quoted(page["listed_title"]) if page["listed_title"] else "without a title"
        at = f"{format_time(page['listed_at'])} UTC" if page["listed_at"] else "no time"
        lines += labelled("listed as", f"{title}, {at}, by the {page['listed_by']}")
    return lines


def _requests(requests: Sequence[Facts]) -> list[str]:
    """Every time that its URL was asked for, or would have been."""
    lines = []
    for r in requests:
        size = f", {r['bytes']} bytes" if r["bytes"] else ""
        lines += paragraph(f"{format_time(r['requested_at'])} UTC  {r['outcome']}{_status(r['http_status'])}{size}")
    return lines


def _file(facts: Facts) -> str:
    """What stands for the address of a page from an inbox."""
    return f"the file {facts['file_name']}" if facts["file_name"] else "a file, no URL"


def _status(status: int | None) -> str:
    return f" -> HTTP {status}" if status else ""


def _identity(identity: Facts) -> list[str]:
    """Why the article stands under this URL."""
    url, canonical, declared = identity["url"], identity["canonical_url"], identity["declared_url"]
    if canonical is None:
        return labelled("by", "the hash of the text: there is no URL")
    lines = labelled("by", canonical)
    if canonical != url:
        lines += labelled("why", f"the page at {url} declares it as canonical, on the same domain")
    elif identity["declared_original_url"]:
        lines += labelled("why", "its own address: the canonical one that it declares is on another domain")
    elif declared is None:
        lines += labelled("why", "its own address: the page declares no canonical one")
    elif declared == url:
        lines += labelled("why", "its own address, which the page declares as canonical too")
    else:
        why = "a front or section page, or one that many pages declare, names no article"
        lines += labelled("why", f"its own address: it declares {declared}, but {why}")
    if identity["declared_original_url"]:
        lines += labelled(
            "original", f"declared as {identity['declared_original_url']}: evidence of a copy, no identity"
        )
    return lines


def _other_ids(facts: Facts) -> list[str]:
    """The ids that its address had before, and the one that it has now."""
    lines = []
    for change in facts["ids"]:
        reason = "another canonical" if change["why"] == "canonical" else "the page read anew"
        since = f"since {format_time(change['since'])} UTC, {reason}"
        if change["old_id"] == facts["article_id"]:
            lines += labelled("is now", f"{change['new_id']} {since}")
        else:
            lines += labelled("was", f"{change['old_id']}, until {since.removeprefix('since ')}")
    return lines


def _fields(facts: Facts) -> list[str]:
    """Each field and where it came from."""
    published = "not known"
    if facts["published_at"]:
        source, precision = facts["published_at_source"], facts["published_at_precision"]
        published = f"{format_time(facts['published_at'])} UTC, from {source}, to the {precision}"
    by = f"as its source {facts['source_id']} says" if facts["is_publisher_of_source"] else "the domain of its page"
    notes = [note for rule, note in _DATE_RULES.items() if rule in facts["cleaning_rules"]]
    published = "; ".join([published, *notes])
    lines = labelled("title", f"from {facts['title_source']}" if facts["title_source"] else "none on the page")
    lines += labelled("publisher", f"{facts['publisher']}, {by}" if facts["publisher"] else "unknown")
    lines += labelled("authors", ", ".join(facts["authors"]) or "none named")
    lines += labelled("published", published)
    if facts["modified_at"]:
        lines += labelled("modified", f"{format_time(facts['modified_at'])} UTC, says the publisher")
    lines += labelled("first seen", f"{format_time(facts['first_seen_at'])} UTC")
    evidence = "; ".join(facts["kind_evidence"] or ())
    return lines + labelled("kind", f"{facts['content_kind']}, by {evidence}" if evidence else facts["content_kind"])


def _versions(versions: Sequence[Facts]) -> list[str]:
    """Each version with its cause and what changed."""
    lines = []
    for v in versions:
        cause = _CAUSES.get(v["cause"], v["cause"])
        size = f"{v['word_count']} words, captured {format_time(v['fetched_at'])} UTC"
        lines += labelled(f"version {v['version']}", f"{v['cause']} ({cause}), {size}")
        lines += [line for change in v["changes"] for line in labelled("", change_text(change))]
    return lines


def _cleaning(cleaning: Facts) -> list[str]:
    """What was taken out, by which rule."""
    lines = labelled("rules", ", ".join(cleaning["rules"]) or "none applied")
    for one in cleaning["removed"]:
        lines += labelled("took out", f"{quoted(one['text'], 200)} ({one['rule']})")
    lines += labelled("read by", f"extractor {cleaning['extractor_version']}")
    if cleaning["read_again_with"] is None:
        lines += labelled("note", "the page cannot be read again, so what was taken out is not told")
    elif cleaning["read_again_with"] != cleaning["extractor_version"]:
        lines += labelled("note", f"told by extractor {cleaning['read_again_with']}, which is another one")
    elif not cleaning["is_same_reading"]:
        lines += labelled("note", "read again, the page gives another text")
    return lines


def _copies(facts: Facts) -> list[str]:
    """What it copies, and what copies it."""
    lines = []
    for label, rows in (("copy of", facts["copy_of"]), ("copied by", facts["copies"])):
        for d in rows:
            overlap = f"{d['kind']}, containment {d['containment']:.2f}, Jaccard {d['jaccard']:.2f}"
            lines += labelled(label, f"{title_of(d)}: {overlap}")
    if facts["duplicate_of"]:
        lines += labelled("lines", "none of its own: the article that it copies speaks for both")
    return lines


def _story(facts: Facts) -> list[str]:
    """Its events and stories, and why it joined."""
    lines = []
    for p in facts["placings"]:
        lines += labelled(str(p["day"]), f"{quoted(p['headline'] or 'no headline')} [{short_id(p['story_id'])}]")
        lines += labelled("event", f"{short_id(p['event_id'])}: {why_joined(p)}")
    for p in facts.get("canonical_placings", []):
        lines += labelled(
            "follows", f"its canonical article into {quoted(p['headline'] or '')} [{short_id(p['story_id'])}]"
        )
    return lines


def why_joined(placing: Facts) -> str:
    """Why an article stands in its event, and which story came next."""
    if placing["event_id"] == mint_id("event", placing["article_id"]):
        why = "it is the event's first article"
    else:
        why = f"mean similarity {placing['similarity']:.2f} to the event's other articles"
    if placing["runner_up_story_id"] is None:
        return f"{why}; no other story was near"
    headline = placing.get("runner_up_headline")
    other = f"{quoted(headline, 70)} " if headline else ""
    return f"{why}; next best story {other}[{short_id(placing['runner_up_story_id'])}] at {placing['runner_up_similarity']:.2f}"


def _lines(lines: Sequence[Facts]) -> list[str]:
    """The lines that cite it."""
    text = []
    for n in lines:
        place = f"{n['digest_date']}/{n['story_rank']}.{n['line_rank']}"
        span = f"version {n['version']}, characters {n['char_start']} to {n['char_end']}"
        text += paragraph(f"{place} ({n['status']}, {n['kind']}, {n['role']}): {quoted(n['text'])}")
        text += paragraph(span, indent=6)
    return text


def _sentences(day: Facts) -> list[str]:
    """The candidates that are no lines, and a word on what was no candidate."""
    text = paragraph(day["caveat"]) if day["caveat"] else []
    for decision in day["decisions"]:
        if decision["outcome"] not in ("line", *_NO_CANDIDATES):
            text += outcome_lines(decision)
            if decision["cited_as"]:
                text += paragraph(f"it stands beside that line: {decision['cited_as']}", indent=6)
    for outcome in _NO_CANDIDATES:
        numbers = Counter(d["detail"] for d in day["decisions"] if d["outcome"] == outcome)
        if numbers and outcome == "silent-article":
            text += paragraph(f"all of them: {OUTCOMES[outcome]} ({', '.join(filter(None, numbers))})")
        elif numbers:
            why = "; ".join(f"{n} x {detail}" if n > 1 else str(detail) for detail, n in numbers.items())
            text += paragraph(f"{count(sum(numbers.values()), 'more sentence')} cannot stand alone: {why}")
    return text


def _corrections(corrections: Sequence[Facts]) -> list[str]:
    """Lines that lost their ground."""
    text = []
    for c in corrections:
        text += paragraph(f"{c['cause']} in version {c['to_version']}, noticed {format_time(c['noticed_at'])} UTC")
        text += labelled("line", f"of {c['digest_date']}: {quoted(c['old_quote'])}", indent=4)
        text += labelled("now", quoted(c["new_text"]) if c["new_text"] else "nothing in its place", indent=4)
    return text


def _refusal(refusal: Facts) -> list[str]:
    """One refusal of a page of the article."""
    why = f"{refusal['reason']}{' (' + refusal['detail'] + ')' if refusal['detail'] else ''}"
    return paragraph(f"{refusal['day']} by {refusal['stage']}: {why}; {_decision(refusal)}")


def _decision(refusal: Facts) -> str:
    """What was decided about a refusal."""
    by = (
        f" by {refusal['decided_by']}"
        if refusal["decided_by"]
        else ", nobody has decided"
        if refusal["status"] == "held"
        else ""
    )
    return f"{refusal['status']}{by}"

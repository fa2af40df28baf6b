"""Commands about the sources: what is registered, what a site offers, what a source brings."""

from __future__ import annotations

import os
import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline.cli.app import AsJson, opened_warehouse, progress, show, sources_app
from pipeline.errors import InputError, UsageError
from pipeline.settings import Settings
from pipeline.text.controls import one_line

if TYPE_CHECKING:
    from pipeline.fetch.discovery import Offer, Site
    from pipeline.workflow.trial import Trial

_SHOWN = 8
Id = Annotated[str, typer.Argument(help="Its id in the sources file.")]


@sources_app.command("list")
def sources_list(as_json: AsJson = False) -> None:
    """The registered sources, with what the warehouse knows of each."""
    from pipeline.explain.layout import count, page_table
    from pipeline.explain.sources import registered_sources
    from pipeline.fetch.sources import load_registry

    settings, warehouse = opened_warehouse()
    facts = registered_sources(load_registry(settings.sources), warehouse)
    rows = [
        (
            "" if f["enabled"] else "off",
            f["source_id"],
            f["kind"],
            f["language"],
            f["country"],
            f["state"],
            f["publisher"],
        )
        for f in facts
    ]
    columns = ("", "source", "kind", "lang", "country", "state", "publisher")
    text = "\n".join([f"{settings.sources}: {count(len(facts), 'source')}", *page_table(columns, rows, indent=0)])
    show(facts, as_json=as_json, text=text)


@sources_app.command("check")
def sources_check(as_json: AsJson = False) -> None:
    """Read the sources file and say what is doubtful in it; nobody is asked. Exit code 1 where something is."""
    from pipeline.crawl.doubts import doubts_of
    from pipeline.fetch.sources import load_registry

    settings = Settings.from_env(os.environ)
    registry = load_registry(settings.sources)
    doubts = doubts_of(registry, settings)
    counts = Counter("enabled" if source.enabled else "off" for source in registry.sources)
    facts = {"sources": str(settings.sources), **counts, "doubts": doubts}
    told = f"{settings.sources}: {counts['enabled']} enabled, {counts['off']} off"
    show(facts, as_json=as_json, text="\n".join([told, *(f"! {doubt}" for doubt in doubts)]))
    if doubts:
        raise typer.Exit(1)


@sources_app.command("add")
def sources_add(
    url: Annotated[str, typer.Argument(help="A site, or the address of a feed or sitemap.")],
    source_id: Annotated[str | None, typer.Option("--id", help="Its id; else one is made of the site's name.")] = None,
    publisher: Annotated[str | None, typer.Option(help="Who puts it out; else the site's own name.")] = None,
    owner: Annotated[str | None, typer.Option(help="Who owns the publisher.")] = None,
    country: Annotated[str | None, typer.Option(help="ISO 3166-1, e.g. GB.")] = None,
    language: Annotated[str | None, typer.Option(help="ISO 639-1, e.g. en; else what the site's page says.")] = None,
    section: Annotated[str | None, typer.Option(help="What part of the news it lists.")] = None,
    off: Annotated[bool, typer.Option("--off", help="Write it down, but let no scheduled run ask it yet.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what there is.")] = False,
    as_json: AsJson = False,
) -> None:
    """Find a site's feeds and sitemaps, show what a poll of the best brings, and register it.

    The best is the first that can be read: feeds that the page names, then sitemaps that robots.txt names, then common places.
    To take another one, give its address.
    """
    from pipeline.crawl.sources_file import add_sources, free_id
    from pipeline.fetch.discovery import explore_site
    from pipeline.fetch.sources import Source, check_source, load_registry
    from pipeline.reasons import Reason
    from pipeline.text.urls import clean_url, registrable_domain

    settings = Settings.from_env(os.environ)
    registry = load_registry(settings.sources)
    now = lambda: datetime.now(UTC)  # noqa: E731
    site = explore_site(url, settings, now, lambda asked: print(f"asking {one_line(asked)}", file=sys.stderr))
    if site.failure is not None:
        is_private = site.failure.reason is Reason.FORBIDDEN_ADDRESS
        hint = "; if that machine is yours to ask, name it in DAYBOOK_ALLOW_HOSTS" if is_private else ""
        raise InputError(f"{site.url} gave nothing: {site.failure}{hint}")
    best = next((offer for offer in site.offers if offer.failure is None), None)
    if best is None:
        tried = (
            "; ".join(f"{offer.url} {offer.failure}" for offer in site.offers) or "and nothing stands in common places"
        )
        raise InputError(f"{site.url} names no feed or sitemap that can be read: {tried}; give the address of one")
    known = {clean_url(source.url): source.source_id for source in registry.sources if source.url}
    taken = known.get(clean_url(best.url))
    name = publisher or site.page.name
    source = Source(
        source_id=source_id or free_id(name or registrable_domain(best.url) or "source", registry.by_id),
        kind=best.kind,
        url=best.url,
        publisher=name,
        owner=owner,
        country=country,
        language=language or site.page.language,
        section=section,
        enabled=not off,
    )
    check_source(source)
    is_written = taken is None and not dry_run
    if is_written:
        add_sources(settings.sources, [source])
    ending = (
        f"registered already, as {taken}"
        if taken
        else f"{'written to' if is_written else 'would be written to'} {settings.sources} as {source.source_id}"
        + (", off" if off else "")
        + (f"; `daybook sources test {source.source_id}` shows what becomes of its pages" if is_written else "")
    )
    show(_offer_facts(site, best, source.source_id, is_written), as_json=as_json, text=_site_text(site, best, ending))


@sources_app.command("test")
def sources_test(
    source_id: Id,
    pages: Annotated[int, typer.Option(help="Pages asked at most.", min=1, max=100)] = 5,
    as_json: AsJson = False,
) -> None:
    """Ask a source now, enabled or not, and show what becomes of each item; the warehouse is not written to."""
    from pipeline.workflow.trial import try_source

    settings = Settings.from_env(os.environ)
    with progress("daybook sources test", 1) as step:
        trial = try_source(settings, source_id, now=datetime.now(UTC), pages=pages, say=step)
        step(f"{source_id} asked", done=True)
    show(trial.to_dict(), as_json=as_json, text=_trial_text(trial))
    if trial.error:
        raise typer.Exit(1)


@sources_app.command("enable")
def sources_enable(source_id: Id) -> None:
    """Let scheduled runs ask a source, from the next one on."""
    _switch(source_id, enabled=True)


@sources_app.command("disable")
def sources_disable(source_id: Id) -> None:
    """Let no scheduled run ask a source; what it brought stays."""
    _switch(source_id, enabled=False)


def _switch(source_id: str, *, enabled: bool) -> None:
    from pipeline.crawl.sources_file import switch_source

    settings = Settings.from_env(os.environ)
    changed = switch_source(settings.sources, source_id, enabled=enabled)
    print(f"{source_id} is {'on' if enabled else 'off'}{'' if changed else ' as before'} in {settings.sources}")


@sources_app.command("import")
def sources_import(
    file: Annotated[Path, typer.Argument(help="Subscriptions in OPML.")],
    enable: Annotated[bool, typer.Option("--enable", help="Let scheduled runs ask them at once.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would be registered.")] = False,
    as_json: AsJson = False,
) -> None:
    """Register the feeds of an OPML file, off until they are enabled; nobody is asked."""
    from pipeline.crawl.opml import read_opml
    from pipeline.crawl.sources_file import add_sources
    from pipeline.fetch.sources import entry_of, load_registry

    settings = Settings.from_env(os.environ)
    found, passed = read_opml(file, load_registry(settings.sources).sources, enabled=enable)
    if found and not dry_run:
        add_sources(settings.sources, found)
    lines = [f"{source.source_id}  {source.url}" for source in found]
    done = "would be registered" if dry_run else "registered"
    lines += [
        *(f"! {why}" for why in passed),
        f"{len(found)} {done}{'' if enable else ', off'}; {len(passed)} passed over",
    ]
    show({"sources": [entry_of(s) for s in found], "passed_over": passed}, as_json=as_json, text="\n".join(lines))


@sources_app.command("export")
def sources_export(
    file: Annotated[Path | None, typer.Argument(help="Where to; else it is printed.")] = None,
) -> None:
    """Write the registered feeds and sitemaps as OPML; headers, folders and archives are left out."""
    from pipeline.crawl.opml import write_opml
    from pipeline.explain.layout import count
    from pipeline.fetch.sources import load_registry

    settings = Settings.from_env(os.environ)
    text = write_opml(load_registry(settings.sources).sources)
    if file is None:
        print(text, end="")
        return
    try:
        with file.open("x", encoding="utf-8") as opened:
            opened.write(text)
    except FileExistsError as error:
        raise UsageError(f"{file} is there already; name another file") from error
    except OSError as error:
        raise InputError(f"cannot write {file}: {error.strerror}; name another place") from error
    print(f"{file}: {count(text.count('<outline '), 'source')}")


def _offer_facts(site: Site, best: Offer, source_id: str, is_written: bool) -> dict[str, Any]:
    """What was found, JSON-ready."""
    offers = [
        {
            "kind": offer.kind,
            "url": offer.url,
            "told_by": offer.told_by,
            "pages": offer.pages,
            "newest_at": offer.newest_at,
            "forbidden": offer.forbidden,
            "failure": str(offer.failure) if offer.failure else None,
        }
        for offer in site.offers
    ]
    items = [{"url": item.url, "title": item.title, "listed_at": item.listed_at} for item in best.listing.items]
    return {"site": site.url, "source_id": source_id, "written": is_written, "offers": offers, "items": items}


def _site_text(site: Site, best: Offer, ending: str) -> str:
    """What was found, as a page."""
    from pipeline.explain.layout import count, format_time, page_table
    from pipeline.fetch.discovery import time_given

    rows = [
        (
            "*" if offer is best else "!" if offer.failure else "",
            offer.kind,
            offer.told_by,
            offer.pages,
            format_time(offer.newest_at) if offer.newest_at else "no time",
            offer.url if offer.failure is None else f"{offer.url} {offer.failure}",
        )
        for offer in site.offers
    ]
    lines = page_table(("", "kind", "told by", "pages", "newest", "address"), rows, indent=0)
    newest = sorted(
        best.listing.items, key=lambda item: time_given(item) or datetime.min.replace(tzinfo=UTC), reverse=True
    )
    told = [(format_time(at) if (at := time_given(item)) else "no time", item.title or item.url) for item in newest]
    forbids = f", {best.forbidden} of them forbidden by robots.txt" if best.forbidden else ""
    lines += ["", f"a first poll of {best.url} asks {count(best.pages, 'page')}{forbids}; the newest:"]
    lines += page_table(("time", "title"), told[:_SHOWN])
    return "\n".join([*lines, "", ending])


def _trial_text(trial: Trial) -> str:
    """What a source brought, as a page."""
    from pipeline.explain.layout import count, format_time, page_table

    rows = [
        (
            item.fate,
            format_time(item.listed_at) if item.listed_at else "no time",
            f"{format_time(item.published_at)} ({item.published_at_source})" if item.published_at else "",
            item.word_count,
            f"{item.title or item.url}{f' [{item.detail}]' if item.detail else ''}",
        )
        for item in trial.items
    ]
    fates = ", ".join(f"{number} {fate}" for fate, number in Counter(item.fate for item in trial.items).most_common())
    lines = [f"! {trial.source_id} failed: {trial.error}"] if trial.error else []
    lines += [f"{trial.source_id}: {count(len(trial.items), 'item')}{f' ({fates})' if fates else ''}"]
    lines += page_table(("fate", "listed", "published", "words", "title"), rows, indent=0) if rows else []
    return "\n".join([*lines, "nothing was written into the warehouse"])

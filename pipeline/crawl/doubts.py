"""What is doubtful in a registry that can be read: addresses that stand in it twice, nobody to complain to, nothing to ask."""

from __future__ import annotations

from collections import defaultdict

from pipeline.fetch.sources import Registry
from pipeline.settings import Settings
from pipeline.text.urls import clean_url


def doubts_of(registry: Registry, settings: Settings) -> list[str]:
    """Say what a person should look at, a sentence each; nobody is asked."""
    doubts = []
    by_url: dict[str, list[str]] = defaultdict(list)
    for source in registry.sources:
        if source.url:
            by_url[clean_url(source.url) or source.url].append(source.source_id)
        doubts += [
            f"{source.source_id}: {path} is not there" for path in source.paths if source.enabled and not path.exists()
        ]
    doubts += [f"{' and '.join(ids)} have one address: {url}" for url, ids in by_url.items() if len(ids) > 1]
    asked = [source for source in registry.sources if source.enabled and source.is_listing]
    if not any(source.enabled for source in registry.sources):
        doubts.append("no source is enabled, so that nobody is asked: `daybook sources enable ID`")
    if asked and registry.clock == "wall" and settings.user_agent == Settings().user_agent:
        doubts.append("DAYBOOK_USER_AGENT names no contact of yours; hosts want to know who asks")
    ids = {source.source_id.replace("-", "_").replace(".", "_") for source in registry.sources}
    doubts += [
        f"a DAYBOOK_AUTHORIZATION_… is set for {name}, which is no source"
        for name, _ in settings.authorization
        if name not in ids
    ]
    return doubts

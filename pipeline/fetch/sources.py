"""The registry: which feeds, sitemaps, folders and archives are watched, read from a TOML file."""

from __future__ import annotations

import re
import string
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pipeline.errors import SettingsError
from pipeline.text.urls import clean_url
from pipeline.windows import Window

Kind = Literal["feed", "sitemap", "inbox", "warc"]
Clock = Literal["wall", "window-end"]

INBOX_ID = "inbox"
WARC_ID = "warc"

LISTING_KINDS = ("feed", "sitemap")
_KINDS = (*LISTING_KINDS, "inbox", "warc")
_CLOCKS = ("wall", "window-end")
_LISTING_KEYS = (
    "id", "kind", "url", "publisher", "owner", "country", "language", "section", "enabled", "gap_seconds",
)  # fmt: skip
_KEYS = (*_LISTING_KEYS, "path", "headers")
SOURCE_ID = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}")
_LANGUAGE = re.compile(r"[a-z]{2}")
_COUNTRY = re.compile(r"[A-Z]{2}")
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_HEADER_FIELDS = ("window_start", "window_end")
# Headers that the client sets itself; a source that overrides them would break the exchange.
_OWN_HEADERS = frozenset({"host", "connection", "content-length", "transfer-encoding", "accept-encoding", "user-agent"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One source of pages.

    Attributes:
        source_id: Its id in the sources file; `inbox` or `warc` for what the command line names.
        kind: feed, sitemap, inbox or warc.
        url: What is asked (feeds and sitemaps).
        paths: Folder or archives that are read (inbox and warc).
        publisher: Who puts its articles out; None: by each page's domain.
        owner: Who owns the publisher; None: not told.
        country: Where it is at home, ISO 3166-1 alpha-2; None: not told, or in many.
        language: Main language, ISO 639-1; None: mixed.
        section: What part of the news it lists, such as business; None: all of it.
        enabled: Whether scheduled runs ask it.
        headers: Header name to template; the fields are {window_start} and {window_end}.
        gap_seconds: Least time between two requests to one host; None: the setting.
    """

    source_id: str
    kind: Kind
    url: str | None = None
    paths: tuple[Path, ...] = ()
    publisher: str | None = None
    owner: str | None = None
    country: str | None = None
    language: str | None = None
    section: str | None = None
    enabled: bool = True
    headers: Mapping[str, str] = field(default_factory=dict)
    gap_seconds: float | None = None

    @property
    def host(self) -> str | None:
        """The host that is asked; None for folders and archives."""
        return urlsplit(self.url).hostname if self.url else None

    @property
    def is_listing(self) -> bool:
        """Whether it is asked over the network for what it lists."""
        return self.kind in LISTING_KINDS

    def headers_for(self, window: Window) -> dict[str, str]:
        """The headers of a request made for a window, instants as ISO 8601 in UTC."""
        fields = {"window_start": _iso(window.start), "window_end": _iso(window.end)}
        return {name: template.format_map(fields) for name, template in self.headers.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Registry:
    """All sources of one file, in its order. `clock` says what a run takes as now: wall time, or its window's end."""

    sources: tuple[Source, ...]
    clock: Clock = "wall"

    @property
    def by_id(self) -> dict[str, Source]:
        """The sources by their id."""
        return {source.source_id: source for source in self.sources}


def inbox_source(folder: Path) -> Source:
    """The source behind `--inbox DIR`."""
    return Source(source_id=INBOX_ID, kind="inbox", paths=(folder,))


def warc_source(archives: Sequence[Path]) -> Source:
    """The source behind `--warc PATH…`."""
    return Source(source_id=WARC_ID, kind="warc", paths=tuple(archives))


def load_registry(path: Path) -> Registry:
    """Read a sources file; paths in it count from its own folder.

    Raises:
        SettingsError: the file cannot be read, or a source in it is malformed; the message names file, source and field.
    """
    return parse_registry(read_sources_file(path), path)


def read_sources_file(path: Path) -> str:
    """The text of a sources file, its line ends as they are.

    Raises:
        SettingsError: it cannot be read.
    """
    try:
        return path.read_bytes().decode("utf-8")
    except OSError as error:
        raise SettingsError(f"cannot read sources file {path}: {error.strerror}; see DAYBOOK_SOURCES") from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"sources file {path} is no TOML: {error}; mend that line") from error


def parse_registry(text: str, path: Path) -> Registry:
    """Read the text of a sources file.

    Args:
        path: Where it stands, or will stand: paths in it count from there, and complaints name it.
    Raises:
        SettingsError: as `load_registry` says.
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"sources file {path} is no TOML: {error}; mend that line") from error
    if unknown := sorted(set(data) - {"clock", "source"}):
        raise SettingsError(f"{path}: unknown key {unknown[0]!r}; known are clock and [[source]]")
    clock = data.get("clock", "wall")
    if clock not in _CLOCKS:
        raise SettingsError(f"{path}: clock = {clock!r} is none of {', '.join(_CLOCKS)}")
    entries = data.get("source", [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise SettingsError(f"{path}: sources are tables; write each under a line [[source]]")
    sources: dict[str, Source] = {}
    for number, entry in enumerate(entries, start=1):
        source = _Entry(path, number, entry).source()
        if source.source_id in sources:
            raise SettingsError(f"{path}: two sources have the id {source.source_id!r}; rename one")
        sources[source.source_id] = source
    return Registry(sources=tuple(sources.values()), clock=clock)


def entry_of(source: Source) -> dict[str, object]:
    """The table that stands for a feed or sitemap in a file; headers are left to a person."""
    values = {"id": source.source_id} | {name: getattr(source, name) for name in _LISTING_KEYS[1:]}
    return {name: value for name, value in values.items() if value is not None}


def check_source(source: Source) -> None:
    """Hold a feed or sitemap that did not come from a file against what a file may say.

    Raises:
        SettingsError: a field of it is malformed.
    """
    _Entry(Path("a new source"), 1, entry_of(source)).source()


class _Entry:
    """One [[source]] table being read; every complaint names the file, the source and the field."""

    def __init__(self, path: Path, number: int, entry: dict[str, object]) -> None:
        self.path = path
        self.entry = entry
        self.name = repr(entry["id"]) if isinstance(entry.get("id"), str) else f"number {number}"

    def source(self) -> Source:
        """The source, checked."""
        if unknown := sorted(set(self.entry) - set(_KEYS)):
            raise self.wrong(unknown[0], f"is not known; known are {', '.join(_KEYS)}")
        source_id = self.needed("id")
        if not SOURCE_ID.fullmatch(source_id):
            raise self.wrong("id", "takes lower-case letters, digits, `-`, `_` and `.`, at most 64 of them")
        kind = self.needed("kind")
        if kind not in _KINDS:
            raise self.wrong("kind", f"is {kind!r}; take one of {', '.join(_KINDS)}")
        if source_id in (INBOX_ID, WARC_ID) and kind != source_id:
            raise self.wrong("id", f"is kept for sources of kind {source_id}; choose another")
        language = self.text("language")
        if language is not None and not _LANGUAGE.fullmatch(language):
            raise self.wrong("language", f"is {language!r}; give an ISO 639-1 code such as en")
        country = self.text("country")
        if country is not None and not _COUNTRY.fullmatch(country):
            raise self.wrong("country", f"is {country!r}; give an ISO 3166-1 code of two capitals such as GB")
        is_asked = kind in LISTING_KINDS
        self.refuse_other("path" if is_asked else "url", kind)
        return Source(
            source_id=source_id,
            kind=kind,  # type: ignore[arg-type]
            url=self.url() if is_asked else None,
            paths=() if is_asked else (self.path.parent / Path(self.needed("path")).expanduser(),),
            publisher=self.text("publisher"),
            owner=self.text("owner"),
            country=country,
            language=language,
            section=self.text("section"),
            enabled=self.enabled(),
            headers=self.headers(),
            gap_seconds=self.gap(),
        )

    def wrong(self, key: str, complaint: str) -> SettingsError:
        """The error to raise."""
        return SettingsError(f"{self.path}: source {self.name}: {key} {complaint}")

    def text(self, key: str) -> str | None:
        """A text that may be absent, but not empty."""
        value = self.entry.get(key)
        if value is not None and (not isinstance(value, str) or not value.strip()):
            raise self.wrong(key, f"is {value!r}; give a text in quotes")
        return value.strip() if isinstance(value, str) else None

    def needed(self, key: str) -> str:
        """A text that must be there."""
        value = self.text(key)
        if value is None:
            raise self.wrong(key, "is missing; add it")
        return value

    def refuse_other(self, key: str, kind: str) -> None:
        """Complain of a url where a path is meant, and the other way round."""
        if key in self.entry:
            other = "url" if key == "path" else "path"
            raise self.wrong(key, f"does not go with kind {kind}; it has a {other}")

    def url(self) -> str:
        """An http(s) URL with a host and without credentials."""
        url = self.needed("url")
        if clean_url(url) is None or urlsplit(url).username is not None:
            raise self.wrong("url", f"is {url!r}; give an http or https URL, without credentials")
        return url

    def enabled(self) -> bool:
        """Whether scheduled runs ask the source."""
        value = self.entry.get("enabled", True)
        if not isinstance(value, bool):
            raise self.wrong("enabled", f"is {value!r}; write true or false")
        return value

    def gap(self) -> float | None:
        """Seconds, zero or more."""
        value = self.entry.get("gap_seconds")
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < float("inf"):
            raise self.wrong("gap_seconds", f"is {value!r}; give a number of seconds, zero or more")
        return float(value)

    def headers(self) -> dict[str, str]:
        """Header templates whose only fields are the window's ends."""
        value = self.entry.get("headers", {})
        if not isinstance(value, dict):
            raise self.wrong("headers", 'is no table; write headers = { "Name" = "value" }')
        for name, template in value.items():
            if not _HEADER_NAME.fullmatch(name) or name.lower() in _OWN_HEADERS:
                raise self.wrong("headers", f"cannot set {name!r}; take it out")
            if not isinstance(template, str) or re.search(r"[\x00-\x1f\x7f]", template):
                raise self.wrong("headers", f"{name} is no text of one line")
            if not _is_template(template):
                raise self.wrong(
                    "headers", f"{name} is {template!r}; its only fields are {{window_start}} and {{window_end}}"
                )
        return dict(value)


def _is_template(text: str) -> bool:
    """Whether a text holds no other fields than the window's ends."""
    try:
        parts = list(string.Formatter().parse(text))
    except ValueError:
        return False
    return all(name is None or (name in _HEADER_FIELDS and not spec and not conv) for _, name, spec, conv in parts)


def _iso(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")

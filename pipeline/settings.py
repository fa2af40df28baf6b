"""Settings: environment variables `DAYBOOK_*`, read once into one frozen object. An unknown one is an error."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path

from pipeline.errors import SettingsError

PREFIX = "DAYBOOK_"
_AUTHORIZATION = "authorization_"  # and behind it the source's id, anything but letters and digits as _
PROJECT = Path(__file__).resolve().parent.parent

# Settings that change what is computed, as opposed to where it is kept or how long it may take.
_RESULT_SETTINGS = (
    "set_gate_min_rows",
    "set_gate_max_refused",
    "stale_hours",
    "digest_max_lines",
    "digest_max_stories",
)

# Where zero makes no sense, or a ratio ends at one.
_RANGES: dict[str, tuple[float, float]] = {
    "fetch_total_seconds": (0.001, math.inf),
    "page_max_bytes": (1, math.inf),
    "fetch_memory_bytes": (1, math.inf),
    "visit_seconds": (0.001, math.inf),
    "visit_bytes": (1, math.inf),
    "visit_pages": (1, math.inf),
    "visit_errors": (1, math.inf),
    "feed_max_bytes": (1, math.inf),
    "extract_timeout_seconds": (0.001, 3600),
    "set_gate_max_refused": (0, 1),
    "digest_max_lines": (1, math.inf),
    "digest_max_stories": (1, math.inf),
    "digest_due_hour": (0, 23),
    "ingest_late_hours": (1, math.inf),
    "failed_share": (0, 1),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that can be set, with its default. Ratios lie in [0, 1].

    Attributes:
        warehouse: Root of the warehouse.
        sources: The file that lists the sources.
        allow_hosts: Hosts (`host` or `host:port`) that may be fetched although their address is not public.
        resolve: Where the hosts of a domain are found, as `suffix=host:port` pairs: the sample newsroom's
            invented domains live on this machine.
        block_hosts: Hosts, with all below them, that are never asked, whoever lists them or redirects there.
        authorization: Of sources by their ids, the Authorization header that goes to their own domain; never shown or logged.
        proxy: URL of an HTTP proxy that is asked in place of hosts that are not named here; with credentials, never shown.
        user_agent: How Daybook introduces itself; name and contact.
        fetch_total_seconds: Deadline of one request, redirects and body included.
        fetch_gap_seconds: Least time between two requests to one host.
        page_max_bytes, feed_max_bytes: Caps on decoded bodies.
        fetch_memory_bytes: Most bytes of bodies on their way or not sealed yet; one page's cap is always let through.
        visit_seconds, visit_bytes, visit_pages, visit_errors: What one source may cost at one visit: time from its first
            page on, bytes of bodies, pages that were not known, and requests that failed. What is over comes at a later visit.
        extract_workers: Page processes; 0 takes one for each core.
        extract_timeout_seconds: How much processor time ends a page's process; six times that on the clock is the last net.
        set_gate_min_rows, set_gate_max_refused: Of a source's pages in a run, when there are at least so many, not more than
            this share of those that usually pass may be refused; else all of the source is held.
        stale_hours: Articles published longer before their day may join a story but give no line.
        digest_max_lines, digest_max_stories: Most lines of a story and most stories with lines in a digest.
        lock_timeout_seconds: How long a commit waits for another one.
        past_hours: How many hours the last snapshot of each hour stays.
        past_days: How many days the last snapshot of each day stays.
        past_max_mb: Most megabytes that files may take which only past snapshots need; 0 sets no bound.
        state: Folder of what is remembered outside the warehouse: which notices were given.
        notices_smtp: The mail server that notices go through, as a URL, with credentials, never shown: smtp:// (TLS after
            STARTTLS), smtps:// (TLS from the start) or smtp+plain:// (none). Empty: no mail.
        notices_from, notices_to: The address that notices come from, and those that they go to.
        notices_webhook: URL that notices are posted to as JSON, never shown; empty: none.
        digest_due_hour: Hour of the day, UTC, by which the digest of the day before is there.
        ingest_late_hours: How far the last hour that is done may lie back.
        failed_share: What share of the enabled feeds and sitemaps may fail at once.
        owner_link: A mailto: or https: address of who looks after the DAGs; the owner's name leads there in Airflow's list.
        disk_free_days: For how many days' rows there is room at least.
    """

    warehouse: Path = PROJECT / "warehouse" / "data"
    sources: Path = PROJECT / "sources.toml"
    allow_hosts: tuple[str, ...] = ()
    resolve: tuple[str, ...] = ()
    block_hosts: tuple[str, ...] = ()
    authorization: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    proxy: str = field(default="", repr=False)
    user_agent: str = "daybook/0.1 (+https://daybook.invalid/bot)"
    fetch_total_seconds: float = 30.0
    fetch_gap_seconds: float = 5.0
    page_max_bytes: int = 10 * 1024 * 1024
    feed_max_bytes: int = 15 * 1024 * 1024
    fetch_memory_bytes: int = 256 * 1024 * 1024
    visit_seconds: float = 900.0
    visit_bytes: int = 256 * 1024 * 1024
    visit_pages: int = 2000
    visit_errors: int = 20
    extract_workers: int = 0
    extract_timeout_seconds: float = 20.0
    set_gate_min_rows: int = 30
    set_gate_max_refused: float = 0.5
    stale_hours: int = 48
    digest_max_lines: int = 6
    digest_max_stories: int = 40
    lock_timeout_seconds: float = 600.0
    past_hours: int = 48
    past_days: int = 30
    past_max_mb: int = 0
    state: Path = PROJECT / ".daybook"
    notices_smtp: str = field(default="", repr=False)
    notices_from: str = ""
    notices_to: tuple[str, ...] = ()
    notices_webhook: str = field(default="", repr=False)
    digest_due_hour: int = 5
    ingest_late_hours: int = 3
    failed_share: float = 0.3
    owner_link: str = ""
    disk_free_days: int = 14

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Settings:
        """Read the settings from an environment; relative paths count from the project's folder.

        Raises:
            SettingsError: an unknown `DAYBOOK_*` name, or a value that does not fit.
        """
        known = {f.name: f for f in fields(cls)}
        authorization: list[tuple[str, str]] = []
        values: dict[str, object] = {}
        for key in sorted(k for k in environ if k.startswith(PREFIX)):
            name = key.removeprefix(PREFIX).lower()
            if name.startswith(_AUTHORIZATION) and environ[key].strip():
                authorization.append((name.removeprefix(_AUTHORIZATION), environ[key].strip()))
                continue
            if name not in known or name == "authorization":
                raise SettingsError(f"unknown setting {key}; .env.example lists all of them")
            text = environ[key].strip()
            if any("\ud800" <= character <= "\udfff" for character in text):
                raise SettingsError(f"setting {key} is no UTF-8: {text!a}")
            if not text and known[name].type == "Path":
                raise SettingsError(
                    f"setting {key} is empty; name a path, or take the setting away for {known[name].default}"
                )
            if text:
                values[name] = _parse(key, str(known[name].type), text)
        return cls(authorization=tuple(authorization), **values)  # type: ignore[arg-type]

    def authorization_of(self, source_id: str) -> dict[str, str]:
        """The Authorization header of a source; none where the environment names none."""
        told = dict(self.authorization).get(re.sub(r"[^a-z0-9]", "_", source_id.lower()))
        return {} if told is None else {"Authorization": told}

    @property
    def results_sha256(self) -> str:
        """Hash of the settings that change results."""
        chosen = {name: getattr(self, name) for name in _RESULT_SETTINGS}
        return hashlib.sha256(json.dumps(chosen, sort_keys=True).encode()).hexdigest()


def _parse(key: str, type_name: str, text: str) -> object:
    """One value by the declared type's name."""
    try:
        if type_name == "Path":
            path = Path(text).expanduser()
            return path if path.is_absolute() else PROJECT / path
        if type_name == "int":
            number: float = int(text)
        elif type_name == "float":
            number = float(text)
        elif type_name.startswith("tuple"):
            return tuple(part.strip() for part in text.split(",") if part.strip())
        else:
            return text
    except ValueError as error:
        raise SettingsError(f"setting {key}={text!r} is no {type_name}") from error
    low, high = _RANGES.get(key.removeprefix(PREFIX).lower(), (0, math.inf))
    if not (math.isfinite(number) and low <= number <= high):
        raise SettingsError(
            f"setting {key}={text!r} is out of range: {low} to {'any number' if high == math.inf else high}"
        )
    return number

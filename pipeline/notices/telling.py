"""Telling: what is wrong is told once through each channel, and once more when it has passed."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from pipeline.errors import DaybookError, SettingsError
from pipeline.explain.conditions import SEVERITIES, TOLD, Condition, failed_run, judge, unreadable
from pipeline.explain.standing import asked_by, read_standing
from pipeline.fetch.sources import load_registry
from pipeline.notices.channels import NotTold, channels_of
from pipeline.notices.memory import Memory, Told, read_memory, remembering, write_memory
from pipeline.notices.message import Notice
from pipeline.settings import Settings
from pipeline.store.warehouse import Warehouse

logger = logging.getLogger(__name__)

_RUN = "run/"

Outcomes = Mapping[str, str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """What one telling did: the conditions that stand, and by channel the notice that it took, or why it did not."""

    conditions: tuple[Condition, ...] = ()
    sent: Mapping[str, Notice]
    failed: Mapping[str, str]


def standing_conditions(settings: Settings, now: datetime) -> list[Condition]:
    """Judge the warehouse as it stands; one that cannot be read is a condition itself. Invented days are nobody's trouble.

    Raises:
        SettingsError: the sources file is malformed.
    """
    registry = load_registry(settings.sources)
    if registry.clock != "wall":
        return []
    try:
        warehouse = Warehouse(settings.warehouse)
        if not warehouse.latest().number:
            return []  # nothing was ever committed
        found = judge(read_standing(warehouse, asked_by(registry), now, stale_hours=settings.stale_hours), settings)
        return [one for one in found if one.severity in TOLD]
    except SettingsError:
        raise
    except (DaybookError, OSError) as error:
        return [unreadable(error)]


def tell(settings: Settings, now: datetime, *, outcomes: Outcomes | None = None) -> Telling:
    """Tell each channel what it was not told yet, in one notice, and what has passed.

    A recovery waits until nothing of its severity stands any more, so that what comes and goes is one trouble and not ten.
    Sent first and remembered then: where that fails, it is told again.

    Args:
        outcomes: Of runs that end now: the DAG's id to why it failed, or None where it ended well. What was told of other
            DAGs' runs stands until one of theirs ends well.
    Raises:
        SettingsError: a channel or the sources file is malformed.
    """
    channels = channels_of(settings)
    if not channels:
        return Telling(sent={}, failed={})
    runs = [failed_run(dag_id, why) for dag_id, why in (outcomes or {}).items() if why is not None]
    standing = [*runs, *standing_conditions(settings, now)]
    sent: dict[str, Notice] = {}
    failed: dict[str, str] = {}
    with remembering(settings.state):
        memory, before = read_memory(settings.state), read_memory(settings.state)
        for channel in channels:
            told = memory.told[channel.name] = _heard(memory.told.get(channel.name, {}), outcomes or {})
            notice = notice_of([*standing, *_carried(told, {one.key for one in runs})], told, memory, now)
            if notice.new or notice.passed:
                try:
                    channel.send(notice)
                except NotTold as error:
                    logger.error("a notice was not given: %s", error)
                    failed[channel.name] = str(error)
                    continue
                sent[channel.name] = notice
                memory.told[channel.name] = _remembered(told, notice)
        if memory != before:
            try:
                write_memory(settings.state, memory, now)
            except OSError as error:
                logger.warning("what was told cannot be remembered, so it will be told again: %r", error)
    return Telling(conditions=tuple(standing), sent=sent, failed=failed)


def notice_of(standing: Sequence[Condition], told: Mapping[str, Told], memory: Memory, now: datetime) -> Notice:
    """What a channel is to be told, from what stands, what it was told, and what is to be kept silent about."""
    by_key = {one.key: one for one in standing}
    spoken = {key: one for key, one in by_key.items() if not memory.is_silent(key, now)}
    new = [one for key, one in spoken.items() if key not in told or _grew(one, told[key])]
    severities = {one.severity for key, one in spoken.items() if key in told or one in new}
    passed = {key: one for key, one in told.items() if key not in by_key and one.severity not in severities}
    still = [one for key, one in by_key.items() if key in told and one not in new]
    new.sort(key=lambda one: SEVERITIES.index(one.severity))
    return Notice(at=now, new=tuple(new), still=tuple(still), passed=passed)


def _grew(condition: Condition, told: Told) -> bool:
    """Whether it is more severe than when it was told."""
    return SEVERITIES.index(condition.severity) < SEVERITIES.index(told.severity)


def _heard(told: Mapping[str, Told], outcomes: Outcomes) -> dict[str, Told]:
    """What was told, with how runs ended since."""
    ended = {f"{_RUN}{dag_id}": why is None for dag_id, why in outcomes.items()}
    return {key: replace(one, has_passed=ended.get(key, one.has_passed)) for key, one in told.items()}


def _carried(told: Mapping[str, Told], failed: set[str]) -> list[Condition]:
    """Runs of which it was told that they failed, and that none of their DAG ended well since."""
    return [
        Condition(key=key, severity="critical", what=one.what, do="")
        for key, one in told.items()
        if key.startswith(_RUN) and key not in failed and not one.has_passed
    ]


def _remembered(told: Mapping[str, Told], notice: Notice) -> dict[str, Told]:
    """What a channel knows once it took a notice."""
    kept = {key: one for key, one in told.items() if key not in notice.passed}
    for one in notice.new:
        since = told[one.key].since if one.key in told else notice.at
        kept[one.key] = Told(severity=one.severity, what=one.what, since=since)
    return kept

"""Commands about notices: what is wrong now, what was told, what is kept silent, and whether they arrive."""

from __future__ import annotations

import os
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

import typer

from pipeline.cli.app import AsJson, notices_app, show
from pipeline.errors import InputError, UsageError
from pipeline.settings import Settings
from pipeline.windows import parse_instant


@notices_app.command("list")
def notices_list(as_json: AsJson = False) -> None:
    """What is wrong now, what each channel was told, and the silences; nothing is sent. Exit code 1 where something is wrong."""
    from pipeline.explain.layout import format_time, labelled, section
    from pipeline.notices.channels import channels_of
    from pipeline.notices.memory import read_memory
    from pipeline.notices.telling import standing_conditions

    settings, now = Settings.from_env(os.environ), datetime.now(UTC)
    channels = [channel.name for channel in channels_of(settings)]
    conditions, memory = standing_conditions(settings, now), read_memory(settings.state)
    silences = [silence for silence in memory.silences if now < silence.until]
    facts = {
        "channels": channels,
        "conditions": [asdict(one) | {"silent": memory.is_silent(one.key, now)} for one in conditions],
        "told": {name: {key: asdict(one) for key, one in told.items()} for name, told in memory.told.items()},
        "silences": [asdict(silence) for silence in silences],
    }
    lines = [f"told through {' and '.join(channels)}" if channels else "nobody is told: set DAYBOOK_NOTICES_…"]
    found = []
    for one in conditions:
        found += labelled(one.severity, f"{one.what} ({one.key}{', silent' if memory.is_silent(one.key, now) else ''})")
        found += labelled("", one.do)
    lines += section("Now", found or ["  all is well"])
    for name, told in memory.told.items():
        lines += section(
            f"Told by {name}, and not passed yet",
            [
                line
                for key, one in told.items()
                for line in labelled(format_time(one.since), f"{one.what} ({key})", label=18)
            ],
        )
    lines += section(
        "Silent",
        [line for s in silences for line in labelled(s.key, f"until {format_time(s.until)} UTC: {s.why}", label=24)],
    )
    show(facts, as_json=as_json, text="\n".join(lines))
    if any(not memory.is_silent(one.key, now) for one in conditions):
        raise typer.Exit(1)


@notices_app.command("silence")
def notices_silence(
    key: Annotated[str, typer.Argument(help="A condition's key, the part of it before the /, or all.")],
    until: Annotated[str, typer.Option(help="The end, e.g. 2026-03-10 or 2026-03-10T12:00.")],
    why: Annotated[str, typer.Option(help="Why, or who says so; it is shown until then.")],
    as_json: AsJson = False,
) -> None:
    """Tell nothing of a condition until an instant; what still stands then is told. An end that is past takes a silence back."""
    from pipeline.notices.memory import Silence, read_memory, remembering, write_memory

    settings, now = Settings.from_env(os.environ), datetime.now(UTC)
    key, why, end = key.strip(), why.strip(), parse_instant(until)
    if not why:
        raise UsageError("--why needs a reason in words")
    try:
        with remembering(settings.state):
            memory = read_memory(settings.state)
            memory.silences = [silence for silence in memory.silences if silence.key != key]
            memory.silences.append(Silence(key=key, until=end, why=why))
            write_memory(settings.state, memory, now)
    except OSError as error:
        raise InputError(
            f"cannot write into {settings.state}: {error.strerror}; set DAYBOOK_STATE elsewhere"
        ) from error
    text = f"nothing is told of {key} until {end:%Y-%m-%d %H:%M} UTC" if now < end else f"{key} is told of again"
    show({"key": key, "until": end, "why": why}, as_json=as_json, text=text)


@notices_app.command("test")
def notices_test(as_json: AsJson = False) -> None:
    """Send a test through each channel; exit code 1 where one did not take it."""
    from pipeline.notices.channels import NotTold, channels_of
    from pipeline.notices.message import Notice

    settings = Settings.from_env(os.environ)
    channels = channels_of(settings)
    if not channels:
        raise UsageError("there is no channel; set DAYBOOK_NOTICES_SMTP or DAYBOOK_NOTICES_WEBHOOK")
    results: dict[str, str | None] = {}
    for channel in channels:
        try:
            channel.send(Notice(at=datetime.now(UTC), passed={}, is_test=True))
            results[channel.name] = None
        except NotTold as error:
            results[channel.name] = str(error)
    text = "\n".join(f"! {name}: {error}" if error else f"{name} took it" for name, error in results.items())
    show(results, as_json=as_json, text=text)
    if any(results.values()):
        raise typer.Exit(1)


@notices_app.command("tell")
def notices_tell(as_json: AsJson = False) -> None:
    """Judge how things stand and tell what was not told yet: for a timer of your own, where Airflow may be what is down."""
    from pipeline.notices.telling import tell

    settings = Settings.from_env(os.environ)
    told = tell(settings, datetime.now(UTC))
    facts = {"sent": {name: notice.to_dict() for name, notice in told.sent.items()}, "failed": told.failed}
    lines = [f"{name}: {notice.subject}" for name, notice in told.sent.items()]
    lines += [f"! {error}" for error in told.failed.values()]
    show(facts, as_json=as_json, text="\n".join(lines) or "nothing new to tell")
    if told.failed:
        raise typer.Exit(1)

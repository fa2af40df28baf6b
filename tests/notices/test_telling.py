"""Told once: one notice names all that is new, one says that it has passed; whatever breaks, it is rather told twice than never."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import SettingsError
from pipeline.notices import telling
from pipeline.notices.channels import channels_of
from pipeline.notices.conditions import Condition
from pipeline.notices.memory import FILE, Memory, Silence, Told, read_memory, write_memory
from pipeline.notices.message import Notice
from pipeline.notices.telling import notice_of, tell
from pipeline.settings import Settings

from .conftest import Listener

NOW = datetime(2026, 3, 5, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def condition(key: str, severity: str = "warning") -> Condition:
    return Condition(key=key, severity=severity, what=f"{key} is wrong", do="mend it")  # type: ignore[arg-type]


@pytest.fixture
def settings(tmp_path: Path, mail: Listener, hook: Listener) -> Settings:
    return Settings(
        warehouse=tmp_path / "w",
        state=tmp_path / "state",
        notices_smtp=mail.smtp,
        notices_from="daybook@paper.example",
        notices_to=("desk@paper.example", "ops@paper.example"),
        notices_webhook=hook.url,
    )


@pytest.fixture
def stands(monkeypatch: pytest.MonkeyPatch) -> list[Condition]:
    """What stands, to be changed by the test."""
    found: list[Condition] = []
    monkeypatch.setattr(telling, "standing_conditions", lambda settings, now: list(found))
    return found


def test_a_trouble_is_told_once_by_each_channel_and_its_end_once(settings, stands, mail, hook):
    stands += [condition("gate/a"), condition("digest-late", "critical")]
    for n in range(3):
        tell(settings, NOW + n * HOUR)
    assert (len(mail.got), len(hook.got)) == (1, 1)
    assert mail.got[0]["Subject"] == "[Daybook] critical: digest-late is wrong (and 1 more)"
    assert mail.got[0]["To"] == "desk@paper.example, ops@paper.example"
    assert "gate/a is wrong" in mail.got[0].get_content()
    assert [one["key"] for one in hook.got[0]["new"]] == ["digest-late", "gate/a"]
    stands.clear()
    for n in range(3, 6):
        tell(settings, NOW + n * HOUR)
    assert (len(mail.got), len(hook.got)) == (2, 2)
    assert (mail.got[1]["Subject"], hook.got[1]["severity"]) == ("[Daybook] all is well again", "recovery")
    assert {one["key"] for one in hook.got[1]["passed"]} == {"gate/a", "digest-late"}


def test_what_is_new_is_told_beside_what_still_stands_and_what_grows_is_told_again(settings, stands, hook):
    stands.append(condition("disk"))
    tell(settings, NOW)
    stands[:] = [condition("disk", "critical"), condition("unread")]
    tell(settings, NOW + HOUR)
    stands.append(condition("gate/a"))
    tell(settings, NOW + 2 * HOUR)
    assert [[one["key"] for one in notice["new"]] for notice in hook.got] == [["disk"], ["disk", "unread"], ["gate/a"]]
    assert [one["key"] for one in hook.got[2]["still"]] == ["disk", "unread"]


def test_an_end_waits_for_the_others_of_its_severity(settings, stands, hook):
    stands += [condition("a"), condition("b"), condition("c", "critical")]
    tell(settings, NOW)
    stands[:] = [condition("b")]
    tell(settings, NOW + HOUR)
    assert [one["key"] for one in hook.got[-1]["passed"]] == ["c"]
    stands.clear()
    tell(settings, NOW + 2 * HOUR)
    assert {one["key"] for one in hook.got[-1]["passed"]} == {"a", "b"}
    assert len(hook.got) == 3


def test_a_channel_that_fails_is_tried_again_and_the_other_is_not_told_twice(settings, stands, mail, hook):
    hook.status = 503
    stands.append(condition("disk"))
    done = tell(settings, NOW)
    assert (list(done.sent), done.failed) == (["mail"], {"webhook": "the webhook at 127.0.0.1 answered 503"})
    hook.status = 200
    tell(settings, NOW + HOUR)
    assert (len(mail.got), len(hook.got)) == (1, 1)
    mail.status, hook.status = 554, 302
    stands.append(condition("unread"))
    assert set(tell(settings, NOW + 2 * HOUR).failed) == {"mail", "webhook"}
    mail.status = hook.status = 200
    tell(settings, NOW + 3 * HOUR)
    assert [one["key"] for one in hook.got[-1]["new"]] == ["unread"]


@pytest.mark.parametrize(
    "broken", ["", "{", "[]", '{"told": 3}', '{"told": {}, "silences": [{"key": "a"}]}', "\x00\xff"]
)
def test_a_memory_that_cannot_be_read_is_told_again(settings, stands, hook, broken):
    stands.append(condition("disk"))
    tell(settings, NOW)
    (settings.state / FILE).write_bytes(broken.encode("latin-1"))
    tell(settings, NOW + HOUR)
    tell(settings, NOW + 2 * HOUR)
    assert len(hook.got) == 2


def test_a_memory_that_cannot_be_written_is_told_each_time(settings, stands, hook):
    settings.state.write_text("no folder")
    stands.append(condition("disk"))
    for n in range(2):
        tell(settings, NOW + n * HOUR)
    assert len(hook.got) == 2


def test_a_warehouse_that_cannot_be_read_is_told(tmp_path: Path, settings, hook):
    sources = tmp_path / "sources.toml"
    sources.write_text("")
    settings.warehouse.mkdir()
    (settings.warehouse / "current").symlink_to("snapshots/7")
    tell(replace(settings, sources=sources), NOW)
    assert [one["key"] for one in hook.got[0]["new"]] == ["warehouse"]


def test_a_failed_run_stands_until_one_of_its_dag_ends_well(settings, stands, hook):
    tell(settings, NOW, outcomes={"news_digest": "verify: a quote differs"})
    tell(settings, NOW, outcomes={"news_digest": "verify: a quote differs"})
    tell(settings, NOW, outcomes={"news_ingest": None})
    tell(settings, NOW)
    assert len(hook.got) == 1
    tell(settings, NOW, outcomes={"news_digest": None})
    assert [notice["severity"] for notice in hook.got] == ["critical", "recovery"]


def test_the_end_of_a_failed_run_is_kept_while_another_stands(settings, stands, hook):
    tell(settings, NOW, outcomes={"news_digest": "verify"})
    tell(settings, NOW, outcomes={"news_upkeep": "expire"})
    tell(settings, NOW, outcomes={"news_digest": None})
    assert len(hook.got) == 2
    tell(settings, NOW, outcomes={"news_upkeep": None})
    assert {one["key"] for one in hook.got[2]["passed"]} == {"run/news_digest", "run/news_upkeep"}


def test_silence_has_an_end_and_what_still_stands_then_is_told(settings, stands, hook):
    settings.state.mkdir()
    silence = Silence(key="gate", until=NOW + 2 * HOUR, why="they move house")
    write_memory(settings.state, Memory(silences=[silence]), NOW)
    stands += [condition("gate/a"), condition("gate-keeper")]
    tell(settings, NOW)
    assert [[one["key"] for one in notice["new"]] for notice in hook.got] == [["gate-keeper"]]
    tell(settings, NOW + 2 * HOUR)
    assert [one["key"] for one in hook.got[-1]["new"]] == ["gate/a"]
    assert read_memory(settings.state).silences == []


def test_nobody_to_tell_costs_nothing(tmp_path: Path):
    done = tell(Settings(warehouse=tmp_path / "w", state=tmp_path / "s", sources=tmp_path / "none"), NOW)
    assert (done.sent, list(tmp_path.iterdir())) == ({}, [])


def test_what_strangers_sent_stays_within_its_line(settings, stands, mail):
    evil = "x\r\nBcc: all@world.example\x1b[31m\u202e" + "y" * 5_000
    stands.append(Condition(key="unread", severity="warning", what=evil, do="mend it"))
    tell(settings, NOW)
    (message,) = mail.got
    assert message["Bcc"] is None
    text = message.get_content()
    assert "\x1b" not in text
    assert max(map(len, text.splitlines())) < 500
    assert len(message["Subject"]) <= 140


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"notices_smtp": "mail.example:25"}, "NOTICES_SMTP"),
        ({"notices_smtp": "smtp://h:port"}, "NOTICES_SMTP"),
        ({"notices_smtp": "smtps://u:secret@h", "notices_to": ()}, "NOTICES_TO"),
        ({"notices_smtp": "smtps://h", "notices_from": "a@b\r\nBcc: c@d"}, "NOTICES_FROM"),
        ({"notices_webhook": "ftp://h/secret"}, "NOTICES_WEBHOOK"),
    ],
)
def test_a_malformed_channel_is_named_without_its_secrets(settings, changes, complaint):
    with pytest.raises(SettingsError, match=complaint) as refused:
        channels_of(replace(settings, **changes))
    assert "secret" not in str(refused.value)
    assert "secret" not in repr(settings)


def test_a_server_that_is_away_is_named_without_secrets(settings, stands):
    stands.append(condition("disk"))
    away = replace(
        settings, notices_smtp="smtp+plain://u:secret@127.0.0.1:1", notices_webhook="http://127.0.0.1:1/secret"
    )
    failed = tell(away, NOW).failed
    assert set(failed) == {"mail", "webhook"}
    assert "secret" not in json.dumps(failed)


KEYS = st.sampled_from(["a", "b", "c", "d/x", "d/y"])
STATES = st.dictionaries(KEYS, st.sampled_from(["critical", "warning"]), max_size=5)


@given(st.lists(STATES, max_size=8))
def test_whatever_comes_and_goes_all_is_told_and_no_end_is_told_of_what_stands(states):
    """After each telling the channel knows of all that stands; once nothing stands it knows of nothing; no end is told early."""
    told: dict[str, Told] = {}
    for state in [*states, {}]:
        standing = [condition(key, severity) for key, severity in state.items()]
        notice = notice_of(standing, told, Memory(), NOW)
        assert not set(notice.passed) & set(state)
        assert {one.key for one in notice.new}.isdisjoint(one.key for one in notice.still)
        told = telling._remembered(told, notice)
        assert set(state) <= set(told)
        again = notice_of(standing, told, Memory(), NOW)
        assert not again.new
        assert not again.passed
    assert told == {}


def test_a_crowd_tells_once(settings, stands, hook):
    from concurrent.futures import ThreadPoolExecutor

    stands.append(condition("disk"))
    with ThreadPoolExecutor(6) as threads:
        list(threads.map(lambda _: tell(settings, NOW), range(6)))
    assert len(hook.got) == 1
    assert [path.name for path in settings.state.iterdir()] == [FILE]


def test_a_test_is_none_of_the_troubles():
    notice = Notice(at=NOW, passed={}, is_test=True)
    assert (notice.severity, notice.to_dict()["new"]) == ("test", [])

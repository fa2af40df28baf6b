"""The sources file: what it may say, and what it is told when it says something else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pipeline.errors import SettingsError
from pipeline.fetch.sources import Source, inbox_source, load_registry, warc_source
from pipeline.windows import Window

GOOD = """
clock = "window-end"

[[source]]
id = "courier"
kind = "feed"
url = "https://www.harbour-courier.example/feed.xml"
publisher = "Harbour Courier"
language = "en"
gap_seconds = 0.05
headers = { "X-Newsroom-Now" = "{window_end}" }

[[source]]
id = "map.one_2"
kind = "sitemap"
url = "http://news.example/news.xml"
enabled = false

[[source]]
id = "drop-box"
kind = "inbox"
path = "drop"
"""


@pytest.fixture
def load(tmp_path):
    """Load a sources file with this text."""

    def call(text: str):
        path = tmp_path / "sources.toml"
        path.write_text(text, encoding="utf-8")
        return load_registry(path)

    return call


def test_a_registry_in_full(load, tmp_path):
    registry = load(GOOD)
    assert registry.clock == "window-end"
    assert [source.source_id for source in registry.sources] == ["courier", "map.one_2", "drop-box"]
    courier = registry.by_id["courier"]
    assert (courier.publisher, courier.language, courier.gap_seconds, courier.enabled) == (
        "Harbour Courier",
        "en",
        0.05,
        True,
    )
    assert courier.host == "www.harbour-courier.example"
    window = Window.parse("2026-03-02T01:00+01:00/2026-03-03")
    assert courier.headers_for(window) == {"X-Newsroom-Now": "2026-03-03T00:00:00Z"}
    assert registry.by_id["map.one_2"].enabled is False
    box = registry.by_id["drop-box"]
    assert (box.paths, box.url, box.host) == ((tmp_path / "drop",), None, None)


def test_an_empty_file_is_an_empty_registry(load):
    registry = load("")
    assert (registry.sources, registry.clock) == ((), "wall")


FEED = '[[source]]\nid = "x"\nkind = "feed"\nurl = "http://a.example/f"\n'


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("not toml at all [", "is no TOML"),
        ('colour = "red"', "unknown key 'colour'"),
        ('clock = "sundial"', "clock = 'sundial'"),
        ('source = "x"', "[[source]]"),
        (FEED + 'colour = "red"', "source 'x': colour is not known"),
        ('[[source]]\nkind = "feed"', "source number 1: id is missing"),
        ('[[source]]\nid = "x"', "source 'x': kind is missing"),
        ('[[source]]\nid = "x"\nkind = "feed"', "source 'x': url is missing"),
        ('[[source]]\nid = "x"\nkind = "inbox"', "source 'x': path is missing"),
        ('[[source]]\nid = "Ünder"\nkind = "feed"', "id takes"),
        ('[[source]]\nid = "../x"\nkind = "feed"', "id takes"),
        ('[[source]]\nid = 7\nkind = "feed"', "source number 1: id is 7"),
        ('[[source]]\nid = "x"\nkind = "rss"', "kind is 'rss'"),
        ('[[source]]\nid = "x"\nkind = "feed"\nurl = "file:///etc/passwd"', "url is 'file:///etc/passwd'"),
        ('[[source]]\nid = "x"\nkind = "feed"\nurl = "http://u:p@a.example/"', "without credentials"),
        (FEED + 'path = "x"', "path does not go with kind feed"),
        (
            '[[source]]\nid = "x"\nkind = "warc"\npath = "a"\nurl = "http://a.example/"',
            "url does not go with kind warc",
        ),
        ('[[source]]\nid = "warc"\nkind = "feed"\nurl = "http://a.example/"', "id is kept for"),
        (FEED + 'enabled = "yes"', "enabled is 'yes'"),
        (FEED + 'language = "english"', "language is 'english'"),
        (FEED + 'publisher = ""', "publisher is ''"),
        (FEED + "gap_seconds = -1", "gap_seconds is -1"),
        (FEED + "gap_seconds = nan", "gap_seconds is nan"),
        (FEED + "gap_seconds = true", "gap_seconds is True"),
        (FEED + 'headers = "x"', "headers is no table"),
        (FEED + 'headers = { "Host" = "x" }', "headers cannot set 'Host'"),
        (FEED + 'headers = { "X Y" = "x" }', "headers cannot set 'X Y'"),
        (FEED + 'headers = { "X" = 1 }', "X is no text of one line"),
        (FEED + 'headers = { "X" = "a\\r\\nY: b" }', "X is no text of one line"),
        (FEED + 'headers = { "X" = "{now}" }', "its only fields are"),
        (FEED + 'headers = { "X" = "{window_end.__class__}" }', "its only fields are"),
        (FEED + 'headers = { "X" = "{window_end!r}" }', "its only fields are"),
        (FEED + 'headers = { "X" = "{" }', "its only fields are"),
        (FEED + FEED, "two sources have the id 'x'"),
    ],
)
def test_what_is_wrong_is_said_with_file_source_and_field(load, text, complaint):
    with pytest.raises(SettingsError, match=re.escape(complaint)) as raised:
        load(text)
    assert "sources.toml" in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(SettingsError, match=r"nowhere\.toml: No such file"):
        load_registry(tmp_path / "nowhere.toml")


def test_the_sources_of_the_command_line():
    assert inbox_source(Path("in")) == Source(source_id="inbox", kind="inbox", paths=(Path("in"),))
    assert warc_source([Path("a"), Path("b")]).paths == (Path("a"), Path("b"))


def test_the_sample_newsrooms_sources_are_well_formed(project):
    registry = load_registry(project / "newsroom" / "sources.toml")
    assert registry.clock == "window-end"
    assert len(registry.sources) >= 2

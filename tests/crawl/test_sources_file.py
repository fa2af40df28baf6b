"""The sources file edited for a person: what was meant and nothing else, comments and layout as they were, or no change."""

from __future__ import annotations

import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.crawl.sources_file import add_sources, free_id, switch_source
from pipeline.errors import InputError, SettingsError, UsageError
from pipeline.fetch.sources import Source, entry_of, load_registry, parse_registry

KEPT = """# who we watch
clock = "wall"   # ours

[[source]] # the first
id = "a"
kind = "feed"
url = "http://a.example/feed"
# enabled = false
headers = { "X-One" = "1" }

  [[ source ]]
  id = 'b'
  enabled = true  # since spring
  kind = "sitemap"
  url = "http://b.example/map.xml"
  [source.headers]
  "X-Two" = "2"

# the last word
"""
NEW = Source(
    source_id="new", kind="feed", url="http://new.example/feed", publisher='The "New"', country="GB", enabled=False
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "sources.toml"
    path.write_text(KEPT)
    return path


def test_an_entry_is_added_behind_what_stands(path: Path):
    add_sources(path, [NEW])
    assert path.read_text().startswith(KEPT)
    assert load_registry(path).by_id["new"] == NEW
    assert [source.source_id for source in load_registry(path).sources] == ["a", "b", "new"]


@pytest.mark.parametrize(
    ("source_id", "enabled", "old", "new"),
    [
        ("a", False, 'headers = { "X-One" = "1" }\n', 'headers = { "X-One" = "1" }\nenabled = false\n'),
        ("b", False, "enabled = true  # since", "enabled = false  # since"),
    ],
)
def test_a_switch_changes_its_own_line(path: Path, source_id: str, enabled: bool, old: str, new: str):
    assert switch_source(path, source_id, enabled=enabled)
    assert path.read_text() == KEPT.replace(old, new)
    assert not switch_source(path, source_id, enabled=enabled)
    assert switch_source(path, source_id, enabled=not enabled)
    assert [source.enabled for source in load_registry(path).sources] == [True, True]


def test_line_ends_mode_and_links_stay(tmp_path: Path, path: Path):
    path.write_bytes(KEPT.replace("\n", "\r\n").encode())
    path.chmod(0o640)
    linked = tmp_path / "other" / "linked.toml"
    linked.parent.mkdir()
    linked.symlink_to(path)
    add_sources(linked, [NEW])
    switch_source(linked, "a", enabled=False)
    assert linked.is_symlink()
    assert b"\n" not in path.read_bytes().replace(b"\r\n", b"")
    assert path.stat().st_mode & 0o777 == 0o640
    assert {entry.name for entry in tmp_path.iterdir()} == {"other", "sources.toml"}


ODD = {
    "inline": 'source = [{ id = "a", kind = "feed", url = "http://a.example/f" }]\n',
    "a text that looks like a table": (
        '[[source]]\nid = "z"\nkind = "feed"\nurl = "http://z.example/f"\npublisher = """\n[[source]]\nenabled = true\n"""\n'
        '[[source]]\nid = "a"\nkind = "feed"\nurl = "http://a.example/f"\n'
    ),
    "a quoted table": '[["source"]]\nid = "a"\nkind = "feed"\nurl = "http://a.example/f"\n',
}


@pytest.mark.parametrize("form", ODD)
def test_what_cannot_be_changed_safely_stays_as_it_is(path: Path, form: str):
    path.write_text(ODD[form])
    with pytest.raises(InputError, match="by hand"):
        switch_source(path, "a", enabled=False)
    assert path.read_text() == ODD[form]


def test_what_would_break_the_file_is_refused(path: Path):
    for broken, complaint in (
        (Source(source_id="a", kind="feed", url="http://x.example/"), "two sources"),
        (Source(source_id="x", kind="feed", url="ftp://x.example/"), "url is"),
        (Source(source_id="x", kind="feed", url="http://x.example/", country="uk"), "country is"),
    ):
        with pytest.raises(SettingsError, match=complaint):
            add_sources(path, [broken])
    with pytest.raises(UsageError, match="registered are: a, b"):
        switch_source(path, "c", enabled=True)
    assert path.read_text() == KEPT


def test_many_editors_at_once_lose_nothing(path: Path):
    def add(n: int) -> None:
        add_sources(path, [Source(source_id=f"s{n}", kind="feed", url=f"http://s{n}.example/feed")])

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(add, range(24)))
    assert {source.source_id for source in load_registry(path).sources} == {"a", "b", *(f"s{n}" for n in range(24))}


TEXTS = st.text(max_size=40)
FIELDS = st.fixed_dictionaries(dict.fromkeys(("publisher", "owner", "section"), TEXTS))


@given(FIELDS, st.booleans())
def test_whatever_is_written_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, told: dict[str, str], enabled: bool
):
    path = tmp_path_factory.mktemp("written") / "sources.toml"
    path.write_text(KEPT)
    source = Source(source_id="x", kind="feed", url="http://x.example/f", enabled=enabled, **told)
    try:
        add_sources(path, [source])
    except (SettingsError, UnicodeEncodeError):
        assert path.read_text() == KEPT
        return
    written = tomllib.loads(path.read_text())["source"][-1]
    assert written == entry_of(source)


@given(st.text() | st.sampled_from(["inbox", "warc"]), st.lists(st.text()))
def test_a_free_id_is_one_that_a_file_takes(words: str, taken: list[str]):
    name = free_id(words, taken)
    assert name not in taken
    (source,) = parse_registry(
        f'[[source]]\nid = "{name}"\nkind = "feed"\nurl = "http://x.example/"\n', Path("x")
    ).sources
    assert source.source_id == name

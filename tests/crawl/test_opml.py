"""Subscriptions read from OPML and written to it: hostile files are refused whole, odd outlines one by one."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.crawl.opml import MOST_BYTES, read_opml, write_opml
from pipeline.errors import InputError
from pipeline.fetch.sources import Source

LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))


@pytest.fixture
def read(tmp_path: Path):
    def call(text: str | bytes, *taken: Source):
        path = tmp_path / "feeds.opml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_opml(path, taken, enabled=False)

    return call


def opml(outlines: str, before: str = "") -> str:
    return f'<?xml version="1.0"?>{before}<opml version="1.0"><head/><body>{outlines}</body></opml>'


def test_folders_are_looked_into_and_each_address_is_taken_once(read):
    text = opml(
        '<outline text="News"><outline text="A &amp; B" xmlUrl="http://a.example/feed" language="EN-gb"/>'
        '<outline text="again" xmlUrl="HTTP://a.example:80/feed"/></outline>'
        '<outline text="no feed" htmlUrl="http://x.example/"/>'
        '<outline text="A B" xmlUrl="http://b.example/feed"/><outline text="C" xmlUrl="http://c.example/feed"/>'
    )
    found, passed = read(text, Source(source_id="c", kind="feed", url="http://c.example/feed"))
    assert [(s.source_id, s.url, s.publisher, s.language, s.enabled) for s in found] == [
        ("a-b", "http://a.example/feed", "A & B", "en", False),
        ("a-b-2", "http://b.example/feed", "A B", None, False),
    ]
    assert [why.partition(":")[0] for why in passed] == ["again", "C"]


def test_an_outline_that_gives_no_source_is_named_and_its_neighbours_are_taken(read):
    odd = ("javascript:alert(1)", "file:///etc/passwd", "http://u:p@a.example/", "http://[", "news")
    text = opml(
        "".join(f'<outline text="{n}" xmlUrl="{url}"/>' for n, url in enumerate((*odd, "http://good.example/f")))
    )
    found, passed = read(text)
    assert [source.url for source in found] == ["http://good.example/f"]
    assert len(passed) == len(odd)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (opml('<outline xmlUrl="&l9;"/>', f'<!DOCTYPE opml [<!ENTITY l0 "ha">{LAUGHS}]>'), "document type"),
        (opml('<outline xmlUrl="&f;"/>', '<!DOCTYPE opml [<!ENTITY f SYSTEM "file:///etc/passwd">]>'), "document type"),
        (opml("", '<!dOcTyPe opml SYSTEM "http://canary.example/">').encode("utf-16"), "document type"),
        (opml("").replace("opml", "rss").encode(), "no OPML"),
        ("<opml>", "no XML"),
        ("", "no XML"),
        (b"\xff\xfe\x00\x01junk", "no XML"),
        (
            '<?xml version="1.0" encoding="utf-8"?><opml><outline text="\udce9"/></opml>'.encode(
                "utf-8", "surrogateescape"
            ),
            "no XML",
        ),
        ('<?xml version="1.0" encoding="no-such"?><opml/>', "no XML"),
        ("<opml>" + "<outline>" * 5_000 + "</opml>", "no XML"),
        (b"<opml>" + b" " * MOST_BYTES, "larger than"),
    ],
)
def test_a_hostile_file_is_refused_whole(read, text, complaint):
    with pytest.raises(InputError, match=complaint) as refused:
        read(text)
    assert len(str(refused.value)) < 600


def test_a_file_that_is_not_there(tmp_path: Path):
    with pytest.raises(InputError, match="cannot read"):
        read_opml(tmp_path / "none.opml", [], enabled=False)


WORDS = st.text(st.characters(categories=["L", "N", "P"]), min_size=1, max_size=30)
SOURCES = st.builds(
    Source,
    source_id=st.from_regex(r"[a-z0-9][a-z0-9_.-]{0,63}", fullmatch=True),
    kind=st.sampled_from(["feed", "sitemap"]),
    url=st.integers(0, 10**6).map("http://a.example/{}?x=1&y=<".format),
    publisher=WORDS,
    owner=st.none() | WORDS,
    country=st.none() | st.sampled_from(["GB", "DE"]),
    language=st.none() | st.sampled_from(["en", "de"]),
    section=st.none() | WORDS,
)


@given(st.lists(SOURCES, unique_by=(lambda s: s.source_id, lambda s: s.url), max_size=5))
def test_what_is_written_is_read_back(tmp_path_factory: pytest.TempPathFactory, sources: list[Source]):
    path = tmp_path_factory.mktemp("opml") / "feeds.opml"
    path.write_text(write_opml(sources), encoding="utf-8")
    found, passed = read_opml(path, [], enabled=True)
    assert not passed
    assert found == sources, "their ids too: the books know them by it"


def test_an_id_that_is_taken_or_none_gets_another(read):
    own = "xmlns:daybook='urn:daybook:sources' daybook:id"
    text = opml(
        "".join(
            f"<outline {own}='{name}' xmlUrl='http://{n}.example/'/>"
            for n, name in enumerate(("a_b", "a_b", "warc", "A B"))
        )
    )
    assert [source.source_id for source in read(text)[0]] == ["a_b", "a-b", "warc-2", "a-b-2"]


def test_headers_folders_and_archives_are_not_written():
    secret = Source(source_id="a", kind="feed", url="http://a.example/f", headers={"X-Key": "secret"})
    text = write_opml([secret, Source(source_id="box", kind="inbox", paths=(Path("drop"),))])
    assert "secret" not in text
    assert text.count("<outline") == 1


def test_the_starter_list_is_well_formed_in_ten_languages_and_off(project: Path):
    found, passed = read_opml(project / "samples" / "starter-sources.opml", [], enabled=False)
    assert not passed
    assert len({source.language for source in found}) >= 10
    assert all(source.country and source.url and source.url.startswith("https://") for source in found)
    assert not any(source.enabled for source in found)

"""Headlines without their site, names without their titles, placeholders without mercy."""

from __future__ import annotations

import pytest

from pipeline.extract.bylines import choose_authors, is_placeholder, split_names
from pipeline.extract.jsonld import Declared
from pipeline.extract.marks import Marks
from pipeline.extract.titles import choose_title, cut_site

SITES = frozenset({"quillmouthpost", "postexample"})


@pytest.mark.parametrize(
    ("title", "cut"),
    [
        ("Ferries back | Quillmouth Post", "Ferries back"),
        ("Ferries back - Quillmouth Post", "Ferries back"),
        ("Ferries back :: Quillmouth Post", "Ferries back"),
        ("Ferries back – The Quillmouth Post Online", "Ferries back"),
        ("Ferries back | Harbour | Quillmouth Post", "Ferries back | Harbour"),
        ("Ferries back * Quillmouth Post * by Ida Varga", "Ferries back"),
        ("Quillmouth Post: ferries are back", "Quillmouth Post: ferries are back"),
        ("Quillmouth Post | Ferries back", "Ferries back"),
        ("Dredging - what we know", "Dredging - what we know"),
        ("Quillmouth Post", "Quillmouth Post"),
        ("Half-time: 3-2 to Kallsund", "Half-time: 3-2 to Kallsund"),
    ],
)
def test_cut_site(title: str, cut: str) -> None:
    assert cut_site(title, SITES, ()) == cut


def test_what_follows_the_heading_is_cut() -> None:
    assert cut_site("Ferries back | Harbour news", (), ["Ferries back"]) == "Ferries back"


def marks(title: str = "", heading: str = "", **meta: str) -> Marks:
    named = {key.replace("_", ":"): (value,) for key, value in meta.items()}
    return Marks(title=title, headings=(heading,) if heading else (), meta=named)


@pytest.mark.parametrize(
    ("declared", "page", "listed", "expected"),
    [
        (Declared(headline="One"), marks(), None, ("One", "jsonld")),
        (Declared(), marks(title="Three", heading="Four", og_title="Two"), None, ("Two", "meta")),
        (Declared(), marks(title="Three", heading="Four"), None, ("Three", "html")),
        (Declared(), marks(title="Untitled", heading="Four"), None, ("Four", "heading")),
        (Declared(), marks(title="Quillmouth Post"), "Five", ("Five", "feed")),
        (Declared(), marks(title="Home"), None, (None, None)),
        (Declared(headline="A long headline that …"), marks(title="A long headline that goes on"), None,
         ("A long headline that goes on", "html")),
        (Declared(publishers=("Kallsunder Tagblatt",)), marks(title="Tor – Kallsunder Tagblatt"), None, ("Tor", "html")),
    ],
)  # fmt: skip
def test_choose_title(
    declared: Declared, page: Marks, listed: str | None, expected: tuple[str | None, str | None]
) -> None:
    assert choose_title(declared, page, "https://quillmouthpost.example/a", listed) == expected


@pytest.mark.parametrize(
    ("raw", "names"),
    [
        ("By Ada Reed", ["Ada Reed"]),
        ("By Ada Reed, Ben Cole and Cy Day", ["Ada Reed", "Ben Cole", "Cy Day"]),
        ("Von Käthe Brüggemann und Jan Ølund, Kallsund", ["Käthe Brüggemann", "Jan Ølund"]),
        ("Reed, Ada", ["Ada Reed"]),
        ("Ada Reed, senior reporter", ["Ada Reed"]),
        ("Ada Reed (Reuters)", ["Ada Reed"]),
        ("José Ortega y Gasset", ["José Ortega y Gasset"]),
        ("Rosa Luna y Juan Sol", ["Rosa Luna", "Juan Sol"]),
        ("AFP, MANILA", ["AFP"]),
        ("Jay E. Holt", ["Jay E. Holt"]),
        ("Ada Reed; Ben Cole", ["Ada Reed", "Ben Cole"]),
        ("Ada Reed / Ben Cole", ["Ada Reed", "Ben Cole"]),
        ("https://post.example/authors/ada", ["https://post.example/authors/ada"]),
        ("Ada Reed ada@post.example", ["Ada Reed"]),
        ("", []),
        ("—", []),
    ],
)
def test_split_names(raw: str, names: list[str]) -> None:
    assert split_names(raw) == names


@pytest.mark.parametrize(
    "name",
    ["Admin", "admin", "By Admin", "Administrator", "Staff", "Staff Reporter", "Editor", "Editorial Team", "Redaktion",
     "Die Redaktion", "Newsroom", "News Desk", "Web Desk", "Online-Redaktion", "Our Correspondent", "Guest", "N/A"],
)  # fmt: skip
def test_placeholders_are_no_authors(name: str) -> None:
    authors, rules = choose_authors([[name]], SITES)
    assert authors == ()
    assert rules == ("byline-placeholder",)


@pytest.mark.parametrize("name", ["Admiral Benbow", "Ada Reed", "Stafford Cole", "Edita Orsós", "Guy Root-Mason"])
def test_names_are_no_placeholders(name: str) -> None:
    assert not is_placeholder(name)
    assert choose_authors([[name]], SITES)[0] == (name,)


def test_sites_and_addresses_are_no_authors() -> None:
    authors, rules = choose_authors(
        [["Quillmouth Post", "desk@post.example", "https://post.example/a", "Ada Reed"]], SITES
    )
    assert authors == ("Ada Reed",)
    assert rules == ("byline-address", "byline-site")


def test_the_next_source_is_asked_when_one_names_nobody() -> None:
    assert choose_authors([["Admin"], [], ["Ada Reed", "ada reed"]], SITES)[0] == ("Ada Reed",)


def test_a_crowd_is_cut_at_fifty() -> None:
    crowd = [f"Name{i} Person{i}" for i in range(2_000)]
    assert len(choose_authors([crowd], ())[0]) == 50

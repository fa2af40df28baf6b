"""Pages that were written to cost time: each is read, or refused, in a time that ordinary pages take."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest

from pipeline.extract.batch import extract_pages
from pipeline.extract.clean import MOST_TEXT_BYTES, clean_paragraphs
from pipeline.extract.html import parse_page
from pipeline.extract.jsonld import read_jsonld
from pipeline.extract.page import Extraction, Page, extract_page
from pipeline.tables import PAGES

TEXT = "The harbour board of Quillmouth voted on Tuesday to dredge the eastern channel for the first time in years. "
PROSE = "".join(f"<p>{TEXT} Paragraph {n}.</p>" for n in range(4))
START = datetime(2026, 3, 3, 9, tzinfo=UTC)


def read(head: str = "", body: str = PROSE, before: str = "") -> Extraction:
    html = f"{before}<html><head><title>The channel is dredged</title>{head}</head><body><article>{body}</article></body></html>"
    return extract_page(Page(body=html.encode(), content_type="text/html", url="http://news.example/a/b-c-d"))


def jsonld(text: str) -> str:
    return f'<script type="application/ld+json">{text}</script>'


@pytest.mark.parametrize(
    "page",
    [
        {"before": "<!---->" * 500},
        {"before": "<?x?>" * 500},
        {"body": PROSE + f"<p>{'77:' * 39}</p>"},
        {"body": PROSE + f"<p>{'-' * 70_000}</p>"},
        {"body": PROSE + f"<p>{'@' * 20_000}</p>"},
        {"body": PROSE + f"<p>by {'w.' * 50}- - - -</p>"},
        {"body": PROSE + f"<p>a{chr(0x301) * 200_000}</p>"},
        {"head": jsonld('{"@type":"NewsArticle",' + "/*q" * 200_000)},
        {"head": jsonld('{"@type":"NewsArticle",' + "\n" * 200_000 + "x")},
        {"head": jsonld('{"@type":' + " " * 200_000 + "x")},
        {"head": f"<link rel=canonical href='http://a{chr(0x301) * 100_000}.example/'>"},
        {"head": f"<meta property=og:title content='a{chr(0x301) * 100_000}'>"},
    ],
    ids=lambda page: next(iter(page.values()))[-40:-20],
)
def test_the_article_is_read_all_the_same(page: dict[str, str]) -> None:
    started = time.process_time()
    found = read(**page)
    assert time.process_time() - started < 5
    assert found.reason is None
    assert found.text.startswith(TEXT.strip())


@pytest.mark.parametrize("field", ["headline", "articleBody", "datePublished"])
def test_a_number_beyond_all_characters_costs_no_article(field: str) -> None:
    fields = {"headline": "The channel is dredged", "articleBody": "x", field: "&#" + "9" * 5_000 + ";"}
    text = ",".join(f'"{name}":"{value}"' for name, value in fields.items())
    assert read(jsonld(f'{{"@type":"NewsArticle",{text}}}')).text.startswith(TEXT.strip())


def test_comments_in_json_are_taken_out_as_before() -> None:
    text = '<!-- /* a "b" */ {"@type": /* c */ "NewsArticle",\n // d\n "headline": "Ferries back", } /* e --> ]]>'
    tree = parse_page(f"<html><head>{jsonld(text.replace('/* e ', ''))}</head><body><p>x</p></body></html>")
    assert tree is not None
    assert read_jsonld(tree, None).headline == "Ferries back"


def test_a_declared_address_of_any_length_stays_in_its_process() -> None:
    assert read("<link rel=canonical href='http://news.example/" + "a" * 3_000 + "'>").declared_url is None
    assert read("<link rel=canonical href='/x/y-z-w'>").declared_url == "/x/y-z-w"


@pytest.mark.parametrize("line", ["word " * 300_000, "a" * 1_500_000, "ﷺ" * 500_000])
def test_a_text_is_cut_where_it_is_longer_than_any_article(line: str) -> None:
    done = clean_paragraphs([TEXT, line, TEXT])
    size = len("".join(done.paragraphs).encode())
    assert MOST_TEXT_BYTES - 10 <= size <= MOST_TEXT_BYTES
    assert done.rules == {"text-cut"}
    assert [rule for rule, _ in done.removed] == ["text-cut", "text-cut"]
    assert "text-cut" not in clean_paragraphs([TEXT] * 1_000).rules


@pytest.mark.drill
def test_a_source_of_slow_pages_does_not_hold_up_a_batch() -> None:
    """What the pool makes of a batch, as rows: another source's pages are read, and the rest says why it was not."""
    slow = "<html><body><article><p>" + "<a href=x>word</a> text " * 19_000 + "</p>{n}</article></body></html>"
    pages = [("evil", slow.format(n=n)) for n in range(6)] + [
        ("evil", f"<article>{PROSE}</article>"),
        ("good", f"<article>{PROSE}</article>"),
    ]
    rows = PAGES.rows(
        [
            {
                "page_id": f"p{n}", "source_id": source, "requested_url": f"http://{source}.example/a/{n}", "window_start": START,
                "fetched_at": START, "content_type": "text/html", "body": body.encode(), "body_sha256": str(n), "cause": "new",
                "run_id": "run", "recorded_at": START, "day": START.date(),
            }
            for n, (source, body) in enumerate(pages)
        ]
    )  # fmt: skip
    read = extract_pages(rows, workers=2, timeout_seconds=1.0, publishers={})
    *slow_ones, own, neighbour = read["reason"].to_pylist()
    assert slow_ones == ["extract-timeout"] * 5 + ["extract-put-off"]
    assert own in (None, "extract-put-off"), "read if its turn came before the source's time was used up"
    assert neighbour is None

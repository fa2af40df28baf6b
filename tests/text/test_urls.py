"""Cleaned URLs, registrable domains, the choice of a canonical URL, article ids."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.text.urls import article_id, choose_canonical, clean_url, is_root_or_section, registrable_domain


@pytest.mark.parametrize(
    ("url", "cleaned"),
    [
        ("HTTP://News.Example/a?utm_source=x#top", "http://news.example/a"),
        ("https://news.example:443/a", "https://news.example/a"),
        ("http://news.example:8080/a", "http://news.example:8080/a"),
        ("https://news.example", "https://news.example/"),
        ("https://news.example/a/../b/./c", "https://news.example/b/c"),
        ("https://news.example/../../a", "https://news.example/a"),
        ("https://news.example/a//b/", "https://news.example/a/b/"),
        ("https://user:pw@news.example/a", "https://news.example/a"),
        ("https://news.example./a", "https://news.example/a"),
        ("  https://news.example/a\n", "https://news.example/a"),
        ("https://news.example/a?b=2&amp;a=1", "https://news.example/a?a=1&b=2"),
        ("https://news.example/a?fbclid=1&gclid=2&UTM_Medium=x&mc_cid=3&id=7", "https://news.example/a?id=7"),
        ("https://news.example/a?ref=101&gclid=2", "https://news.example/a?ref=101"),
        ("https://news.example/a?sr_no=7&source=b&src=c", "https://news.example/a?source=b&sr_no=7&src=c"),
        ("https://news.example/article.php?48213", "https://news.example/article.php?48213"),
        ("https://news.example/a?gallery=2&cid=AKR77", "https://news.example/a?cid=AKR77&gallery=2"),
        ("https://news.example/show?itmid=77&itm_source=x", "https://news.example/show?itmid=77"),
        ("https://news.example/a?veronica=1&hsaid=2&gaapp=3", "https://news.example/a?gaapp=3&hsaid=2&veronica=1"),
        ("https://news.example/a;jsessionid=8F?x=1", "https://news.example/a?x=1"),
        ("https://news.example/%7Euser/%e4", "https://news.example/~user/%E4"),
        ("https://news.example/straße 1?q=ä b", "https://news.example/stra%C3%9Fe%201?q=%C3%A4%20b"),
        ("https://news.example/100%", "https://news.example/100%25"),
        ("https://news.example/a\ud83d", "https://news.example/a%EF%BF%BD"),
        ("https://Zürich.example/a", "https://xn--zrich-kva.example/a"),
        ("https://xn--zrich-kva.example/a", "https://xn--zrich-kva.example/a"),
        ("http://127.0.0.1:8765/a", "http://127.0.0.1:8765/a"),
        ("http://[::1]:8080/a", "http://[::1]:8080/a"),
    ],
)
def test_clean_url(url: str, cleaned: str) -> None:
    assert clean_url(url) == cleaned
    assert clean_url(cleaned) == cleaned


@pytest.mark.parametrize(
    "url",
    [None, "", " ", "mailto:desk@news.example", "javascript:alert(1)", "ftp://news.example/a", "//news.example/a", "/a",
     "news.example/a", "https://", "https://:80/", "http://a b.example/", "http://news.example:port/", "http://[::1/",
     "http://..example/"],
)  # fmt: skip
def test_no_url_is_none(url: str | None) -> None:
    assert clean_url(url) is None


@given(st.text(max_size=60), st.sampled_from(["https://", "http://", "HTTPS://", ""]))
def test_clean_url_is_idempotent_and_ascii(rest: str, scheme: str) -> None:
    cleaned = clean_url(f"{scheme}news.example/{rest}") if scheme else clean_url(rest)
    if cleaned is not None:
        assert cleaned.isascii()
        assert clean_url(cleaned) == cleaned


@pytest.mark.parametrize(
    ("given_name", "domain"),
    [
        ("https://www.harbour.example/a", "harbour.example"),
        ("harbour.example", "harbour.example"),
        ("https://news.bbc.co.uk/a?b", "bbc.co.uk"),
        ("a.github.io", "a.github.io"),
        ("http://127.0.0.1:80/", "127.0.0.1"),
        ("localhost", "localhost"),
        ("www.новости.рф", "xn--b1amnebsh.xn--p1ai"),
        (None, None),
        ("", None),
    ],
)
def test_registrable_domain(given_name: str | None, domain: str | None) -> None:
    assert registrable_domain(given_name) == domain


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://harbour.example/", True),
        ("https://harbour.example/index.html", True),
        ("https://harbour.example/en/", True),
        ("https://harbour.example/world/middle-east", True),
        ("https://harbour.example/tag/ferry-strike-and-its-consequences", True),
        ("https://harbour.example/?p=123", False),
        ("https://harbour.example/2026/03/02/ferries", False),
        ("https://harbour.example/news/ferry-strike-enters-third-week", False),
        ("https://harbour.example/ferries.html", False),
        ("https://harbour.example/world/article-48213", False),
    ],
)
def test_is_root_or_section(url: str, expected: bool) -> None:
    assert is_root_or_section(url) is expected


@pytest.mark.parametrize(
    ("final", "declared", "canonical", "original"),
    [
        ("h.example/a?page=2", None, "h.example/a?page=2", None),
        ("h.example/a?page=2", "https://h.example/a", "h.example/a", None),
        ("m.h.example/x/1", "https://www.h.example/x/one-two-three", "www.h.example/x/one-two-three", None),
        ("h.example/x/1", "/x/one-two-three", "h.example/x/one-two-three", None),
        ("h.example/x/1", "https://h.example/", "h.example/x/1", None),
        ("h.example/x/1", "https://h.example/news", "h.example/x/1", None),
        ("h.example/x/1", "https://wire.example/one-two-three", "h.example/x/1", "https://wire.example/one-two-three"),
        ("h.example/x/1", "https://wire.example/", "h.example/x/1", None),
        ("h.example/article.php?id=5", "https://h.example/article.php", "h.example/article.php?id=5", None),
        ("h.example/one-two-three?ref=home", None, "h.example/one-two-three?ref=home", None),
        ("h.example/one-two-three?ref=home", "https://h.example/one-two-three", "h.example/one-two-three", None),
        (
            "h.example/one-two-three?source=rss&sr_no=4",
            "https://h.example/one-two-three",
            "h.example/one-two-three",
            None,
        ),
        ("h.example/show?ref=101", "https://h.example/show", "h.example/show?ref=101", None),
        ("h.example/?ref=101", "https://h.example/", "h.example/?ref=101", None),
        (
            "h.example/one-two-three?ref=x&id=5",
            "https://h.example/one-two-three",
            "h.example/one-two-three?id=5&ref=x",
            None,
        ),
        (
            "h.example/show.php?ref=101",
            "https://www.h.example/show.php?ref=101",
            "www.h.example/show.php?ref=101",
            None,
        ),
        ("h.example/?p=123", "https://h.example/2026/one-two-three/", "h.example/2026/one-two-three/", None),
        ("h.example/x/1", "not a url at all://", "h.example/x/1", None),
        ("h.example/x/1", "javascript:void(0)", "h.example/x/1", None),
    ],
)
def test_choose_canonical(final: str, declared: str | None, canonical: str, original: str | None) -> None:
    assert choose_canonical(f"https://{final}", declared) == (f"https://{canonical}", original)


def test_a_text_without_url_keeps_a_declared_original() -> None:
    assert choose_canonical(None, None) == (None, None)
    declared = "https://wire.example/one-two-three"
    assert choose_canonical(None, declared) == (None, declared)


def test_article_id_stands_on_the_url_else_on_the_text() -> None:
    url = "https://h.example/a"
    assert article_id(url, "one") == article_id(url, "two")
    assert article_id(None, "Caf\u00e9  is\nopen") == article_id(None, "Cafe\u0301 is open ")
    assert article_id(None, "one") != article_id(None, "two")
    assert len(article_id(url)) == 32


@pytest.mark.parametrize(
    "name", ["404", "404.html", "error", "page-not-found", "undefined", "null", "error-404", "en/500.php"]
)
def test_an_error_page_is_nobodys_canonical(name):
    own = "http://news.example/2026/03/ferry-strike-enters-third-week"
    assert choose_canonical(own, f"http://news.example/{name}") == (own, None)
    assert choose_canonical(own, f"http://other.example/{name}") == (own, None)

"""Lists of offers and guides to what to buy are told by a headline and a second sign; news about such things stays news."""

from __future__ import annotations

import pytest

from pipeline.extract.page import Page, extract_page

TEXT = "The county council of Sarn met on Monday evening, and the debate about the tents lasted until midnight, the clerk said."
PAYING = '<a rel="nofollow sponsored" href="https://shop.example/{n}">Tent {n}</a>'
PROGRAMME = '<a href="https://store.example/dp/{n}?tag=courier-21">Tent {n}</a>'
PRICED = "The tent of the maker is now {n}9.99 euros."


def kind_of(title: str, line: str = "", *, path: str = "2026/03/tents", aside: str = "") -> str:
    lines = "".join(f"<p>{TEXT} {line.format(n=n)}</p>" for n in range(4))
    html = f"<html><head><title>{title}</title></head><body><article><h1>{title}</h1>{lines}</article>{aside}</body></html>"
    return extract_page(Page(body=html.encode(), url=f"https://courier.example/{path}")).content_kind


@pytest.mark.parametrize(
    ("title", "line"),
    [
        ("The 11 best tents, tested in rain", PAYING),
        ("Top 10 tents for families", PROGRAMME),
        ("Best tents of 2026", PROGRAMME),
        ("Die besten Zelte 2026 im Vergleich", PAYING),
        ("Les meilleures tentes pour la montagne", PAYING),
        ("Las 7 mejores tiendas de campaña", PAYING),
        ("Daily deals: tents, lamps and boots", PRICED),
        ("Black Friday: alle Angebote im Überblick", PAYING),
    ],
)
def test_what_sells_is_kept_without_a_line(title: str, line: str) -> None:
    assert kind_of(title, line) == "promo"


def test_a_place_among_offers_is_a_second_sign() -> None:
    assert kind_of("Alle Angebote für Zelte", path="kaufberatung/zelte") == "promo"


@pytest.mark.parametrize(
    ("title", "line"),
    [
        ("Five of the best novels of 2026", ""),  # a critic's choice, nothing paid
        ("Best friend of the accused testifies", PAYING),
        ("Top aide of the mayor resigns", PAYING),
        ("Council settles deal over tents", PAYING),
        ("45 deals announced in October", ""),
        ("Black Friday sales rise to 9.8 billion euros", ""),
        ("Best practices for councils in 2026", PROGRAMME),
        ("Council buys tents for refugees", PAYING),
    ],
)
def test_news_about_such_things_stays_news(title: str, line: str) -> None:
    assert kind_of(title, line) == "news"


def test_paid_links_beside_the_article_are_no_sign() -> None:
    aside = f"<aside>{''.join(PAYING.format(n=n) for n in range(9))}</aside>"
    assert kind_of("The 11 best tents, seen in a museum", aside=aside) == "news"
    assert kind_of("The 11 best tents, seen in a museum", aside=aside.replace("aside", "div")) == "news"

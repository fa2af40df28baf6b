"""Pages that sell: lists of offers and guides to what to buy, told by their headline and a second sign.

A headline in the form of such a page ("The 11 best tents", "Daily deals") shows nothing alone: news tells of deals, and critics choose
the best books of a year. The second sign is what the page lives on: links that pay, a place among offers, or a row of shop prices.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import islice

from lxml.html import HtmlElement

_ASIDE = frozenset(["aside", "nav", "footer", "header"])
_ARTICLE = frozenset(["article", "main"])
_MOST_LINKS = 2_000
_LEAST_LINKS = 3
_LEAST_PRICES = 3
# Programmes that pay for what a reader buys.
_PAYING = re.compile(
    r"[?&](?:tag=[\w-]{2,40}-2\d\b|aff(?:id|_id|iliate)?=|irclickid=|awc=)"
    r"|//(?:amzn\.to|(?:www\.)?awin1\.com|prf\.hn|go\.skimresources\.com|go\.redirectingat\.com|click\.linksynergy\.com|shareasale\.com"
    r"|shop-links\.co|fave\.co|howl\.me|geni\.us|rstyle\.me|cna\.st|(?:www\.)?(?:anrdoezrs|dpbolvw|jdoqocy|kqzyfj|tkqlhce)\.(?:com|net))/",
    re.IGNORECASE,
)
_BEST = (
    r"(?:best|greatest|cheapest|besten|günstigsten|meilleure?s|mejores|migliori|melhores|beste|bedste|bästa|nejlepší(?:ch)?"
    r"|najlepsz[eych]{1,3}|лучши[ех])"
)
_AIM = r"(?:20\d\d|for|under|to buy|tested|für|unter|pour|moins|para|menos|per|sotto|por|voor|onder|för|till|til|do|pro|dla|для)"
# "The 11 best tents", "Top 10 phones"; "Best running watches of 2026"; "A buying guide to heaters".
_GUIDE = re.compile(
    rf"\b\d{{1,3}} (?:of the |\w+ )?{_BEST}\b|^\W{{0,9}}(?:the )?top \d{{1,3}}\b"
    rf"|^\W{{0,9}}(?:(?:the|die|les?|la|los|las|i|os|as|de) )?{_BEST}\b(?! practices?\b)(?=.*\b{_AIM}\b)"
    r"|\b(?:buying|gift|shopping) guides?\b|\bkaufberatung\b|\bguide d['’]achat\b|\bguía de compra\b|\bguida all['’]acquisto\b",
    re.IGNORECASE,
)
_OFFERS = re.compile(
    r"\b(?:deals|bargains|coupons?|promo codes?|discount codes?|black friday|cyber monday|prime day|angebote?|schnäppchen|rabattcodes?"
    r"|gutscheine?|bons? plans?|soldes|codes? promo|ofertas|chollos|descuentos|offerte|sconti|occasioni|promoções|descontos|aanbiedingen"
    r"|kortingscodes?"
    r"|tilbud|erbjudanden|slevy|promocje|скидки)\b|セール|쿠폰",
    re.IGNORECASE,
)
_PLACE = re.compile(
    r"(?:(?:daily|best|hot)-)?(?:deals?|offers)|deals[_-]\w+|shopping|shop-?ping-?guides?|buying-?guides?|gift-?guides?|coupons?|kaufberatung|kaufberater"
    r"|produktvergleiche?|vergleich|angebote|schnaeppchen|gutscheine?|rabatte|bons-plans|guides?-d-?achat|ofertas|chollos|escaparate|compras"
    r"|offerte|sconti|promocoes|aanbiedingen|kortingscode|tilbud|best-products?|product-?reviews?"
)
# "$39.99", "39,95 €": what shops write, and reports of sums do not.
_PRICE = re.compile(
    r"(?:[$£€]|US\$)\s?\d{1,4}[.,](?:99|95|90|49)\b|\b\d{1,4}[.,](?:99|95|90|49)\s?(?:€|£|euro?s?\b|kr\b|zł)"
)


def count_paying_links(tree: HtmlElement) -> int:
    """Count the links of a page's article that pay it: declared as sponsored, or those of a programme."""
    has_article = tree.find(".//article") is not None or tree.find(".//main") is not None
    found = 0
    for link in islice(tree.iter("a"), _MOST_LINKS):
        if "sponsored" in (link.get("rel") or "").lower().split() or _PAYING.search((link.get("href") or "")[:2_000]):
            around = {parent.tag for parent in link.iterancestors()}
            found += not around & _ASIDE and (not has_article or bool(around & _ARTICLE))
    return found


def why_selling(title: str | None, places: Sequence[str], paying_links: int, paragraphs: Sequence[str]) -> str | None:
    """Say why a page sells; None if it does not.

    Args:
        title: Its headline.
        places: Its sections and the folders of its address, lower-case, dashes for blanks.
        paying_links: How many of its links pay.
        paragraphs: Its text.
    """
    headline = title or ""
    is_offer = bool(_OFFERS.search(headline))
    if not is_offer and not _GUIDE.search(headline):
        return None
    form = "offers" if is_offer else "a guide"
    if paying_links >= _LEAST_LINKS:
        return f"headline of {form}, {paying_links} links that pay"
    if place := next((place for place in places if _PLACE.fullmatch(place)), None):
        return f"headline of {form}, section {place[:40]}"
    prices = sum(len(_PRICE.findall(paragraph)) for paragraph in paragraphs) if is_offer else 0
    return f"headline of {form}, {prices} shop prices" if prices >= _LEAST_PRICES else None

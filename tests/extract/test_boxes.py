"""A class alone takes nothing out: bodies and paragraphs under any name stay; boxes of links, calls and forms go."""

from __future__ import annotations

import pytest
from lxml.html import document_fromstring

from pipeline.extract.headed_boxes import find_cards
from pipeline.extract.page import Page, extract_page
from tests.extract.test_two_signs import STORY

NAMES = [
    "newsletter-lead", "js-read-more", "recommended", "related-content", "promo-text", "trending-story", "most-read",
    "subscribe-wall", "share-text", "social-story", "sidebar-main", "widget-text", "banner-body", "author-text",
    "caption-body", "comment-story", "tags-body", "footer-story", "meta-body",
]  # fmt: skip
LINKED = "On Friday the court of Sarn heard that the two men had denied the charge of arson at the mill in May."
BOXES = [
    '<div class="related"><a href="/a">Mill bridge opens in June</a> <a href="/b">Hall to close</a></div>',
    '<div class="newsletter"><p>Sign up for our newsletter, and we will write to you on Mondays.</p></div>',
    '<section class="subscribe"><form action="/s"><p>Your address, please, so that we can send it.</p><input></form></section>',
    '<ul><li><a href="/a">Mill bridge opens</a></li><li><a href="/b">Swimming hall to close</a></li></ul>',
    '<p><a href="/a">Read more: Mill bridge opens after forty years, and the mayor walks over it</a></p>',
    '<figure><img src="/a.jpg"><figcaption>The mill bridge of Sarn, seen from the north on a Monday.</figcaption></figure>',
    '<div class="promo">Shop the sale</div>',
]


def read(body: str) -> str:
    html = f"<html><head><title>Budget</title></head><body><main><article><h1>Budget</h1>{body}</article></main></body></html>"
    return extract_page(Page(body=html.encode(), content_type="text/html; charset=utf-8")).text


def paragraphs(*lines: str) -> str:
    return "".join(f"<p>{line}</p>" for line in lines)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("form", ["div", "section", "one paragraph", "all paragraphs"])
def test_prose_stays_under_any_name(form: str, name: str) -> None:
    one = f'{paragraphs(STORY[0])}<p class="{name}">{STORY[1]}</p>{paragraphs(*STORY[2:])}'
    bodies = {
        "div": f'<div class="{name}">{paragraphs(*STORY)}</div>',
        "section": f'<section id="{name}">{paragraphs(*STORY)}</section>',
        "one paragraph": one,
        "all paragraphs": paragraphs(*STORY).replace("<p>", f'<p class="{name}">'),
    }
    assert read(bodies[form]) == "\n\n".join(STORY)


@pytest.mark.parametrize("box", BOXES, ids=range(len(BOXES)))
def test_boxes_go(box: str) -> None:
    assert read(paragraphs(*STORY[:2]) + box + paragraphs(*STORY[2:])) == "\n\n".join(STORY)


@pytest.mark.parametrize(
    "linked",
    [f'<a href="/x">{LINKED}</a>', f'<b><a href="/x"><em>{LINKED}</em></a></b>', f'<a href="/x">On Friday</a>{LINKED[9:]}'],
    ids=range(3),
)  # fmt: skip
def test_a_sentence_that_is_a_link_stays(linked: str) -> None:
    assert LINKED in read(paragraphs(*STORY[:2]) + f"<p>{linked}</p>" + paragraphs(*STORY[2:]))


@pytest.mark.parametrize("tag", ["ul", "ol"])
def test_a_list_of_facts_that_are_links_stays(tag: str) -> None:
    facts = [
        "The swimming hall closes in June after forty years.",
        "The mill bridge reopens to lorries in April.",
        "Fares rise.",
    ]
    items = "".join(f'<li><a href="/{i}">{fact}</a></li>' for i, fact in enumerate(facts))
    text = read(paragraphs(*STORY[:2]) + f"<{tag}>{items}</{tag}>" + paragraphs(*STORY[2:]))
    assert all(fact in text for fact in facts)


@pytest.mark.parametrize("box", BOXES[:3], ids=range(3))
@pytest.mark.parametrize("root", ["article", "main"])
def test_both_halves_of_a_body_that_a_box_cuts_in_two(root: str, box: str) -> None:
    halves = f'<div class="body">{paragraphs(*STORY[:2])}</div>{box}<div class="body">{paragraphs(*STORY[2:])}</div>'
    html = f"<html><body><{root}><h1>Budget</h1>{halves}</{root}></body></html>"
    assert extract_page(Page(body=html.encode(), content_type="text/html")).text == "\n\n".join(STORY)


def test_headings_and_lists_within_the_body_stay() -> None:
    facts = "<ul><li>14 million crowns</li><li>two years</li></ul>"
    body = f"<p>{STORY[0]}</p><h2>What the bridge costs</h2><p>{STORY[1]}</p>{facts}{paragraphs(*STORY[2:])}"
    assert read(body).split("\n\n") == [
        STORY[0],
        "What the bridge costs",
        STORY[1],
        "14 million crowns",
        "two years",
        *STORY[2:],
    ]


CAPTION = "The mayor of Sarn walks over the new bridge on a Monday morning."
CAPTIONS = [
    f'<div class="image"><img src="a.jpg"><div class="img-description">{CAPTION}</div></div>',
    f'<div class="image"><img src="a.jpg"><p class="photo__text">{CAPTION}</p></div>',
    f'<img src="a.jpg"><p class="image_desc">{CAPTION}</p>',
    f'<div class="media"><img src="a.jpg"><p>{CAPTION}</p><span class="photo-credit">Ada Holt / Sarn Press</span></div>',
    f'<div class="media"><img src="a.jpg"><span>{CAPTION}</span> <span>Photo: Ada Holt</span></div>',
    f'<p><img src="a.jpg"><br>{CAPTION} <em>Foto: Ada Holt</em></p>',
]
NOTICES = [
    '<div class="toast-popup"><p>The story has been saved to your reading list.</p></div>',
    '<div role="alert" class="x"><p>The story has been saved to your reading list.</p></div>',
    '<div class="snackbar is-open"><span>The address of this page lies in your clipboard now.</span></div>',
]
NO_CAPTIONS = [
    f'<p class="img-description">{CAPTION}</p>',  # no picture beside it
    f'<img src="a.jpg"><p>{CAPTION}</p>',  # no name and no credit
    f'<div class="media"><img src="a.jpg"><p>{CAPTION}</p></div>',
    f'<div class="media-text"><p>{CAPTION}</p><p>{LINKED}</p></div>',
    f"<p>{CAPTION} Photo: that is what she had written on the back of it in May, and the court kept it.</p>",
    f'<div class="photo-story"><img src="a.jpg"><p>{CAPTION}</p><p>{LINKED}</p></div>',
]
NO_NOTICES = [
    f'<p class="toast">{CAPTION}</p>',
    f'<div class="toast-story"><p>{CAPTION}</p><p>{LINKED}</p><p>{LINKED[:-1]}, as it did again in June.</p></div>',
    f'<div class="toasted"><p>{CAPTION}</p></div>',
]


@pytest.mark.parametrize("box", [*CAPTIONS, *NOTICES], ids=range(len(CAPTIONS + NOTICES)))
def test_words_beside_a_picture_and_notices_over_the_page_go(box: str) -> None:
    assert read(paragraphs(*STORY[:2]) + box + paragraphs(*STORY[2:])) == "\n\n".join(STORY)


@pytest.mark.parametrize("box", [*NO_CAPTIONS, *NO_NOTICES], ids=range(len(NO_CAPTIONS + NO_NOTICES)))
def test_one_sign_of_a_caption_or_a_notice_takes_nothing(box: str) -> None:
    assert CAPTION[:-1] in read(paragraphs(*STORY[:2]) + box + paragraphs(*STORY[2:]))


def test_a_lead_in_one_box_with_a_credited_picture_stays() -> None:
    lead = f'<div class="lead"><img src="a.jpg"><span class="credit">Ada Holt</span><p>{" ".join(STORY[:2])}</p></div>'
    assert STORY[0] in read(lead + paragraphs(*STORY[2:]))


TEASERS = [
    (
        "Mill bridge opens after forty years",
        "The mayor of Torrin walked over it first, in the rain, and forty schoolchildren behind him.",
    ),
    (
        "Swimming hall to close in May",
        "The county has no money for the roof, which the storm of February took off in one night.",
    ),
    (
        "Court hears the two brothers",
        "Both denied the charge of arson, and the judge of Sarn let them go until the summer.",
    ),
]


def headed(label: str, *, link: str = '<a href="/{n}">{title}</a>', heading: str = "<h3>{}</h3>") -> str:
    items = "".join(f"<p>{link.format(n=n, title=title)} {text}</p>" for n, (title, text) in enumerate(TEASERS))
    return f"<div><div>{heading.format(label)}</div><div>{items}</div></div>"


@pytest.mark.parametrize("heading", ["<h3>{}</h3>", "<span><b>{}</b></span>", "<h2><a href='/all'>{} ›</a></h2>"])
@pytest.mark.parametrize(
    "label", ["Latest news", "Top stories:", "Weitere Meldungen", "Lo más leído", "Les plus lus", "関連記事"]
)
def test_other_pages_below_a_label_go(label: str, heading: str) -> None:
    assert read(paragraphs(*STORY, *STORY[:2]) + headed(label, heading=heading)) == read(paragraphs(*STORY, *STORY[:2]))


@pytest.mark.parametrize(
    "box",
    [
        headed("What the council settled"),  # a heading of the text, below it a list with links
        headed("Latest news", link="<b>{title}.</b>"),  # no links
        f"<div><h3>Latest news</h3>{paragraphs(*(text for _, text in TEASERS))}</div>",
        f"<div>{headed('Latest news')[5:-6].replace('<h3>', 'The clerk read out the list of the day. <h3>')}</div>",
    ],
    ids=range(4),
)
def test_a_list_below_a_heading_stays_where_one_sign_is_missing(box: str) -> None:
    found = read(paragraphs(*STORY, *STORY[:2]) + box)
    assert all(text in found for _, text in TEASERS)


def test_a_list_of_topics_and_linked_headlines_goes_and_one_of_facts_stays() -> None:
    headlines = [("Traffic", "Mill bridge opens after forty years"), ("County: ", "Swimming hall to close in May")]
    gone = "".join(f'<li><b>{topic.strip(": ")}: </b><a href="/{topic}">{text}</a></li>' for topic, text in headlines)
    assert read(paragraphs(*STORY[:2]) + f"<ul>{gone}</ul>" + paragraphs(*STORY[2:])) == "\n\n".join(STORY)
    facts = ["Mayor: <a href='/h'>Ida Holt</a>", "Vote: <a href='/v'>the hall closes, the chair told us</a>."]
    plain = ["Mayor: the hall closes in the month of May", "Chair: no, it does not close in May"]
    for items in (facts, plain):
        listed = "".join(f"<li>{item}</li>" for item in items)
        assert items[0].partition("<")[0].strip() in read(
            paragraphs(*STORY[:2]) + f"<ul>{listed}</ul>" + paragraphs(*STORY[2:])
        )


KICKERS = ["<span>{}</span> ", "<strong>{}</strong>", "<b>{}:</b> ", "{}: "]
HEADLINES = ["Bridge opens after forty years", "Swimming hall to close in May", "Who pays for the mill?"]


@pytest.mark.parametrize("kicker", KICKERS)
def test_a_list_of_kickers_and_linked_headlines_goes(kicker: str) -> None:
    items = "".join(
        f"<li>{kicker.format('The county')}<a href='/{n}'>{line}</a></li>" for n, line in enumerate(HEADLINES)
    )
    assert read(paragraphs(*STORY[:2]) + f"<ul>{items}</ul>" + paragraphs(*STORY[2:])) == "\n\n".join(STORY)


@pytest.mark.parametrize(
    "items",
    [
        "".join(f"<li><b>Sarn:</b> <a href='/{n}'>The council closed hall {n} on Monday.</a></li>" for n in range(3)),
        "".join(f"<li>The council voted on <a href='/{n}'>the hall in the old town</a></li>" for n in range(3)),
        "".join(f"<li><b>Hall {n}:</b> <a href='/{n}'>closed</a></li>" for n in range(3)),
    ],
)
def test_a_list_with_links_that_tells_something_stays(items: str) -> None:
    assert "hall" in read(paragraphs(*STORY[:2]) + f"<ul>{items}</ul>" + paragraphs(*STORY[2:])).replace(
        "swimming hall", ""
    )


HEADLINE = "Mill bridge opens in June"
MILL = "https://courier.example/mill"
CARDS = [
    f"<div><a href='/mill'><img src='m.jpg'><h3>{HEADLINE}</h3></a></div>",
    f"<div><figure><a href='/mill'><img></a></figure><h3><a href='/mill'>{HEADLINE}</a></h3><p>It is wider.</p></div>",
    f"<article><a href='{MILL}'><div><picture><img></picture></div><div><h4>{HEADLINE}</h4></div></a></article>",
]
NO_CARDS = [
    f"<div><img><h3><a href='/mill'>{HEADLINE}</a></h3></div>",  # a heading of the text with a link
    f"<div><a href='/m.jpg'><img></a><h3><a href='/mill'>{HEADLINE}</a></h3></div>",  # a picture made large
    f"<div><a href='https://shop.example/m'><img></a><h3><a href='https://shop.example/m'>{HEADLINE}</a></h3></div>",
    f"<div><a href='#'><img></a><h3><a href='#'>{HEADLINE}</a></h3></div>",
    "<div><a href='/mill'><img></a><h3><a href='/mill'>The mill bridge opens in June.</a></h3></div>",  # a sentence
    f"<div><a href='/mill'><img></a><h3><a href='/mill'>{HEADLINE}</a></h3><p>{STORY[0]}</p><p>{STORY[1]}</p><p>{STORY[2]}</p></div>",
]


def cards_in(*parts: str) -> int:
    page = f"<html><body><article><h1>Budget</h1>{''.join(parts)}</article></body></html>"
    return len(find_cards(document_fromstring(page), "https://courier.example/budget"))


@pytest.mark.parametrize("card", CARDS)
def test_a_card_of_another_page_goes(card: str) -> None:
    page = paragraphs(*STORY[:2]) + card + paragraphs(*STORY[2:])
    assert read_at("https://courier.example/budget", page) == "\n\n".join(STORY)
    assert cards_in(page) == 1


@pytest.mark.parametrize("card", NO_CARDS)
def test_a_heading_with_a_picture_is_no_card_where_a_sign_is_missing(card: str) -> None:
    assert cards_in(paragraphs(*STORY[:2]), card, paragraphs(*STORY[2:])) == 0


def test_cards_that_are_the_page_stay() -> None:
    cards = [CARDS[1].replace("/mill", f"/{n}").replace("It is wider.", line) for n, line in enumerate(STORY)]
    assert cards_in(*cards) == 0


def test_what_a_picture_says_of_itself_is_a_caption_beside_it_and_a_sentence_elsewhere() -> None:
    alt = "The mill bridge of Sarn, seen from the north on a Monday."
    beside = f"<div><div><picture><img alt='{alt}'></picture></div><div><p class='info'>{alt} Ida Holt</p></div></div>"
    assert read(paragraphs(*STORY[:2]) + beside + paragraphs(*STORY[2:])) == "\n\n".join(STORY)
    apart = f"<img src='a.jpg' alt='{alt}'>" + paragraphs(*STORY[:2], alt, *STORY[2:])
    assert alt in read(apart)


SIGNUP = "<section aria-label='Letters'><h3>Sarn on Mondays</h3><p>All that the county talks about, every week and early.</p>{}</section>"


def test_words_around_a_field_for_an_address_go() -> None:
    box = SIGNUP.format("<form action='/s'><input type='email'><button>Go</button></form>")
    assert read(paragraphs(*STORY[:2]) + box + paragraphs(*STORY[2:])) == "\n\n".join(STORY)


def test_a_short_report_around_a_field_for_an_address_stays() -> None:
    assert "Sarn on Mondays" in read(paragraphs(*STORY[:2]) + SIGNUP.format("") + paragraphs(*STORY[2:]))
    field = "<form action='/s'><input type='email'></form>"
    assert STORY[0] in read(f"<div class='story'>{paragraphs(STORY[0])}{field}</div>")


def read_at(url: str, body: str) -> str:
    html = f"<html><head><title>Budget</title></head><body><main><article><h1>Budget</h1>{body}</article></main></body></html>"
    return extract_page(Page(body=html.encode(), content_type="text/html; charset=utf-8", url=url)).text

"""No word alone costs a sentence: lines that must stay, as many as must go, for every rule that knows words."""

from __future__ import annotations

import pytest

from pipeline.extract import call_phrases
from pipeline.extract.page import Extraction, Page, extract_page

STORY = [
    "The county council of Sarn met on Monday evening to settle the budget for the coming year, and the debate lasted until midnight.",
    "Councillor Ida Varga said the deficit had grown to 14 million crowns since the spring, mostly because of the closed mill bridge.",
    "The opposition asked for a second vote on the swimming hall, which the chair refused after consulting the rules of procedure.",
    "Residents filled the gallery, and some of them had brought banners that the ushers asked them to leave at the entrance of the hall.",
]
WITHIN = [
    "300 readers have written to the mayor.",
    "1,200 people have signed the petition.",
    "40 people like the plan.",
    "Three million views were counted in a day, the museum said.",
    "2.3 million users are affected.",
    "17 visitors were hurt.",
    "1,000 others have fled.",
    "Two hours ago, the river rose again.",
    "“45 comments,” she said.",
    "12 likes.",
    "9 people are watching the crater day and night.",
    "60 readers have shared their memories with the archive.",
    "Register now, the ministry told all owners of dogs, or pay a fine of 40 crowns.",
    "Sign up or ship out: that was the choice of the young men of Torrin.",
    "The newsletter was read by 300 pupils.",
    "Cookies were handed out at the gate.",
    "Subscribe to a theory, and you must defend it, Holt wrote.",
    "Our newsletter is dead, the editor told the union on Friday.",
    "“Follow us on Facebook,” the sign says.",
    "Your privacy is not for sale, the judge told the firm.",
    "The app, which is free, was downloaded 4,000 times.",
    "We will not accept cookies from strangers, the headmaster told parents.",
    "Join us or leave, the general told his men.",
    "Please donate blood, the hospital asked on Monday.",
    "Click here, the thief had written under the picture.",
    "Terms of service were changed overnight, the union found.",
    "Related: that is what the two men are not, the court heard.",
    "Watch – and wait – is what the doctors advise.",
    "Recommended – but not required – are masks, the board said.",
    "Trending: a word that the mayor hates.",
    "Read more, the teacher told them.",
    "Also read were two letters of the bishop.",
    "More.",
    "“More.”",
    "“Live.”",
    "Share: that was all he asked.",
    "Photos: none.",
    "Search parties left at dawn.",
    "Comments?",
    "Tags: the army gave two to each soldier.",
    "See also the bishop, who came late.",
    "More on Monday, she said.",
    "Live.",
    "Menu prices rose by a third.",
    "We all live faster than our parents did, the survey found. This app finds a cook for whoever has no time to boil an egg.",
    "At last all the notes for the newsletter lay on the table of the reading room. By midnight we had built a first issue from them.",
    "We went home early. The privacy policy was changed in the night, and nobody in the town hall could say by whom it was done.",
    "WATCH | PRICE | HOURS",
    "Related problems were found in two more mills.",
    "Popular: the mayor. Hated: his dog.",
    "Thank you!",
    "Advertisement of the plan cost 4,000 crowns.",
    "Print is not dead, he said.",
    "Videos show the bridge falling.",
    "Swipe cards were found in the river.",
    "Categories: three were tried, and all failed.",
]
AT_THE_HEAD = [
    "Updated rules took effect on 3 March.",
    "Posted guards left the bridge at 10:00.",
    "Published on Monday, the report names 14 officers.",
    "Modified engines were found in 12 cars.",
    "By candlelight the council met on Monday.",
    "By Friday all 300 houses had power again.",
    "Stand heute: 14 Tote.",
    "TORRIN – Three people died.",
    "Torrin: the mill bridge is open again.",
    "Torrin — bridge open again, council says",
    "Reading time is over for 300 schools, the minister said.",
    "Von allen Seiten kam Kritik.",
    "Erstellt wurde das Gutachten in Castelan.",
]
AT_THE_TAIL = [
    "Reporting from the front was banned in May.",
    "Sources: three of them, all anonymous, told the court the same story.",
    "Copyright law will change in June, the minister said.",
    "Editing by machine cost 40 jobs at the paper.",
    "This is a developing country with two doctors.",
    "It is a developing story of love and debt, the critic wrote.",
    "More details will be given to the court on Friday.",
    "We will bring him to court, the minister said.",
    "Stay with us, the mayor asked the workers of the mill.",
    "For further updates the council voted 4,000 crowns.",
    "Check back in the spring, the doctor told her.",
    "This report was first sent to the minister in May.",
    "This story was first told by her grandmother.",
    "Two cases were reported from Torrin.",
    "With reports from 14 towns, the ministry drew a map.",
    "Follow the money on its way, the judge said.",
    "Source: unknown.",
    "Keep following the river to its mouth, the map said.",
    "Written by hand, the letter has no date.",
    "The views expressed by the mayor angered many.",
    "Additional reporting from the mine was forbidden by the army.",
    "All rights reserved to the crown were lifted in 1848.",
]
FURNITURE = [
    "Subscribe to our newsletter",
    "Sign up for our free newsletter and never miss a story.",
    "Read more: Ferry back in service",
    "Advertisement",
    "1,204 views",
    "12 comments",
    "Follow us on Facebook",
    "Download our app",
    "ADVERTISEMENT",
    "Share this article",
    "By subscribing you agree to our terms of service.",
    "Get the best of our reporting in your inbox.",
    "Click here to subscribe to our newsletter.",
    "Jetzt unseren Newsletter abonnieren",
    "Lesen Sie auch: Die Brücke ist offen",
    "Support our journalism. Become a member today.",
    "Please consider supporting our newsroom with a donation.",
    "This article has been read 1,204 times.",
    "3 people like this",
    "Related articles",
    "Also read: Mill bridge opens",
    "You may also like",
    "Suscríbete a nuestro boletín",
    "Abonnez-vous à notre newsletter",
    "We use cookies. By clicking accept you agree to our privacy policy.",
    "Follow us on WhatsApp channel for the latest news.",
    "An error occurred, please try again later.",
]
CLOSING = [
    "Reporting by Ida Brandt; Editing by Tom Holt",
    "Source: Reuters",
    "(Reuters)",
    "© 2026 Torrin Post",
    "This is a developing story. More to follow.",
    "Copyright 2026 The Post. All rights reserved.",
    "Stay tuned for updates.",
    "This article was originally published by the Courier.",
    "Additional reporting by Ida Holm in Torrin.",
    "Ida Brandt contributed to this report.",
    "Follow Ida Brandt on Twitter",
]


def read(*paragraphs: str) -> Extraction:
    body = "".join(f"<p>{line}</p>" for line in paragraphs)
    head = "<!DOCTYPE html><html lang='en'><head><title>Council settles budget</title></head>"
    html = f"{head}<body><main><article><h1>Council settles budget</h1>{body}</article></main></body></html>"
    url = "http://torrin.example/2026/03/council-settles-budget"
    return extract_page(Page(body=html.encode(), content_type="text/html; charset=utf-8", url=url))


@pytest.mark.parametrize("line", WITHIN)
def test_a_sentence_within_stays(line: str) -> None:
    assert line in read(*STORY[:2], line, *STORY[2:]).text


@pytest.mark.parametrize("line", AT_THE_HEAD)
def test_a_sentence_at_the_head_stays(line: str) -> None:
    assert line in read(line, *STORY).text


@pytest.mark.parametrize("line", AT_THE_TAIL)
def test_a_sentence_at_the_tail_stays(line: str) -> None:
    assert line in read(*STORY, line).text


@pytest.mark.parametrize("line", FURNITURE)
def test_furniture_within_goes(line: str) -> None:
    assert read(*STORY[:2], line, *STORY[2:]).text == "\n\n".join(STORY)


@pytest.mark.parametrize("line", CLOSING)
def test_furniture_at_the_tail_goes(line: str) -> None:
    assert read(*STORY, line).text == "\n\n".join(STORY)


@pytest.mark.parametrize(
    "line",
    [
        "Photo: AFP",
        "Image credit: © Ida Holt/Getty Images",
        "Main image credit: Getty",
        "Fotos: IDA HOLT",
        "Credit: Ida Holt / Getty Images",
        "The mill bridge on Monday evening. Photo: Ida Holt",
        "Die alte Mühle am Montag. | Ida Holt/dpa",
        "Die Mühle, von Süden gesehen. (Foto: Ida Holt)",
    ],
)
def test_the_credit_of_a_picture_goes_with_its_caption(line: str) -> None:
    found = read(*STORY[:2], line.removesuffix(")"), *STORY[2:])
    assert found.text == "\n\n".join(STORY)
    assert "caption-line" in found.cleaning_rules


@pytest.mark.parametrize(
    "line",
    [
        "Photo: that is all the army will say.",
        "The picture: a county that pays for nothing",
        "He sold the photo: a picture of the old mill, taken in May, for 40 crowns.",
        "Ida Holt | Torrin",
        "The rights: © is the sign that the printers forgot.",
        "Bild: wie die Zeitung heißt, weiß hier jeder",
        "Give them credit: they have built the hall",
        "Both sides spoke to the agency | nobody answered",
    ],
)
def test_a_line_that_speaks_of_pictures_stays(line: str) -> None:
    assert line in read(*STORY[:2], line, *STORY[2:]).text


def test_what_a_page_says_three_times_goes() -> None:
    told = "We would like to show you outside content here, with your consent to the transfer of your address."
    found = read(STORY[0], told, STORY[1], told, STORY[2], told, STORY[3])
    assert found.text == "\n\n".join(STORY)
    assert "repeated-line" in found.cleaning_rules


@pytest.mark.parametrize(
    "line", ["$$STORYAD$$", "[/caption]", "&lt;div class=&quot;ad&quot;&gt;&lt;/div&gt;", "{{ widget }}{{ banner }}"]
)
def test_markup_that_a_page_prints_goes(line: str) -> None:
    assert read(*STORY[:2], line, *STORY[2:]).text == "\n\n".join(STORY)


@pytest.mark.parametrize(
    "line",
    [
        "The tag &lt;b&gt; makes words bold, the clerk explained to the council.",
        "He wrote [sic] in the margin of the plan for the hall.",
    ],
)
def test_a_sentence_about_markup_stays(line: str) -> None:
    assert line.replace("&lt;", "<").replace("&gt;", ">") in read(*STORY[:2], line, *STORY[2:]).text


def test_a_list_of_addresses_stays_where_one_of_them_goes() -> None:
    addresses = [f"https://archive.example/plans/{year}" for year in (1911, 1912, 1913)]
    listed = [line for pair in zip(STORY[:3], addresses, strict=True) for line in pair]
    assert read(*listed, STORY[3]).text == "\n\n".join([*listed, STORY[3]])
    assert addresses[0] not in read(*STORY[:2], addresses[0], *STORY[2:]).text


def test_sources_listed_below_their_heading_stay_where_links_at_the_end_go() -> None:
    pages = [f"https://host-{n}.example/reports/2026/plans-of-the-county" for n in range(3)]
    assert read(*STORY, "Sources of the plans", *pages).text.endswith(pages[-1])
    assert read(*STORY, *pages).text == "\n\n".join(STORY)
    assert read(*STORY, "Elsewhere", *(f"https://host-{n}.example/" for n in range(3))).text.endswith("Elsewhere")


@pytest.mark.parametrize("label", ["Tickets", "The report of the ministry:", "Where to write"])
def test_an_address_that_a_line_introduces_stays(label: str) -> None:
    for address in ("www.hall-of-sarn.example", "https://ministry.example/report"):
        assert address in read(*STORY[:2], label, address, *STORY[2:]).text
    assert read(*STORY, label, "https://ministry.example/report").text.endswith("/report")


@pytest.mark.parametrize(
    "address",
    ["https://ministry.example/report", "ida.holt@courier.example", "https://x.com/idaholt", "www.courier.example"],
)
def test_an_address_behind_a_sentence_goes(address: str) -> None:
    assert read(*STORY[:2], address, *STORY[2:]).text == "\n\n".join(STORY)
    assert read(*STORY, address).text == "\n\n".join(STORY)


@pytest.mark.parametrize("line", ["Recommended doses", "Related work", "Related products:", "See more doctors"])
def test_a_heading_that_begins_as_a_pointer_stays(line: str) -> None:
    assert line in read(*STORY[:2], line, *STORY[2:]).text


@pytest.mark.parametrize(
    "line", ["Recommended reading", "Related stories:", "See more photos", "Related coverage", "Recommended for you"]
)
def test_a_pointer_to_pages_goes(line: str) -> None:
    assert read(*STORY[:2], line, *STORY[2:]).text == "\n\n".join(STORY)


STEPS = [
    "Sign up for our courses at the desk of the hall",
    "Click here to print the form",
    "Bring the form and 40 crowns to the clerk",
]


def test_the_steps_of_a_numbered_list_are_no_calls() -> None:
    items = "".join(f"<li>{line}</li>" for line in STEPS)
    for tag, stays in (("ol", True), ("ul", False)):
        body = (
            f"{''.join(f'<p>{line}</p>' for line in STORY[:2])}<{tag}>{items}</{tag}><p>{STORY[2]}</p><p>{STORY[3]}</p>"
        )
        html = f"<html><head><title>Courses</title></head><body><article><h1>Courses</h1>{body}</article></body></html>"
        assert (STEPS[0] in extract_page(Page(body=html.encode())).text) is stays


@pytest.mark.parametrize(
    "line",
    ["<code>&lt;b&gt;&lt;/b&gt;</code> in a list: fine", "Write <code>&lt;p&gt;&lt;br&gt;&lt;/p&gt;</code> first."],
)
def test_markup_that_stands_as_code_in_a_sentence_stays(line: str) -> None:
    body = "".join(f"<p>{text}</p>" for text in [*STORY[:2], line, *STORY[2:]])
    html = f"<html><head><title>Markup</title></head><body><article><h1>Markup</h1>{body}</article></body></html>"
    shown = line.replace("<code>", "").replace("</code>", "").replace("&lt;", "<").replace("&gt;", ">")
    assert shown in extract_page(Page(body=html.encode())).text


@pytest.mark.parametrize("line", ["false", "undefined", "[object Object]"])
def test_a_value_of_the_templates_code_goes(line: str) -> None:
    assert read(*STORY[:2], line, *STORY[2:]).text == "\n\n".join(STORY)


@pytest.mark.parametrize("line", ["False", "False.", "true or false?", "The claim is false"])
def test_a_verdict_stays(line: str) -> None:
    assert line in read(*STORY[:2], line, *STORY[2:]).text


@pytest.mark.parametrize(
    "line",
    [
        "Il vous reste 57.09% de cet article à lire. La suite est réservée aux abonnés.",
        "La suite est réservée aux abonnés.",
        "Te queda el 40% de este artículo por leer.",
        "You have 61% of this article left to read.",
    ],
)
def test_what_says_how_much_a_wall_hides_goes(line: str) -> None:
    assert read(*STORY, line).text == "\n\n".join(STORY)


@pytest.mark.parametrize(
    "line", ["Il vous reste 57 % de vos droits, a dit le juge.", "La suite est réservée aux clients riches, dit-il."]
)
def test_what_says_how_much_is_left_of_other_things_stays(line: str) -> None:
    assert line in read(*STORY, line).text


@pytest.mark.parametrize(
    "line",
    [
        "Contributions from abroad rose to 4 million crowns in May.",
        "Cookies were handed out at the gate of the mill on Monday.",
    ],
)
def test_a_linked_sentence_about_something_of_a_page_is_no_call(line: str) -> None:
    linked = f"<a href='/a'>{line[:-14]}</a>{line[-14:]}"
    assert line in read(*STORY[:3], linked, STORY[3]).text


def test_a_heading_of_the_first_rank_within_the_text_is_no_headline() -> None:
    story = "".join(f"<p>{line}</p>" for line in STORY)
    html = f"<html><head><title>Council settles budget</title></head><body><article><h1>Council settles budget</h1><h1>%s</h1>{story}"
    for heading, stays in (("Why the bridge was closed", True), ("Council settles its budget", False)):
        found = extract_page(Page(body=(html % heading).encode(), url="http://torrin.example/2026/03/budget"))
        assert found.text.startswith(heading) is stays


def test_every_call_has_a_stem_by_which_it_is_looked_for() -> None:
    """A quick look at stems comes before the patterns: one that no stem leads to would never be tried."""
    patterns = (*call_phrases.CALLS_TO, *call_phrases.CALLS_WITHIN, *call_phrases.OURS)
    plain = [pattern.replace(r"\b", "").replace("(?:", "").replace(")", "").replace("?", "") for pattern in patterns]
    missed = [
        p
        for p, words in zip(patterns, plain, strict=True)
        if not any(stem.strip() in words for stem in call_phrases.CALL_STEMS)
    ]
    assert missed == []

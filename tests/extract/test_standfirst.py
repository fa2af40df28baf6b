"""A standfirst is told by the page's description, by its name, or by its place and form; what else stands below a headline is none."""

from __future__ import annotations

import pytest

from pipeline.extract.page import Extraction, Page, extract_page
from tests.extract.test_two_signs import STORY

TOLD = "Sarn will close its swimming hall in May and open the mill bridge again, after a debate that lasted until midnight."
CUT = f"County news: {TOLD[:70]}"


def read(below: str, *, description: str = "", headline: str = "<h1>Council settles budget</h1>") -> Extraction:
    head = f"<head><title>Council settles budget</title><meta name='description' content='{description}'></head>"
    body = "".join(f"<p>{line}</p>" for line in STORY)
    html = f"<html>{head}<body><main><div>{headline}{below}</div><article>{body}</article></main></body></html>"
    return extract_page(Page(body=html.encode(), content_type="text/html; charset=utf-8"))


@pytest.mark.parametrize(
    "below",
    [
        f"<div><span>{TOLD}</span></div>",  # right behind the headline, a whole sentence
        f"<div><span>Budget</span></div><div class='article-excerpt'>{TOLD}</div>",
        f"<h2 class='epigraph'>{TOLD.removesuffix('.')}</h2>",
        f"<div><p>3 March</p></div><div class='c-perex'>{TOLD}</div>",
        f"<div><p>3 mars</p></div><div><div class='ingress'><span>{TOLD}</span></div></div>",
    ],
)
def test_what_stands_below_the_headline_is_kept(below: str) -> None:
    found = read(below)
    assert found.standfirst == TOLD.removesuffix("." if "epigraph" in below else "")
    assert found.text == "\n\n".join([found.standfirst, *STORY])


@pytest.mark.parametrize("description", [TOLD, CUT, f"{TOLD} The vote was 14 to 3."])
def test_a_description_confirms_it_behind_other_lines(description: str) -> None:
    below = f"<div>Budget</div><div>3 March</div><div>Sarn</div><div>Listen</div><div><span>{TOLD}</span></div>"
    assert read(below, description=description).standfirst == TOLD


def test_a_headline_of_another_rank_is_one_where_the_title_says_so() -> None:
    path = "<h1 class='path'>The Courier</h1><div>County</div><h2>Council settles budget</h2>"
    assert read(f"<div><span>{TOLD}</span></div>", headline=path).standfirst == TOLD


@pytest.mark.parametrize(
    "below",
    [
        f"<div class='author-bio'><span>{TOLD}</span></div>",
        f"<div class='image-caption'><span>{TOLD}</span></div>",
        f"<div class='ai-disclaimer'><span>{TOLD}</span></div>",
        f"<div><a href='/b'>{TOLD}</a></div>",
        "<div><span>Sign up for our newsletter, and we will write to you on Mondays about the county.</span></div>",
        "<div><span>Ida Varga, who writes on the county and its council for the Courier</span></div>",  # no sentence
        f"<ul><li>{TOLD}</li><li>14 million crowns are missing.</li></ul>",
        f"<div>Budget</div><div>3 March</div><div>Sarn</div><div>Listen</div><div><span>{TOLD}</span></div>",  # far from it
    ],
)
def test_what_lacks_a_sign_is_none(below: str) -> None:
    assert read(below).standfirst is None

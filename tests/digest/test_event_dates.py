"""When something happened, as the sentence says it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest

from pipeline.digest.build import build_digest
from pipeline.digest.event_dates import find_event_date
from pipeline.digest.inputs import DigestInputs
from pipeline.settings import Settings

DAY = date(2026, 3, 4)

THURSDAY = date(2026, 3, 5)


@pytest.mark.parametrize(
    ("sentence", "happened"),
    [
        ("The bridge fell on Tuesday, police said.", date(2026, 3, 3)),
        ("It opened on Thursday.", THURSDAY),
        ("It closed last Thursday.", date(2026, 2, 26)),
        ("The roof came down last night.", date(2026, 3, 4)),
        ("She resigned yesterday.", date(2026, 3, 4)),
        ("Two days ago the water was lower.", date(2026, 3, 3)),
        ("On 12 January 2010 a quake struck.", date(2010, 1, 12)),
        ("He died on December 5 in Lund.", date(2025, 12, 5)),
        ("Tugs freed the ship on Thursday, as planned.", THURSDAY),
        ("The two sides have until noon on Tuesday to agree.", None),
        ("The ferry sails from Tuesday on.", None),
        ("The draw takes place on Saturday.", None),
        ("Die Bahn nimmt am Samstag den Betrieb wieder auf.", None),
        ("The bell will be hung again on 28 March.", None),
        ("The office opens on 1 May.", None),
        ("Am 1. Mai öffnet das Amt.", None),
        ("They may sign today.", None),
        ("Die Brücke brach am Dienstag.", date(2026, 3, 3)),
        ("Die Stadt meldete am Dienstagabend einen Ausfall.", date(2026, 3, 3)),
        ("Gestern Abend fiel der Strom aus.", date(2026, 3, 4)),
        ("Vor zwei Tagen stieg der Pegel.", date(2026, 3, 3)),
        ("Am 3. März begann der Streik.", date(2026, 3, 3)),
        ("Der Vertrag vom 01.12.2025 gilt.", date(2025, 12, 1)),
        ("Talks will resume on Tuesday.", None),
        ("Die Brücke soll am Freitag öffnen.", None),
        ("Er sagte zu, den See von Mittwoch an zu füllen.", None),
        ("Shops close every Friday.", None),
        ("The road has been shut since Monday.", None),
        ("It may 5 times over.", None),
        ("Nothing is said of time.", None),
        ("The mayor, who resigned on Monday, opened the gym on Wednesday.", date(2026, 3, 4)),
        ("After a meeting on Monday, the council voted on Tuesday.", date(2026, 3, 3)),
        ("Monday's vote was close.", None),
        ("They fled before Sunday's storm.", None),
        ("On Friday, 13 February, the bridge fell.", date(2026, 2, 13)),
        ("The ferry ran aground on Tuesday, 3 March.", date(2026, 3, 3)),
        ("Am Dienstag, den 17. Februar, brach die Brücke.", date(2026, 2, 17)),
        ("Der Bürgermeister, der am Montag zurücktrat, kam am Mittwoch.", date(2026, 3, 4)),
        ("She was charged on Monday with the theft that made news.", date(2026, 3, 2)),
        ("It happened on 31 February 2026.", None),
        # What is quoted counts from the speaker's day.
        ("She asked why: “We have no answer today.”", None),
        ('The tower fell on Tuesday, and "tomorrow comes after today," the mayor said.', date(2026, 3, 3)),
        # What stands between a determiner and its noun says which one, not when.
        ("They asked about the Oct. 13 attack on the mill.", None),
        ("In a Feb. 5 letter the doctors pleaded with the town.", None),
        ("His Monday speech was watched by thousands.", None),
        ("Viele dachten an den 6. Juni 1944 zurück.", None),
        ("The doctors wrote a letter on 5 February.", date(2026, 2, 5)),
        ("Am 6. Juni 1944 landeten die Boote.", date(1944, 6, 6)),
        # Bounds.
        ("The mill has been closed since 5 February.", None),
        ("Das Amt ist seit dem 1. Februar geschlossen.", None),
        # What was ahead when it was written, near the time word or far from it.
        ("The budget statement on Monday will reveal a cut of nine per cent.", None),
        ("A jury was scheduled to meet Monday to hear the case.", None),
        (
            "The mayor, said two of her aides, plans to invoke her right of silence before the joint town panel on Monday.",
            None,
        ),
        ("The mayor is heading to Lund on Wednesday to meet those who built it.", None),
        ("Die Stadt startet am Montag eine neue Internetseite.", None),
        ("The mill will be turned into a school, the mayor said on Tuesday.", date(2026, 3, 3)),
        ("The weir broke on Monday, the mayor said on Tuesday.", date(2026, 3, 2)),
        ("Das Wehr brach am Montag, teilte die Gemeinde am Dienstag mit.", date(2026, 3, 2)),
        ("The weir broke on Monday, and the bridge fell on Tuesday.", None),
        ("The weir broke on Sunday or on Monday, the mayor said on Tuesday.", None),
        ("The weir will be opened on Friday, the mayor told the council on Tuesday.", date(2026, 3, 3)),
        ("Die Mühle soll eine Schule werden, sagte die Stadt am Dienstag.", date(2026, 3, 3)),
        # A day counted from another day, and two days of which nobody says which is meant.
        ("He was held on Tuesday after a jury charged him a day earlier.", date(2026, 3, 3)),
        ("The tax announced by Lund on Monday is a bad idea, the mayor said Tuesday.", None),
        # Of several sentences the first is the news.
        ("The panel has ended its work. It began on 5 February.", None),
        ("The panel ended its work on Tuesday. It began on 5 February.", date(2026, 3, 3)),
        ("Die Behörde betonte am 8. Februar, dass keine Gefahr bestehe.", date(2026, 2, 8)),
    ],
)
def test_finds_the_day_that_is_said(sentence: str, happened: date | None) -> None:
    assert find_event_date(sentence, THURSDAY) == happened


def test_without_a_publication_date_only_full_dates_are_certain() -> None:
    assert find_event_date("It fell on Tuesday.", None) is None
    assert find_event_date("It fell on 3 March.", None) is None
    assert find_event_date("It fell on 3 March 2026.", None) == date(2026, 3, 3)


def test_a_weekday_in_an_edited_version_counts_back_from_the_edit() -> None:
    tuesday = date(2026, 3, 3)
    assert find_event_date("Nineteen are ill, it said on Thursday.", tuesday, edited=THURSDAY) == THURSDAY
    assert find_event_date("It said so on Monday.", tuesday, edited=THURSDAY) == date(2026, 3, 2)
    assert find_event_date("It was said yesterday.", tuesday, edited=THURSDAY) is None
    assert find_event_date("It was said yesterday.", THURSDAY, edited=THURSDAY) == date(2026, 3, 4)
    assert find_event_date("It was said on Monday.", THURSDAY, edited=tuesday) == date(2026, 3, 2)


@pytest.mark.parametrize(
    ("published_on", "happened"),
    [(None, None), (date(2026, 3, 3), date(2026, 3, 2)), (DAY, date(2026, 3, 3))],
)
def test_yesterday_counts_from_the_publishers_own_day(
    published_on: date | None,
    happened: date,
    a_version: Callable[..., dict[str, Any]],
    make_inputs: Callable[..., DigestInputs],
) -> None:
    at = datetime(2026, 3, 4, 3, tzinfo=UTC)  # late in the evening before, further west
    version = a_version(
        "a", "The bridge at Oldmill fell yesterday, police in Lund said.", published_at=at, published_on=published_on
    )
    draft = build_digest(make_inputs([version]), Settings(), now=datetime(2026, 3, 5, 1, 30, tzinfo=UTC))
    assert draft.developments["event_date"].to_pylist() == [happened]


def test_where_the_day_is_not_certain_only_what_a_day_does_not_change_is_told() -> None:
    assert find_event_date("It fell yesterday.", THURSDAY, is_certain=False) is None
    assert find_event_date("It fell on Monday.", THURSDAY, is_certain=False) == date(2026, 3, 2)
    assert find_event_date("It fell on Friday.", THURSDAY, is_certain=False) is None  # it may be Friday there
    assert find_event_date("It fell on 3 March.", THURSDAY, is_certain=False) == date(2026, 3, 3)

"""Terms: what counts how much, in which script."""

from __future__ import annotations

from pipeline.text.stopwords import STOP_WORDS, is_stop_word
from pipeline.text.terms import BODY_CHARS, LEAD_CHARS, count_terms


def test_title_counts_three_times_lead_twice_rest_once() -> None:
    filler = "zzz " * (LEAD_CHARS // 4)
    counts = count_terms("harbour", "ferry " + filler + "sandbank", "en")
    assert (counts["harbour"], counts["ferry"], counts["sandbank"]) == (3.0, 2.0, 1.0)


def test_a_word_at_the_end_of_the_lead_stays_whole() -> None:
    text = "x" * (LEAD_CHARS - 5) + " sandbank pilots"
    counts = count_terms(None, text, "en")
    assert counts["sandbank"] == 2.0
    assert counts["pilot"] == 1.0
    assert not {term for term in counts if term in ("sand", "bank", "sandb")}


def test_text_beyond_the_read_part_does_not_count() -> None:
    assert "sandbank" not in count_terms(None, "ferry " * (BODY_CHARS // 6 + 1) + " sandbank", "en")


def test_an_article_without_title_or_text_has_no_terms() -> None:
    assert count_terms(None, "", "en") == {}
    assert count_terms("The", "of it, and!", "en") == {}


def test_function_words_fall_by_language() -> None:
    assert "die" in count_terms(None, "die casting", "en")
    assert set(count_terms(None, "Die Fähre und der Hafen", "de")) == {"fähre", "hafen"}
    assert set(count_terms(None, "Les ferries pour le port avec des marins", "fr")) == {"ferries", "port", "marins"}


def test_an_unknown_language_drops_short_words_only() -> None:
    assert set(count_terms(None, "og en stor ferge", None)) == {"stor", "ferge"}
    assert is_stop_word("og", "xx")
    assert not is_stop_word("ferge", "xx")


def test_plurals_meet_their_singular_in_english_only() -> None:
    assert set(count_terms(None, "treaty treaties ferry ferries class status crisis", "en")) == {
        "treaty",
        "ferry",
        "class",
        "status",
        "crisis",
    }
    assert set(count_terms(None, "Haus Hafens", "de")) == {"haus", "hafens"}


def test_case_and_composition_do_not_matter() -> None:
    composed, decomposed = count_terms(None, "FÄHRE Café", "de"), count_terms(None, "Fa\u0308hre cafe\u0301", "de")
    assert composed == decomposed == {"café": 2.0, "fähre": 2.0}


def test_unspaced_scripts_give_pairs_without_particles() -> None:
    assert set(count_terms(None, "東京都で会議", "ja")) == {"東京", "京都", "都で", "で会", "会議"}
    assert count_terms(None, "について", "ja") == {}
    assert set(count_terms(None, "北京 2026 年", "zh")) == {"北京", "2026", "年"}


def test_words_with_signs_of_their_own_stay_whole() -> None:
    assert set(count_terms(None, "हिन्दी समाचार", "hi")) == {"हिन्दी", "समाचार"}
    assert set(count_terms(None, "الأخْبار العالمية", "ar")) == {"الأخْبار", "العالمية"}


def test_numbers_count_but_single_digits_do_not() -> None:
    assert set(count_terms(None, "7 of 184 aboard, 1,250.50 crowns", "en")) == {"184", "aboard", "1,250.50", "crown"}


def test_terms_come_sorted_whatever_the_order_of_the_text() -> None:
    there, back = count_terms("a ferry", "pilots harbour", "en"), count_terms("ferry a", "harbour pilots", "en")
    assert list(there.items()) == list(back.items()) == sorted(there.items())


def test_stop_words_are_stored_as_they_are_compared() -> None:
    for words in STOP_WORDS.values():
        assert words
        assert all(word == word.casefold() for word in words)

"""Reading age, counted without a network."""

from __future__ import annotations

import pytest

from app.content.reading_age import measure, sentences_of, syllables, unwrap

_EASY = "You meet a kind person. You talk about your week. You can bring a friend. "
_HARD = (
    "Multidisciplinary practitioners systematically evaluate psychological deterioration "
    "utilising standardised instrumentation. "
)


@pytest.mark.parametrize(
    ("word", "count"),
    [("cat", 1), ("therapy", 3), ("practitioner", 4), ("medicine", 3), ("helper", 2), ("7", 1)],
)
def test_syllables_of_known_words(word: str, count: int) -> None:
    assert syllables(word) == count


def test_word_that_no_dictionary_has_is_hyphenated() -> None:
    assert syllables("wobblification") >= 4


def test_grades_follow_their_formulas() -> None:
    grades = measure("The cat sat. The dog ran.")
    assert (grades.words, grades.sentences) == (6, 2)
    assert grades.flesch_kincaid == pytest.approx(0.39 * 3 + 11.8 * 1 - 15.59)
    assert grades.fog == pytest.approx(0.4 * 3)
    assert grades.age == round((0.39 * 3 + 11.8 - 15.59 + 0.4 * 3) / 2 + 5, 1)


def test_hard_text_is_older_than_easy_text() -> None:
    assert measure(_EASY * 8).age < 8 < 16 < measure(_HARD * 8).age


def test_explained_names_count_as_two_syllables() -> None:
    text = "Family therapy is a family talk. "
    assert measure(text, frozenset({"family", "therapy"})).age < measure(text).age


def test_wrapped_lines_are_one_sentence_and_list_items_are_many() -> None:
    text = "One line\nthat wraps. Two.\n\n- an item\n- more\n  of it"
    assert sentences_of(unwrap(text)) == ["One line that wraps.", "Two.", "an item", "more of it"]


def test_text_without_words_has_no_age() -> None:
    assert measure("...").age == 0.0


def test_counts_of_two_texts_add_up_to_those_of_both() -> None:
    assert measure(_EASY) + measure(_HARD) == measure(f"{_EASY}\n\n{_HARD}")

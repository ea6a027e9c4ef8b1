"""The file inside a profile: what it holds, and that nothing gets lost on the way out and back."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.documents.profile_record import MOST_BYTES, NotAProfile, read, write
from app.documents.profile_words import (
    LOOKS,
    ORIENTATIONS,
    OTHERS,
    PHOTO,
    PROMPTS,
    READERS,
    WORDINGS,
    Photo,
    ProfileWords,
    clean,
    clean_name,
    for_its_reader,
)

DAY = date(2026, 11, 23)
SAID = {prompt: f"What I say about {prompt}." for prompt in PROMPTS}
SEEN = {"people": frozenset({"parent", "worker"}), "upsets": frozenset({"worker"})}
PROFILES = st.builds(
    ProfileWords,
    name=st.text(max_size=40).map(clean_name),
    answers=st.dictionaries(st.sampled_from(PROMPTS), st.text().map(clean)).map(
        lambda answers: {prompt: text for prompt, text in answers.items() if text}
    ),
    orientation=st.sampled_from(ORIENTATIONS),
    seen_by=st.dictionaries(
        st.sampled_from((*PROMPTS, PHOTO)), st.frozensets(st.sampled_from(OTHERS), min_size=1)
    ),
    copy_for=st.sampled_from(READERS),
    look=st.sampled_from(LOOKS),
    wording=st.sampled_from(WORDINGS),
    slot=st.just("photo"),
    photo=st.none() | st.builds(Photo, st.binary(), st.text(max_size=150).map(clean_name)),
)


@given(PROFILES)
def test_words_go_out_and_come_back_to_the_letter(words: ProfileWords) -> None:
    shown = for_its_reader(words)
    back = read(write(words, made_on=DAY))
    assert back.name == shown.name
    assert back.answers == shown.answers
    assert back == replace(shown, seen_by=back.seen_by)
    there = {*shown.answers} | ({PHOTO} if shown.photo else set())
    assert back.seen_by == {what: who for what, who in shown.seen_by.items() if what in there}


@given(st.text())
def test_what_is_clean_stays_as_it_is(text: str) -> None:
    assert clean(clean(text)) == clean(text)
    assert clean_name(clean_name(text)) == clean_name(text)


def test_the_file_is_shaped_on_about_me() -> None:
    words = ProfileWords("Sam", {"people": "My nan.", "miss": "Climbing."}, seen_by=SEEN)
    assert json.loads(write(words, made_on=DAY)) == {
        "format": "one-page-profile",
        "version": 1,
        "made_on": "2026-11-23",
        "copy_for": "me",
        "form": {
            "version": 1,
            "wording": "first",
            "look": "boxes",
            "orientation": "portrait",
            "slot": "none",
        },
        "preferred_name": "Sam",
        "about_me": {
            "people_who_are_important_to_me": [
                {
                    "question": "people",
                    "text": "My nan.",
                    "may_also_be_seen_by": ["parent", "worker"],
                }
            ],
            "what_is_most_important_to_me": [{"question": "miss", "text": "Climbing."}],
        },
    }


@pytest.mark.parametrize("reader", OTHERS)
def test_a_copy_holds_what_its_reader_may_see_as_if_the_rest_did_not_exist(reader: str) -> None:
    allowed = {prompt for prompt, readers in SEEN.items() if reader in readers}
    copy = ProfileWords("Sam", SAID, seen_by=SEEN, copy_for=reader)  # type: ignore[arg-type]
    never_written = ProfileWords(
        "Sam",
        {prompt: text for prompt, text in SAID.items() if prompt in allowed},
        seen_by=SEEN,
        copy_for=reader,  # type: ignore[arg-type]
    )
    assert allowed
    assert write(copy, made_on=DAY) == write(never_written, made_on=DAY)
    assert b"may_also_be_seen_by" not in write(copy, made_on=DAY)
    assert set(read(write(copy, made_on=DAY)).answers) == allowed


def test_nobody_else_sees_what_is_not_ticked() -> None:
    assert for_its_reader(ProfileWords("Sam", SAID, copy_for="worker")).answers == {}
    assert for_its_reader(ProfileWords("Sam", SAID, copy_for="me")).answers == SAID


def changed(**fields: object) -> bytes:
    record = json.loads(write(ProfileWords("Sam", SAID), made_on=DAY))
    return json.dumps(record | fields).encode()


ENTRY = {"question": "people", "text": "one"}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe",
        b"null",
        b"[]",
        b"[" * 100_000,
        b'{"a":' * 20_000,
        b'"' + b"x" * MOST_BYTES + b'"',
        changed(format="another"),
        changed(version=0),
        changed(version="1"),
        changed(version=None),
        changed(preferred_name="n" * 41),
        changed(preferred_name=7),
        changed(copy_for="everybody"),
        changed(copy_for=["me"]),
        changed(form={"orientation": "diagonal"}),
        changed(form=[]),
        changed(picture=[]),
        changed(picture={"data": "no base64", "description": ""}),
        changed(picture={"data": "", "description": "x" * 151}),
        changed(about_me=[]),
        changed(about_me={"people_who_are_important_to_me": {}}),
        changed(about_me={"people_who_are_important_to_me": [ENTRY, ENTRY]}),
        changed(about_me={"people_who_are_important_to_me": [ENTRY] * 50}),
        changed(about_me={"people_who_are_important_to_me": [ENTRY | {"question": "days"}]}),
        changed(about_me={"people_who_are_important_to_me": [ENTRY | {"text": "x" * 5001}]}),
        changed(about_me={"people_who_are_important_to_me": [ENTRY | {"text": {"a": 1}}]}),
        changed(
            about_me={"people_who_are_important_to_me": [ENTRY | {"may_also_be_seen_by": ["all"]}]}
        ),
    ],
    ids=lambda body: repr(body[-60:]),
)
def test_whatever_is_not_as_we_write_it_is_foreign(body: bytes) -> None:
    with pytest.raises(NotAProfile) as refused:
        read(body)
    assert refused.value.reason == "foreign"


def test_a_later_format_says_so() -> None:
    with pytest.raises(NotAProfile) as refused:
        read(changed(version=2))
    assert refused.value.reason == "newer"


def test_signs_that_nobody_can_see_or_print_do_not_come_in_by_a_file() -> None:
    body = changed(preferred_name="S\u0000am\ud83d")
    assert read(body).name == "Sam"

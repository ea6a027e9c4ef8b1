"""A copy for somebody else: what they may not see is nowhere in it, at any depth of the file."""

from __future__ import annotations

from html import unescape

import pytest
from fixtures.papers import Desk
from fixtures.pdfs import insides, letters, pages_of
from starlette.testclient import TestClient

from app.documents.profile_words import OTHERS, PROMPTS, ProfileWords, Reader

#: One word for each answer that is in no other, in signs that no other answer has.
SECRETS = dict(zip(PROMPTS, ("Zwölf", "Ångström", "Žižek", "Ñandú", "Őrség", "Þorri"), strict=True))
SEEN: dict[str, frozenset[Reader]] = {
    "people": frozenset({"parent", "worker"}),
    "upsets": frozenset({"worker"}),
    "admired": frozenset({"parent"}),
}


def forms_of(word: str) -> tuple[bytes, ...]:
    utf16 = word.encode("utf-16-be")
    return (
        word.encode(),
        utf16,
        utf16.hex().encode(),
        utf16.hex().upper().encode(),
        word.encode("unicode_escape"),
        word.encode("latin-1", "ignore"),
    )


@pytest.mark.parametrize("reader", OTHERS)
def test_a_copy_is_the_page_of_somebody_who_never_wrote_the_rest(
    desk: Desk, reader: Reader
) -> None:
    """Byte for byte: tags, fonts, outline, metadata and the file inside can then not differ."""
    shown = {prompt: SECRETS[prompt] for prompt, who in SEEN.items() if reader in who}
    copy = desk.made(ProfileWords("Sam", SECRETS, seen_by=SEEN, copy_for=reader)).body
    plain = desk.made(ProfileWords("Sam", shown, seen_by=SEEN, copy_for=reader)).body
    assert copy == plain
    held = insides(copy)
    for prompt, secret in SECRETS.items():
        found = [form for form in forms_of(secret) if form in held]
        assert bool(found) == (prompt in shown), (prompt, found)


def test_my_own_copy_shows_everything_and_who_may_see_it(desk: Desk) -> None:
    (text,) = pages_of(desk.made(ProfileWords("Sam", SECRETS, seen_by=SEEN)).body)
    assert [secret for secret in SECRETS.values() if letters(secret) not in letters(text)] == []
    assert letters("also for my parent or carer, also for my worker") in letters(text)
    assert text.count("also for my worker") == 2
    assert "A copy for" not in text


def test_a_copy_says_for_whom_it_is_and_not_who_else(desk: Desk) -> None:
    words = ProfileWords("Sam", SECRETS, seen_by=SEEN, copy_for="worker")
    (text,) = pages_of(desk.made(words).body)
    assert "A copy for my worker" in text
    assert "parent" not in text


DATA = SECRETS | {"worker-sees": ["people", "upsets"], "copy-for": "worker"}


class TestByForm:
    def test_the_copy_of_a_worker(self, client: TestClient) -> None:
        answer = client.post("/profile/pdf", data=DATA)
        assert answer.headers["content-disposition"] == "attachment; filename=profile.pdf"
        (text,) = pages_of(answer.content)
        assert [key for key, secret in SECRETS.items() if secret in text] == ["people", "upsets"]

    def test_without_a_tick_nobody_else_sees_anything(self, client: TestClient) -> None:
        for address in ("/profile/pdf", "/profile"):
            answer = client.post(address, data=SECRETS | {"copy-for": "parent"})
            assert answer.status_code == 422
            assert "No box is ticked for the person whose copy this is." in unescape(answer.text)
            assert [each for each in SECRETS.values() if each not in unescape(answer.text)] == []

    def test_ticks_stay_where_they_were(self, client: TestClient) -> None:
        text = client.post("/profile", data=DATA | {"worker-sees": ["miss", "<b>"]}).text
        ticked = [line for line in text.splitlines() if "-sees" in line and " checked" in line]
        assert len(ticked) == 1
        assert 'name="worker-sees" value="miss" checked' in ticked[0]
        assert 'id="copy-worker" name="copy-for" value="worker" checked' in text
        blank = client.get("/profile").text
        assert "My worker: only what I ticked for them" in blank
        assert "built-in" not in blank
        assert [line for line in blank.splitlines() if "-sees" in line and " checked" in line] == []

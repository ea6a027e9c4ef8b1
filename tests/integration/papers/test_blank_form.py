"""The questions on paper: what a sheet says, for whom it is printed, and when it is not."""

from __future__ import annotations

import re
from typing import Any

import pytest
from fixtures.capture import TEAM, hand_over
from fixtures.pdfs import letters, pages_of
from fixtures.service import START
from fixtures.staff import make_staff, sign_in
from starlette.testclient import TestClient

from app.content.practice import PRACTICE, practice_words
from app.db import sessions
from app.db.tables import Encounter
from app.documents.blank_form import Slip, build
from app.domain.access import Role
from app.domain.paper_form import FormKind, read_number
from app.domain.withdrawal_code import read_words, words_of
from app.services import paper_forms
from app.services.wording_packs import install_pack
from app.settings import ROOT
from app.web.service import Service

SLIP = Slip("7K2M9QXD", "4F8ZC1T6", ("gravel", "pantry", "season", "whisker"))
CODE = r"[0-9A-HJKMNP-TV-Z]{4} [0-9A-HJKMNP-TV-Z]{4}"


def encounter_of(service: Service, **changes: Any) -> str:
    made = hand_over(service.database, service.keyring)
    with sessions.write(service.database) as db:
        row = db.get_one(Encounter, made.header["id"])
        for name, value in changes.items():
            setattr(row, name, value)
    return str(made.header["id"])


def path(encounter_id: str, respondent: str, occasion: str = "after") -> str:
    query = f"respondent={respondent}&occasion={occasion}"
    return f"/encounters/{encounter_id}/paper-form.pdf?{query}"


def test_every_respondent_is_asked_in_the_words_of_the_pack() -> None:
    words = practice_words()
    for respondent in PRACTICE.respondents:
        for occasion in PRACTICE.occasions:
            form = build(
                words,
                PRACTICE.scale,
                respondent=respondent,
                occasion=occasion,
                slip=SLIP,
                is_practice=True,
                made_on=START.date(),
            )
            asked = words.words_for(respondent)
            assert asked is not None
            assert form.questions == tuple(text for _, text in asked.items)
            assert form.statement == words.opening_for(respondent, occasion)
            assert [value for value, _ in form.marks] == list(range(10))
            assert (len(form.referents), len(form.weeks)) == ((3, 4) if form.weeks else (0, 0))


def test_a_sheet_holds_code_number_and_words_and_is_like_no_other(
    client: TestClient, service: Service
) -> None:
    encounter_id = encounter_of(service)
    sign_in(client, make_staff(service.database, teams=(TEAM,)))
    page = client.get(f"/encounters/{encounter_id}").text
    assert path(encounter_id, "parent_proxy").replace("&", "&amp;") in page
    made = [client.get(path(encounter_id, "parent_self")) for _ in range(2)]
    texts = [" ".join(pages_of(each.content)[0].split()) for each in made]
    assert made[0].headers["cache-control"] == "no-store"
    with sessions.read(service.database) as db:
        code = db.get_one(Encounter, encounter_id).code
    numbers = []
    for text in texts:
        said, number = re.findall(rf"Appointment ({CODE}) · Form ({CODE})", text)[0]
        assert said.replace(" ", "") == code
        numbers.append(read_number(number))
        kind = FormKind(encounter_id, "parent_self", "after", practice_words().sha256)
        salt = paper_forms.salt_of(service.keyring, kind, str(numbers[-1]))
        printed = text.split("say these four words at the desk:")[1].split("Without them")[0]
        assert read_words(printed) == words_of(salt)
        assert letters(practice_words().attribution) in letters(text)
        assert "Practice. Not for use with real families" in text
    assert numbers[0] != numbers[1]


def test_nobody_is_asked_who_is_too_young_or_of_whom_there_are_no_words(
    client: TestClient, service: Service
) -> None:
    young, gone = encounter_of(service, age_band="8-11"), encounter_of(service, code=None)
    void = encounter_of(service, state="voided")
    sign_in(client, make_staff(service.database, teams=(TEAM,)))
    assert client.get(path(young, "young_person")).status_code == 404
    assert client.get(path(young, "parent_proxy")).status_code == 200
    for encounter_id in (gone, void):
        assert client.get(path(encounter_id, "parent_self")).status_code == 404
        assert "paper-form.pdf" not in client.get(f"/encounters/{encounter_id}").text
    for odd in ("", "practitioner", "young_person' or 1=1"):
        assert client.get(path(young, odd)).status_code == 404
    assert client.get(path(young, "parent_self", "before")).status_code == 404


def test_an_installed_pack_takes_the_place_of_the_practice(
    client: TestClient, service: Service
) -> None:
    """Five boxes, the pack's own labels, and no form for a respondent without words."""
    encounter_id = encounter_of(service)
    raw = (ROOT / "tests" / "fixtures" / "made-up-pack-0-4.yaml").read_bytes()
    with sessions.write(service.database) as db:
        install_pack(db, raw=raw, name="made-up-pack-0-4.yaml", now=START)
    sign_in(client, make_staff(service.database, teams=(TEAM,)))
    assert client.get(path(encounter_id, "parent_proxy")).status_code == 404
    (text,) = pages_of(client.get(path(encounter_id, "parent_self")).content)
    for words in ("Made-up nought", "Made-up four", "Made-up attribution line, nobody's words."):
        assert letters(words) in letters(text)
    assert "not CollaboRATE" not in text


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.RESEARCHER])
def test_who_prints_nothing_prints_no_form(
    client: TestClient, service: Service, role: Role
) -> None:
    encounter_id = encounter_of(service)
    sign_in(client, make_staff(service.database, roles=[role], teams=(TEAM,)))
    assert client.get(path(encounter_id, "parent_self")).status_code == 403


def test_another_team_finds_no_form_and_the_front_desk_may_print_one(
    client: TestClient, service: Service
) -> None:
    encounter_id = encounter_of(service)
    sign_in(client, make_staff(service.database, teams=("south",)))
    assert client.get(path(encounter_id, "parent_self")).status_code == 404
    client.cookies.clear()
    sign_in(client, make_staff(service.database, roles=[Role.FRONT_DESK], teams=(TEAM,)))
    assert client.get(path(encounter_id, "parent_self")).status_code == 200

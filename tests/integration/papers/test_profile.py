"""The one-page profile: what fits, what does not, and that nobody keeps a word of it."""

from __future__ import annotations

import io
import logging
import re
import tempfile
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from types import SimpleNamespace

import pytest
from fixtures.papers import TODAY, Desk
from fixtures.pdfs import (
    check_structure,
    facts_of,
    fonts_of,
    letters,
    pages_of,
    smallest_type,
    tags_of,
)
from PIL import Image
from pypdf import PdfReader
from starlette.testclient import TestClient

from app.documents.profile import TooLong, build, share_rows
from app.documents.profile_words import (
    MOST_LETTERS,
    ORIENTATIONS,
    PROMPTS,
    Orientation,
    ProfileWords,
)
from app.errors import TabletHandedOver
from app.services.profiles import check_profile
from app.web.routes.profile import not_handed_over

ORDINARY = {
    "people": "My nan. We do the crossword on Sundays.\nJaz, on the bus home.",
    "days": "Good: I slept and it was art first.\nBad: a loud canteen.",
    "upsets": "Being told to calm down. It helps to give me ten minutes, then ask once.",
    "miss": "Drawing before bed.",
    "belongings": "Headphones. The blue hoodie.",
    "admired": "I notice when somebody is left out.",
}
HEADS = (
    "Who matters to me, and what we do together",
    "My good days and my bad days",
    "What upsets me, and what helps",
    "What I would miss, each day or each week",
    "What I never leave home without",
    "What others like and admire about me",
)
CANARY = "Zwetschgenkuchen"
LONG = " ".join(f"word{number}" for number in range(400))


@pytest.mark.parametrize("orientation", ["portrait", "landscape"])
def test_six_answers_are_one_page_in_their_order(
    desk: Desk, orientation: str, tmp_path: Path
) -> None:
    pdf = desk.made(ProfileWords("Sam", ORDINARY, orientation))  # type: ignore[arg-type]
    (text,) = pages_of(pdf.body)
    flat = letters(text)
    parts = [
        part for head, said in zip(HEADS, ORDINARY.values(), strict=True) for part in (head, said)
    ]
    assert [part for part in parts if letters(part) not in flat] == []
    places = [flat.index(letters(part)) for part in parts]
    assert places == sorted(places)
    for said in ("Sam", "23 November 2026", "Profile form 1", "999 or A&E", "116 123", "85258"):
        assert letters(said) in flat
    assert smallest_type(pdf.body) >= 10.99
    assert len(pdf.body) < 100_000
    check_structure(pdf.body, tmp_path)


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_an_ordinary_profile_is_laid_out_once(desk: Desk, orientation: Orientation) -> None:
    """Equal boxes fill the sheet as the styles have them; measuring first would double the time."""
    words = ProfileWords("Sam", ORDINARY, orientation)
    page = build(words, made_on=TODAY)
    assert page.layout == "even"
    assert desk.run(desk.press.pdf(page, at_most=1)).pages == 1
    natural = desk.run(desk.press.measured(build(words, made_on=TODAY, tall=True)))
    room = share_rows(natural, words.rows)[0]
    equal = desk.run(desk.press.measured(page)).boxes["people"].height
    assert room - 12 < equal < room


def test_the_file_says_nothing_about_the_person(desk: Desk) -> None:
    body = desk.made(ProfileWords(CANARY, ORDINARY)).body
    facts = facts_of(body)
    assert facts == {
        "lang": "en-GB",
        "title": "One-page profile",
        "marked": True,
        "shows_title": True,
        "author": None,
        "attachments": ["profile.json"],
    }
    assert [kind for kind, _ in tags_of(body)].count("/H2") == len(PROMPTS) + 1
    assert all(fonts_of(body).values())


def test_an_empty_profile_is_a_page_to_write_on(desk: Desk) -> None:
    (text,) = pages_of(desk.made(ProfileWords("", {})).body)
    assert [head for head in HEADS if head not in text] == []
    assert "This is me" in text


def test_one_full_box_takes_room_from_the_others_and_stays_one_page(desk: Desk) -> None:
    words = ProfileWords("Sam", ORDINARY | {"days": LONG[:900]})
    (text,) = pages_of(desk.made(words).body)
    assert letters(LONG[:900]) in letters(text)


def test_type_steps_down_to_eleven_before_anything_is_refused(desk: Desk) -> None:
    sizes = []
    for length in (200, 380, 440):
        pdf = desk.profile(ProfileWords("", dict.fromkeys(PROMPTS, LONG[:length])))
        assert not isinstance(pdf, TooLong)
        sizes.append(type_of_words(pdf.body))
    assert sizes[0] == 13
    assert sizes == sorted(sizes, reverse=True)
    assert min(sizes) >= 11
    assert isinstance(desk.profile(ProfileWords("", dict.fromkeys(PROMPTS, LONG[:1500]))), TooLong)


@pytest.mark.parametrize("orientation", ["portrait", "landscape"])
def test_what_does_not_fit_is_named_to_the_letter(desk: Desk, orientation: str) -> None:
    """Cutting the named words, and nothing else, makes the page fit."""
    words = ProfileWords("Sam", ORDINARY | {"days": LONG, "admired": LONG[:2600]}, orientation)  # type: ignore[arg-type]
    fit = desk.profile(words)
    assert isinstance(fit, TooLong)
    assert {box.prompt for box in fit.over} == {"days", "admired"}
    kept = dict(words.answers)
    for box in fit.over:
        assert words.answers[box.prompt].endswith(box.words_over)
        assert box.percent > 100
        kept[box.prompt] = words.answers[box.prompt].removesuffix(box.words_over).rstrip()
    (text,) = pages_of(desk.made(ProfileWords("Sam", kept, words.orientation)).body)
    assert letters(kept["days"]) in letters(text)


def test_two_pages_hold_every_word_and_more_is_refused(desk: Desk) -> None:
    words = ProfileWords("Sam", dict.fromkeys(PROMPTS, LONG[:900]))
    texts = pages_of(desk.made(words, two_pages=True).body)
    assert len(texts) == 2
    assert letters(" ".join(texts)).count(letters(LONG[:200])) == len(PROMPTS)
    assert isinstance(
        desk.profile(ProfileWords("", dict.fromkeys(PROMPTS, LONG * 2)), True), TooLong
    )


def test_five_thousand_letters_without_a_space_are_broken_and_counted(desk: Desk) -> None:
    words = ProfileWords("", {"days": "x" * MOST_LETTERS})
    fit = desk.profile(words)
    assert isinstance(fit, TooLong)
    (box,) = fit.over
    assert 0 < len(box.words_over) < MOST_LETTERS
    assert set(box.words_over) == {"x"}
    assert len(pages_of(desk.made(ProfileWords("", {"days": "x" * 900})).body)) == 1


def test_markup_and_styles_are_shown_as_the_text_they_are(desk: Desk) -> None:
    hostile = (
        '<img src="file:///etc/passwd"><style>*{display:none}</style><script>x</script>'
        "</section><link rel=attachment href=file:///etc/hostname>{{ 7*7 }} &amp; @page{size:1mm}"
    )
    pdf = desk.made(ProfileWords("<b>Sam</b>", {"people": hostile}))
    (text,) = pages_of(pdf.body)
    assert letters(hostile) in letters(text)
    assert "<b>Sam</b>" in text
    assert "root:" not in text
    assert facts_of(pdf.body)["attachments"] == ["profile.json"]


def test_other_scripts_are_printed_in_their_direction(desk: Desk) -> None:
    said = "مرحبا بك"
    pdf = desk.made(ProfileWords("Zoë Łucja", {"people": f"{said}\nשלום", "days": "Ωμέγα, Привет"}))
    (text,) = pages_of(pdf.body)
    assert pdf.missing == ""
    assert "Zoë Łucja" in text
    assert "Привет" in text
    assert all(fonts_of(pdf.body).values())


def test_a_sign_without_a_picture_is_named(desk: Desk) -> None:
    assert desk.made(ProfileWords("", {"people": "Biscuit \u0378"})).missing == "\u0378"


def test_the_check_says_how_full_each_box_is(desk: Desk) -> None:
    fit = desk.run(check_profile(desk.press, words=ProfileWords("", ORDINARY), made_on=TODAY))
    assert fit.fits
    assert [box.prompt for box in fit.boxes] == list(PROMPTS)
    assert all(0 < box.percent < 60 for box in fit.boxes)


class TestByForm:
    def test_the_page_is_an_attachment_that_no_cache_keeps(self, client: TestClient) -> None:
        answer = client.post("/profile/pdf", data={"name": "Sam", "action": "pdf"} | ORDINARY)
        assert answer.status_code == 200
        assert answer.headers["content-disposition"] == "attachment; filename=profile.pdf"
        assert answer.headers["cache-control"] == "no-store"
        assert len(pages_of(answer.content)) == 1

    def test_the_form_shows_the_words_that_do_not_fit_and_the_ways_out(
        self, client: TestClient
    ) -> None:
        answer = client.post("/profile/pdf", data=ORDINARY | {"days": LONG})
        assert answer.status_code == 422
        assert answer.headers["cache-control"] == "no-store"
        assert "Not all of your words fit on one page" in answer.text
        (over,) = re.findall(
            r"<blockquote[^>]*data-over-words>(word[^<]+)</blockquote>", answer.text
        )
        assert LONG.endswith(over)
        assert re.search(r'value="two-pages" data-two-pages>', answer.text)
        assert f">\n{LONG}</textarea>" in answer.text
        six = dict.fromkeys(ORDINARY, LONG) | {"action": "two-pages"}
        even = client.post("/profile/pdf", data=six)
        assert even.status_code == 422
        assert "Even two pages do not hold all of your words" in even.text
        both = client.post("/profile/pdf", data=ORDINARY | {"days": LONG, "action": "two-pages"})
        assert (both.status_code, len(pages_of(both.content))) == (200, 2)

    def test_without_a_script_the_form_says_whether_it_fits(self, client: TestClient) -> None:
        good = client.post("/profile", data=ORDINARY | {"action": "check"})
        assert good.status_code == 200
        assert "All your words go on one page." in good.text
        assert client.post("/profile", data=ORDINARY | {"miss": LONG}).status_code == 422

    def test_with_a_script_the_same_comes_as_data(self, client: TestClient) -> None:
        answer = client.post("/profile/check", data=ORDINARY | {"miss": LONG})
        assert answer.headers["cache-control"] == "no-store"
        said = answer.json()
        assert said["fits"] is False
        (over,) = [box for box in said["boxes"] if box["lines_over"]]
        assert over["prompt"] == "miss"
        assert LONG.endswith(over["words_over"])

    def test_more_than_five_thousand_letters_are_refused_and_kept_on_the_form(
        self, client: TestClient
    ) -> None:
        answer = client.post("/profile/pdf", data={"people": "y" * 5001, "name": "n" * 41})
        assert answer.status_code == 422
        assert answer.text.count("This is longer than 5,000 letters. Please make it shorter.") == 2
        assert answer.text.count("Please use a name of 40 letters or fewer.") == 2
        assert "y" * 5001 in answer.text

    def test_a_body_that_no_form_can_have_is_refused(self, client: TestClient) -> None:
        assert client.post("/profile/pdf", data={"people": "y" * 900_000}).status_code == 413
        many = "&".join(f"field{number}=x" for number in range(100))
        assert client.post("/profile/pdf", content=many).status_code == 413

    def test_signs_without_a_picture_are_named_and_may_be_printed_as_boxes(
        self, client: TestClient
    ) -> None:
        data = {"people": "Biscuit \u0378"}
        answer = client.post("/profile/pdf", data=data)
        assert answer.status_code == 422
        assert "Some signs cannot be printed here" in answer.text
        assert '<span class="signs">\u0378</span>' in answer.text
        anyway = client.post("/profile/pdf", data=data | {"action": "as-boxes"})
        assert anyway.headers["content-type"] == "application/pdf"

    def test_the_form_promises_what_is_so_and_points_to_help(self, client: TestClient) -> None:
        text = unescape(client.get("/profile").text)
        assert "We do not keep what you write." in text
        assert "Nobody is reading this while you type." in text
        assert 'id="help-now"' in text
        assert [head for head in HEADS if head not in text] == []
        assert text.count("<textarea") == len(PROMPTS)

    def test_another_site_cannot_send_it(self, client: TestClient) -> None:
        sent = client.post("/profile/pdf", data=ORDINARY, headers={"Sec-Fetch-Site": "cross-site"})
        assert sent.status_code == 403


def test_no_word_is_in_database_logs_or_files(
    client: TestClient,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "planted").write_text(CANARY)
    photo = large_photo()  # before anything is logged, as its making is
    caplog.set_level(logging.DEBUG)
    # Such a file has no name to be found by afterwards: none may come to be.
    to_disk: list[object] = []
    monkeypatch.setattr(tempfile.SpooledTemporaryFile, "rollover", to_disk.append)
    data = ORDINARY | {"people": f"{CANARY} with my aunt \u0378", "name": CANARY}
    for address in ("/profile", "/profile/check", "/profile/pdf"):
        client.post(address, data=data)
    made = client.post("/profile/pdf", data=data | {"action": "as-boxes"})
    assert letters(CANARY) in letters(pages_of(made.content)[0])
    large = made.content + b"%" + CANARY.encode() * 100_000
    opened = client.post("/profile/open", data=data, files={"opened": (CANARY, large)})
    assert opened.text.count(CANARY) >= 2
    client.post("/profile/open", data=data, files={"opened": (CANARY, b"%PDF " + large[9:])})
    pictured = data | {"slot": "photo", "photo-words": CANARY, "action": "as-boxes"}
    files = {"photo": (CANARY, photo)}
    shown = client.post("/profile/pdf", data=pictured, files=files)
    assert shown.headers["content-type"] == "application/pdf"
    assert to_disk == []
    found = [path for path in files_near(tmp_path) if CANARY.encode() in path.read_bytes()]
    assert found == [tmp_path / "planted"]
    logged = caplog.text + "".join(capfd.readouterr())
    assert CANARY not in logged


def large_photo() -> bytes:
    """More than the framework would keep in memory, with the word in what a camera writes."""
    exif = Image.Exif()
    exif[0x010E] = CANARY
    camera = io.BytesIO()
    Image.effect_noise((1800, 1800), 99).save(camera, "JPEG", quality=95, exif=exif)
    assert camera.tell() > 2_000_000
    return camera.getvalue()


def files_near(folder: Path) -> Iterator[Path]:
    """The database and everything else of this test, and what the engine puts aside."""
    aside = Path(tempfile.gettempdir())
    for place in (folder, *aside.glob("weasyprint*"), *aside.glob("tmp*"), *aside.glob("pymp*")):
        for path in [place, *place.rglob("*")] if place.is_dir() else [place]:
            if path.is_file() and path.stat().st_size < 20_000_000:
                yield path


def test_a_tablet_out_of_staff_hands_gets_no_personal_paper() -> None:
    held = SimpleNamespace(handover_id="some")
    with pytest.raises(TabletHandedOver):
        not_handed_over(held)  # type: ignore[arg-type]
    not_handed_over(None)
    not_handed_over(SimpleNamespace(handover_id=None))  # type: ignore[arg-type]


def type_of_words(body: bytes) -> float:
    """The size of the young person's own words, which name themselves."""
    sizes: set[float] = set()

    def visit(text: str, cm: object, tm: object, _font: object, size: float) -> None:
        if "word1" in text:
            sizes.add(round(abs(size * tm[3] * cm[3]), 1))  # type: ignore[index]

    PdfReader(io.BytesIO(body)).pages[0].extract_text(visitor_text=visit)
    (found,) = sizes
    return found

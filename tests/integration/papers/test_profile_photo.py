"""A photo on a profile: made anew, small, without what a camera wrote; anything else is refused."""

from __future__ import annotations

import asyncio
import base64
import io
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
from fixtures.papers import TODAY, Desk
from fixtures.pdfs import check_structure, insides, pages_of, tags_of
from PIL import Image, ImageDraw, ImageFile
from pypdf import PdfReader, PdfWriter
from starlette.testclient import TestClient

from app.adapters import photo_worker
from app.adapters.intake import Intake, NotReadable
from app.documents import profile_record
from app.documents.profile_words import LOOKS, ORIENTATIONS, Photo, ProfileWords
from app.services.profiles import open_profile

PLACE = "Zwetschgenhausen"
GPS, DESCRIPTION, ARTIST, ORIENTATION = 0x8825, 0x010E, 0x013B, 0x0112


def picture(size: tuple[int, int] = (640, 480), colour: str = "#3a7") -> Image.Image:
    made = Image.new("RGB", size, colour)
    ImageDraw.Draw(made).rectangle((0, 0, size[0] // 4, size[1] // 4), fill="#d22")
    return made


def stored(made: Image.Image, kind: str, **settings: object) -> bytes:
    out = io.BytesIO()
    made.save(out, kind, **settings)
    return out.getvalue()


def from_a_camera() -> bytes:
    """A photo taken on its side, with the place, the maker, a comment and a thumbnail in it."""
    exif = Image.Exif()
    exif[DESCRIPTION], exif[ARTIST], exif[ORIENTATION] = PLACE, PLACE, 6
    exif[GPS] = {1: "N", 2: (51.0, 30.0, 7.0), 29: PLACE}
    return stored(picture(), "JPEG", exif=exif, comment=PLACE, dpi=(300, 300))


SVG_BOMB = b'<svg xmlns="http://www.w3.org/2000/svg">' + b"<g>" * 20_000 + b"</svg>"
REFUSED = {
    "nothing": (b"", "no_photo"),
    "words": (b"hello", "no_photo"),
    "an svg": (SVG_BOMB, "no_photo"),
    "a gif": (stored(picture(), "GIF"), "no_photo"),
    "a bmp": (stored(picture((64, 64)), "BMP"), "no_photo"),
    "cut short": (from_a_camera()[:900], "no_photo"),
    "a png of 40 megapixels": (stored(Image.new("1", (8000, 5000)), "PNG"), "photo_too_big"),
    "a jpeg of 81 megapixels": (stored(Image.new("L", (9000, 9000)), "JPEG"), "photo_too_big"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_no_photo_or_too_large_is_refused(kind: str) -> None:
    body, reason = REFUSED[kind]
    with pytest.raises(NotReadable) as why:
        photo_worker.take_photo(body)
    assert why.value.reason == reason


def test_half_a_picture_is_refused_also_where_the_paper_engine_was_loaded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
    body, reason = REFUSED["cut short"]
    with pytest.raises(NotReadable) as why:
        photo_worker.take_photo(body)
    assert why.value.reason == reason


def test_nothing_that_a_camera_wrote_comes_out() -> None:
    body = from_a_camera()
    assert PLACE.encode() in body
    made = photo_worker.take_photo(body)
    assert PLACE.encode() not in made
    with Image.open(io.BytesIO(made)) as out:
        assert dict(out.getexif()) == {}
        assert set(out.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
        assert out.size == (360, 480), "upright, as the camera meant it"
        red, green, _blue = out.getpixel((350, 5))
        assert red > 150 > green, "the corner that was top left is top right now"


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_what_is_seen_through_becomes_white(kind: str) -> None:
    made = photo_worker.take_photo(stored(Image.new("RGBA", (900, 300), (0, 0, 0, 0)), kind))
    with Image.open(io.BytesIO(made)) as out:
        assert (out.format, out.size) == ("JPEG", (480, 160))
        assert out.getpixel((10, 10)) == (255, 255, 255)


def test_a_large_photo_becomes_small() -> None:
    large = stored(picture((8000, 5000)), "JPEG", quality=60)
    noise = stored(Image.effect_noise((1200, 1200), 200), "JPEG")
    for body in (large, noise):
        assert len(photo_worker.take_photo(body)) <= photo_worker.MOST_BYTES


@pytest.fixture(scope="module")
def photo() -> Photo:
    return Photo(photo_worker.take_photo(from_a_camera()), "Me on the beach")


@pytest.fixture(scope="module")
def reader() -> Iterator[Intake]:
    made = Intake()
    yield made
    made.stop()


def test_every_look_holds_it_on_one_page(desk: Desk, photo: Photo, tmp_path: Path) -> None:
    said = {"people": "My nan.", "admired": "I notice when somebody is left out."}
    for look in LOOKS:
        for orientation in ORIENTATIONS:
            words = ProfileWords("Sam", said, orientation, look=look, slot="photo", photo=photo)
            body = desk.made(words).body
            assert len(pages_of(body)) == 1, (look, orientation)
            assert ("/Figure", "Me on the beach") in tags_of(body)
    check_structure(body, tmp_path)
    assert len(body) < 200_000


def test_a_photo_without_words_still_has_some(desk: Desk, photo: Photo) -> None:
    words = ProfileWords("", {}, slot="photo", photo=Photo(photo.body))
    assert ("/Figure", "A photo that I chose") in tags_of(desk.made(words).body)


def test_a_frame_to_draw_in_is_not_a_picture(desk: Desk) -> None:
    body = desk.made(ProfileWords("", {}, slot="drawing")).body
    assert "/Figure" not in [kind for kind, _ in tags_of(body)]


def test_it_comes_back_with_the_words_and_is_made_anew(
    desk: Desk, photo: Photo, reader: Intake
) -> None:
    words = ProfileWords("Sam", {}, slot="photo", photo=photo)
    back = asyncio.run(open_profile(reader, pdf=desk.made(words).body))
    assert back.photo is not None
    assert back.photo.words == "Me on the beach"
    assert back.photo.body != photo.body
    hostile = ProfileWords("Sam", {}, slot="photo", photo=Photo(SVG_BOMB))
    with pytest.raises(NotReadable):
        asyncio.run(open_profile(reader, pdf=carrying(hostile)))


def carrying(words: ProfileWords) -> bytes:
    writer, out = PdfWriter(), io.BytesIO()
    writer.add_blank_page(100, 100)
    writer.add_attachment(profile_record.FILE_NAME, profile_record.write(words, made_on=TODAY))
    writer.write(out)
    return out.getvalue()


def test_a_copy_without_the_photo_does_not_know_of_one(desk: Desk, photo: Photo) -> None:
    seen = {"people": frozenset({"worker"}), "photo": frozenset({"parent"})}
    shown = {"people": "My nan."}
    with_photo = ProfileWords(
        "Sam",
        shown,
        seen_by=seen,
        copy_for="worker",
        slot="photo",
        photo=photo,  # type: ignore[arg-type]
    )
    without = ProfileWords("Sam", shown, seen_by=seen, copy_for="worker")  # type: ignore[arg-type]
    body = desk.made(with_photo).body
    assert body == desk.made(without).body
    assert b"Me on the beach" not in insides(body)
    assert [list(page.images) for page in PdfReader(io.BytesIO(body)).pages] == [[]]


DATA = {"people": "My nan.", "slot": "photo", "photo-words": "Me <on> the beach"}


class TestByForm:
    def test_a_photo_is_printed_and_stays_on_the_form(self, client: TestClient) -> None:
        made = client.post(
            "/profile/pdf", data=DATA, files={"photo": ("../x.jpg", from_a_camera())}
        )
        assert made.headers["content-type"] == "application/pdf"
        assert PLACE.encode() not in insides(made.content)
        assert ("/Figure", "Me <on> the beach") in tags_of(made.content)
        again = client.post("/profile", data=DATA, files={"photo": ("x.jpg", from_a_camera())}).text
        (kept,) = {part.split('"')[0] for part in again.split('name="photo-kept" value="')[1:]}
        assert PLACE.encode() not in base64.b64decode(kept)
        sent = client.post("/profile/pdf", data=DATA | {"photo-kept": kept})
        assert ("/Figure", "Me <on> the beach") in tags_of(sent.content)
        none = client.post("/profile/pdf", data=DATA | {"photo-kept": kept, "slot": "none"})
        assert "/Figure" not in [kind for kind, _ in tags_of(none.content)]

    def test_what_cannot_be_used_is_said_and_the_words_stay(self, client: TestClient) -> None:
        for body, said in (
            (SVG_BOMB, "This is not a photo that we can use."),
            (REFUSED["a png of 40 megapixels"][0], "This photo is too big."),
            (b"\xff\xd8" + b"x" * 8 * 1024 * 1024, "This photo is too big."),
        ):
            answer = client.post(
                "/profile/pdf", data=DATA, files={"photo": ("<b>.svg", body, "image/svg+xml")}
            )
            assert answer.status_code == 422
            assert said in unescape(answer.text)
            assert ">\nMy nan.</textarea>" in answer.text
            assert "&lt;b&gt;.svg" not in answer.text
        for kept in ("no base64 at all", "A" * 200_000, base64.b64encode(SVG_BOMB).decode()):
            answer = client.post("/profile/pdf", data=DATA | {"photo-kept": kept})
            assert answer.status_code == 422

"""A profile opened again: only one of ours, whatever else is handed in, and nothing kept."""

from __future__ import annotations

import asyncio
import io
import json
import subprocess
import sys
import zlib
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
from fixtures.papers import TODAY, Desk
from pypdf import PdfReader, PdfWriter
from pypdf.generic import (
    ArrayObject,
    DecodedStreamObject,
    DictionaryObject,
    NameObject,
    NumberObject,
)
from starlette.testclient import TestClient

from app.adapters import intake
from app.adapters.intake import Intake, NotReadable
from app.documents import profile_record
from app.documents.profile_words import PROMPTS, ProfileWords
from app.errors import TooBusy
from app.services.profiles import open_profile
from app.settings import ROOT

SAID = {prompt: f"{prompt}: <b>Zoë</b>, Łódź \u05e9\u05dc\u05d5\u05dd" for prompt in PROMPTS}
WORDS = ProfileWords("Sam", SAID, "landscape", {"people": frozenset({"worker"})})
NAME = profile_record.FILE_NAME
RECORD = profile_record.write(WORDS, made_on=TODAY)


def holding(*files: tuple[str, bytes], pages: int = 1, password: str = "") -> bytes:
    writer = PdfWriter()
    for _ in range(pages):
        writer.add_blank_page(100, 100)
    for name, body in files:
        writer.add_attachment(name, body)
    if password:
        writer.encrypt(password)
    return saved(writer)


def saved(writer: PdfWriter) -> bytes:
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def bomb(megabytes: int, layers: int = 1) -> bytes:
    """Our own name on a stream that grows to many megabytes."""
    body = b" " * (megabytes * 1024 * 1024)
    for _ in range(layers):
        body = zlib.compress(body, 9)
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(holding((NAME, b"x")))))
    stream = DecodedStreamObject()
    stream.set_data(body)
    names = writer.root_object["/Names"]["/EmbeddedFiles"]["/Names"]  # type: ignore[index]
    file = names[1].get_object()
    filters = [NameObject("/FlateDecode")] * layers
    stream[NameObject("/Filter")] = ArrayObject(filters)
    file[NameObject("/EF")] = DictionaryObject({NameObject("/F"): writer._add_object(stream)})
    return saved(writer)


def in_a_ring() -> bytes:
    """A tree of names that leads back to itself."""
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(holding((NAME, RECORD)))))
    tree = writer.root_object["/Names"]["/EmbeddedFiles"]  # type: ignore[index]
    del tree["/Names"]
    ring = writer._add_object(tree)
    tree[NameObject("/Kids")] = ArrayObject([ring])
    return saved(writer)


def many_pages_claimed() -> bytes:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(holding((NAME, RECORD)))))
    writer.root_object["/Pages"][NameObject("/Count")] = NumberObject(10**9)  # type: ignore[index]
    return saved(writer)


FOREIGN = {
    "nothing of a pdf": b"hello",
    "a broken pdf": b"%PDF-1.7\n1 0 obj <<",
    "no file inside": holding(),
    "another name": holding(("letter.json", RECORD)),
    "two of the name": holding((NAME, RECORD), (NAME, RECORD)),
    "many files": holding(*[(f"{n}.txt", b"x") for n in range(9)], (NAME, RECORD)),
    "many pages": holding((NAME, RECORD), pages=9),
    "many pages claimed": many_pages_claimed(),
    "not json": holding((NAME, b"%PDF")),
    "another format": holding((NAME, json.dumps({"format": "fhir"}).encode())),
    "too large inside": holding((NAME, b" " * (profile_record.MOST_BYTES + 1))),
    "a bomb": bomb(60),
    "a bomb in a bomb": bomb(60, layers=2),
    "more wrappings than we make": bomb(1, layers=3),
    "in a ring": in_a_ring(),
}


@pytest.fixture(scope="module")
def reader() -> Iterator[Intake]:
    made = Intake()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    made = asyncio.new_event_loop()
    yield made
    made.close()


def refused(loop: asyncio.AbstractEventLoop, reader: Intake, pdf: bytes) -> str:
    with pytest.raises(NotReadable) as why:
        loop.run_until_complete(open_profile(reader, pdf=pdf))
    return why.value.reason


def test_a_profile_opens_with_every_word(
    desk: Desk, loop: asyncio.AbstractEventLoop, reader: Intake
) -> None:
    for two_pages in (False, True):
        pdf = desk.made(WORDS, two_pages=two_pages).body
        assert loop.run_until_complete(open_profile(reader, pdf=pdf)) == WORDS
        again = saved(PdfWriter(clone_from=PdfReader(io.BytesIO(pdf))))
        assert loop.run_until_complete(open_profile(reader, pdf=again)) == WORDS


@pytest.mark.parametrize("kind", FOREIGN)
def test_whatever_is_not_ours_is_refused(
    loop: asyncio.AbstractEventLoop, reader: Intake, kind: str
) -> None:
    assert refused(loop, reader, FOREIGN[kind]) == "foreign", "and not given up after a while"


def test_a_locked_one_is_named_so(loop: asyncio.AbstractEventLoop, reader: Intake) -> None:
    for password in ("secret", "x" * 5):
        assert refused(loop, reader, holding((NAME, RECORD), password=password)) == "locked"


def test_a_newer_one_is_named_so(loop: asyncio.AbstractEventLoop, reader: Intake) -> None:
    newer = json.dumps(json.loads(RECORD) | {"version": 9}).encode()
    assert refused(loop, reader, holding((NAME, newer))) == "newer"


def test_a_reader_that_hangs_or_dies_harms_nobody(
    loop: asyncio.AbstractEventLoop, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = Intake()
    try:
        own.seconds = 0.0
        assert refused(loop, own, holding((NAME, RECORD))) == "foreign"
        own.seconds = intake.SECONDS
        pdf = holding((NAME, RECORD))
        assert loop.run_until_complete(open_profile(own, pdf=pdf)) == WORDS
        for process in own._pool._processes.values():  # type: ignore[union-attr]
            process.kill()
        assert refused(loop, own, pdf) == "foreign"
        assert loop.run_until_complete(open_profile(own, pdf=pdf)) == WORDS
        monkeypatch.setattr(intake, "MOST_WAITING", 0)
        with pytest.raises(TooBusy):
            loop.run_until_complete(open_profile(own, pdf=pdf))
    finally:
        own.stop()


def test_fifty_at_once_are_each_answered(reader: Intake, loop: asyncio.AbstractEventLoop) -> None:
    async def answered(pdf: bytes) -> str:
        try:
            await open_profile(reader, pdf=pdf)
        except NotReadable as error:
            return error.reason
        except TooBusy:
            return "busy"
        return "opened"

    async def fifty() -> list[str]:
        return await asyncio.gather(*[answered(FOREIGN["a bomb"]) for _ in range(50)])

    answers = loop.run_until_complete(fifty())
    assert set(answers) == {"foreign", "busy"}
    assert answers.count("foreign") == intake.MOST_WAITING
    assert loop.run_until_complete(answered(holding((NAME, RECORD)))) == "opened"


def test_its_process_can_write_no_file_and_has_little_memory(tmp_path: Path) -> None:
    tries = (
        "import sys; from app.adapters import intake_worker as w; w.prepare()\n"
        "try: bytearray(2 * 1024**3)\n"
        "except MemoryError: print('little memory')\n"
        f"file = open({str(tmp_path / 'left')!r}, 'wb', buffering=0)\n"
        "try: file.write(b'x')\n"
        "except OSError: print('no file')\n"
    )
    done = subprocess.run([sys.executable, "-c", tries], capture_output=True, text=True, cwd=ROOT)
    assert done.stdout.split("\n")[:2] == ["little memory", "no file"], done.stderr


class TestByForm:
    def test_words_come_back_into_the_form(self, client: TestClient, desk: Desk) -> None:
        pdf = desk.made(WORDS).body
        answer = client.post("/profile/open", files={"opened": ("../../etc/x.pdf", pdf)})
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "no-store"
        text = unescape(answer.text)
        assert "Your words are back." in text
        for prompt, said in SAID.items():
            assert f'name="{prompt}"' in text
            assert f">\n{said}</textarea>" in text
        assert "etc/x" not in text
        assert 'value="landscape" checked' in text

    def test_a_file_that_is_not_ours_leaves_the_typed_words_as_they_are(
        self, client: TestClient
    ) -> None:
        for file, said in (
            ((NAME, b""), "No file was chosen."),
            (("a.pdf", b"%PDF-1.4 foreign"), "This is not a page that was made here"),
            (("a.pdf", holding((NAME, RECORD), password="x")), "The file needs a password."),
            (("a.pdf", b"%PDF" * 600_000), "The file is too big"),
        ):
            answer = client.post(
                "/profile/open", data={"people": "My typed words"}, files={"opened": file}
            )
            assert answer.status_code == 422, said
            assert answer.headers["cache-control"] == "no-store"
            assert said in unescape(answer.text)
            assert ">\nMy typed words</textarea>" in answer.text

    def test_a_body_that_is_far_too_large_or_no_form_is_refused(self, client: TestClient) -> None:
        large = client.post("/profile/open", files={"opened": ("a.pdf", b"x" * 12_000_000)})
        assert large.status_code == 413
        headers = {"content-type": "multipart/form-data; boundary=x"}
        broken = client.post("/profile/open", content=b"--y\r\nnonsense", headers=headers)
        assert broken.status_code == 400
        headers = {"content-type": "multipart/form-data"}
        assert client.post("/profile/open", content=b"", headers=headers).status_code == 400

    def test_too_many_large_bodies_at_once_wait(
        self, client: TestClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(intake, "MOST_BYTES_AT_ONCE", 1000)
        busy = client.post("/profile/pdf", data={"people": "y" * 2000})
        assert busy.status_code == 503
        assert client.post("/profile", data={"people": "y"}).status_code == 200

"""Forms that are read without touching a disk, files and all.

The framework puts a large file, or a long field, into a temporary file. No word, picture or
paper of a person may be on a disk here: bodies are read with a limit and stay in memory.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qsl

from fastapi import Request
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException, MultiPartParser

from app.adapters.intake import Intake

MOST_FIELDS: Final = 48
MOST_FIELD_BYTES: Final = 512 * 1024
MOST_FILES: Final = 2
WITH_FILES: Final = "multipart/form-data"


@dataclass(frozen=True, slots=True)
class Received:
    """A form as it came: fields in their order, and the bytes of its files by field."""

    fields: tuple[tuple[str, str], ...]
    files: Mapping[str, bytes] = field(default_factory=dict)

    def one(self, name: str) -> str:
        """Return the last value of a field, or nothing."""
        return next((value for key, value in reversed(self.fields) if key == name), "")

    def every(self, name: str) -> frozenset[str]:
        """Return all the values of a field."""
        return frozenset(value for key, value in self.fields if key == name)


class _InMemory(MultiPartParser):
    """Its temporary files roll over to the disk at a size that the body cannot have."""

    spool_max_size = 1 << 40


@asynccontextmanager
async def received(
    request: Request, intake: Intake, *, most_plain: int, most_with_files: int
) -> AsyncIterator[Received]:
    """Give the form, and count its bytes while it is at hand.

    Answers 413 to a body longer than allowed, 400 to one that is no form, and raises TooBusy
    where all the bodies of this moment together are too many.
    """
    has_files = request.headers.get("content-type", "").startswith(WITH_FILES)
    held = 0

    def hold(count: int) -> None:
        nonlocal held
        intake.hold(count)
        held += count

    try:
        body = await _read(request, most_with_files if has_files else most_plain, hold)
        yield await _with_files(request, body) if has_files else _plain(body)
    finally:
        intake.let_go(held)


async def _read(request: Request, most: int, hold: Callable[[int], None]) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        if len(body) + len(chunk) > most:
            raise HTTPException(413)
        hold(len(chunk))
        body += chunk
    return bytes(body)


def _plain(body: bytes) -> Received:
    try:
        pairs = parse_qsl(
            body.decode("utf-8", "replace"),
            keep_blank_values=True,
            max_num_fields=MOST_FIELDS,
            errors="replace",
        )
    except ValueError:
        raise HTTPException(413) from None
    return Received(tuple(pairs))


async def _with_files(request: Request, body: bytes) -> Received:
    async def stream() -> AsyncGenerator[bytes, None]:
        yield body

    parser = _InMemory(
        request.headers,
        stream(),
        max_files=MOST_FILES,
        max_fields=MOST_FIELDS,
        max_part_size=MOST_FIELD_BYTES,
    )
    try:
        form = await parser.parse()
    except (MultiPartException, KeyError, ValueError):
        raise HTTPException(400) from None
    parts = form.multi_items()
    files = {name: await part.read() for name, part in parts if isinstance(part, UploadFile)}
    await form.close()
    return Received(tuple((name, part) for name, part in parts if isinstance(part, str)), files)

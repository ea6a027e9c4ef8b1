"""What runs inside the intake process: a file from outside in, what we need of it out.

The process may use a gigabyte of address space and write no file at all. Each reader has limits
of its own below that, and whatever goes wrong in one has a single answer: not readable. No
message of a library leaves here, because it may hold words of the file.
"""

from __future__ import annotations

import io
import logging
import resource
import warnings
from typing import Any, Final

from pypdf import PdfReader, apply_configuration

from app.adapters.intake import NotReadable

MEMORY_LIMIT: Final = 1024**3
MOST_ENCLOSED: Final = 8
MOST_PAGES: Final = 8
"""A profile has two pages at most; some programs put a cover around what they print."""
MOST_OBJECTS: Final = 1000
"""To look through when a file's own table is broken."""
MOST_TABLE_BYTES: Final = 4 * 1024 * 1024


def prepare() -> None:
    """Set the limits of the process, and silence every library in it."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")


def read_enclosed(pdf: bytes, name: str, most: int) -> bytes:
    """Return the one file of that name inside a PDF, of `most` bytes. Raises NotReadable."""
    limits: dict[str, Any] = {
        "zlib_maximum_output_length": MOST_TABLE_BYTES,
        "lzw_maximum_output_length": MOST_TABLE_BYTES,
        "run_length_maximum_output_length": MOST_TABLE_BYTES,
        "brotli_maximum_output_length": MOST_TABLE_BYTES,
        "maximum_declared_stream_length": len(pdf),
        "stream_decoding_work_maximum_length": 2 * MOST_TABLE_BYTES,
        "stream_filters_maximum_length": 2,
        "jbig2dec_binary": None,
    }
    try:
        with apply_configuration(**limits):
            return _enclosed(pdf, name, most)
    except NotReadable:
        raise
    except (Exception, RecursionError, MemoryError):
        raise NotReadable("foreign") from None


def _enclosed(pdf: bytes, name: str, most: int) -> bytes:
    reader = PdfReader(io.BytesIO(pdf), root_object_recovery_limit=MOST_OBJECTS)
    if reader.is_encrypted:
        raise NotReadable("locked")
    root: Any = reader.trailer["/Root"]
    if root["/Pages"]["/Count"] > MOST_PAGES:
        raise NotReadable("foreign")
    names = _name_pairs(root["/Names"]["/EmbeddedFiles"])
    if len(names) > 2 * MOST_ENCLOSED:
        raise NotReadable("foreign")
    (found,) = [names[at + 1].get_object() for at in range(0, len(names), 2) if names[at] == name]
    body: bytes = found["/EF"]["/F"].get_object().get_data()
    if len(body) > most:
        raise NotReadable("foreign")
    return body


def _name_pairs(tree: Any) -> list[Any]:
    """Names and files in turn; one level of branches, as programs make when they save again."""
    if "/Names" in tree:
        return list(tree["/Names"])
    return [each for kid in tree["/Kids"][:MOST_ENCLOSED] for each in kid.get_object()["/Names"]]

"""Other languages: which English words a file was made from, and what is still English.

A voice file in another language carries `made_from`, the hash of the English file of that
voice when it was translated. When the English changes, the hash differs and the file is stale.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, Final

from app.content.finding import Finding
from app.content.parse import ENGLISH, parse_draft
from app.content.wording import VoiceWords

# Long enough to tell two texts apart, short enough to be typed.
_LENGTH: Final = 16
_LANGUAGE_LINE: Final = re.compile(r"^language:.*$", re.M)
_NOT_TRANSLATED: Final = ("grid", "voice", "language", "made_from")


def wording_hash(words: VoiceWords) -> str:
    """The hash of all words of a voice; what is not translated does not count."""
    texts = {f.name: _plain(getattr(words, f.name)) for f in fields(words)}
    kept = {name: text for name, text in texts.items() if name not in _NOT_TRANSLATED}
    raw = json.dumps(kept, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(raw.encode("utf-8")).hexdigest()[:_LENGTH]


class UnsoundGrid(Exception):
    """The English files have errors, which `findings` name."""

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        super().__init__(f"{len(findings)} to mend")
        self.findings = findings


class NotALanguage(ValueError):
    """A language is two or three lower-case letters, and another than English."""


class TranslationIsThere(ValueError):
    """A file of that voice and language exists; nothing was written."""


def start_translation(root: Path, slug: str, language: str) -> tuple[Path, ...]:
    """Write each voice again for another language, still in English, and give the paths.

    Raises NotALanguage, TranslationIsThere, or UnsoundGrid where the English has errors; then
    nothing is written.
    """
    if not re.fullmatch(r"[a-z]{2,3}", language) or language == ENGLISH:
        raise NotALanguage(language)
    parsed = parse_draft(root, slug)
    if parsed.draft is None:
        raise UnsoundGrid(parsed.findings)
    english = [words for words in parsed.draft.voices.values() if words.language == ENGLISH]
    files = {root / slug / f"{words.voice}.{language}.yaml": words for words in english}
    for path in files:
        if path.exists():
            raise TranslationIsThere(path.name)
    for path, words in files.items():
        source = path.with_name(f"{words.voice}.{ENGLISH}.yaml").read_text("utf-8")
        head = f"language: {language}\nmade_from: '{wording_hash(words)}'"
        path.write_text(_LANGUAGE_LINE.sub(head, source, count=1), encoding="utf-8")
    return tuple(files)


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {key: _plain(entry) for key, entry in value.items()}
    return value

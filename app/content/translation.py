"""Other languages: which English words a file was made from, and what is still English.

A voice file in another language carries `made_from`, the hash of the English file of that
voice when it was translated. When the English changes, the hash differs and the file is stale.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any, Final

from app.content.wording import VoiceWords

# Long enough to tell two texts apart, short enough to be typed.
_LENGTH: Final = 16
_NOT_TRANSLATED: Final = ("grid", "voice", "language", "made_from")


def wording_hash(words: VoiceWords) -> str:
    """The hash of all words of a voice; what is not translated does not count."""
    texts = {f.name: _plain(getattr(words, f.name)) for f in fields(words)}
    kept = {name: text for name, text in texts.items() if name not in _NOT_TRANSLATED}
    raw = json.dumps(kept, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(raw.encode("utf-8")).hexdigest()[:_LENGTH]


def is_stale(words: VoiceWords, english: VoiceWords) -> bool:
    """Whether a translation was made from other English words than those of today."""
    return words.made_from != wording_hash(english)


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {key: _plain(entry) for key, entry in value.items()}
    return value

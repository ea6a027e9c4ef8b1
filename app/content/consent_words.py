"""The words in which a study asks for consent: ours, with the study's own line about itself.

They are put together once, when a study is installed, and kept with their hash: what a family
reads does not change under a study because the service was updated.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

import yaml

_WORDS: Final = "consent.en.yaml"


@dataclass(frozen=True, slots=True)
class ConsentWords:
    """The screens of one study, by whoever reads them.

    ``screens`` maps young_person, parent_self, parent_proxy and, where one is asked, adult to
    ``title``, ``body`` (paragraphs), ``yes``, ``no`` and, for the adult, ``not_there``.
    """

    study_id: str
    version: str
    language: str
    screens: Mapping[str, Mapping[str, Any]]

    @property
    def sha256(self) -> str:
        """Return the hash in hex over the canonical JSON of everything that is read."""
        plain = [self.study_id, self.version, self.language, self.screens]
        text = json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


def write_words(
    *, study_id: str, about: str, silence_agrees: bool, adult_below: int | None
) -> ConsentWords:
    """Return the words of a study; ``adult_below`` None: no adult is asked."""
    ours = _ours()
    screens = dict(ours["opt_out" if silence_agrees else "opt_in"])
    if adult_below is not None:
        screens["adult"] = ours["adult"]
    parts = {"{about}": about, "{age}": str(adult_below)}
    filled = {who: _filled(screen, parts) for who, screen in screens.items()}
    return ConsentWords(study_id, ours["version"], ours["language"], filled)


def _filled(screen: Mapping[str, Any], parts: Mapping[str, str]) -> dict[str, Any]:
    body = [_put_in(paragraph, parts) for paragraph in screen["body"]]
    return {**screen, "body": body}


def _put_in(text: str, parts: Mapping[str, str]) -> str:
    for name, part in parts.items():
        text = text.replace(name, part)
    return text


@cache
def _ours() -> dict[str, Any]:
    raw = files("app.content").joinpath(_WORDS).read_text("utf-8")
    read: dict[str, Any] = yaml.safe_load(raw)
    return read

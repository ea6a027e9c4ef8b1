"""Makes a folder of many grids in many languages out of a real one, for measuring the gate.

Each copy has a slug, a public id and words of its own, so that nothing is checked twice by
accident; texts of other languages are the English ones with another first word, so that
they are as long as real translations and are not taken for English.
"""

from __future__ import annotations

import copy
import re
from pathlib import Path
from typing import Any, Final

import yaml

from app.content.parse import ENGLISH, parse_draft
from app.content.translation import wording_hash

LANGUAGES: Final = (ENGLISH, "cy", "pl", "ro", "pa", "ur", "bn", "so")
_KEPT: Final = ("schema", "grid", "voice", "language", "made_from")


def generate(source: Path, slug: str, target: Path, *, grids: int = 60) -> Path:
    """Write `grids` copies of one grid in eight languages under `target`; give that folder."""
    structure = _load(source / slug / "grid.yaml")
    evidence = _load(source / "_evidence" / f"{structure['topic']}.yaml")
    spoken = {
        path.name.split(".")[0]: _load(path)
        for path in sorted((source / slug).glob(f"*.{ENGLISH}.yaml"))
    }
    for number in range(grids):
        topic = f"topic-{number // 2}"
        _dump(evidence | {"topic": topic}, target / "_evidence" / f"{topic}.yaml")
        _write_grid(structure | {"topic": topic}, spoken, target, number)
    return target


def _write_grid(
    structure: dict[str, Any], spoken: dict[str, dict[str, Any]], target: Path, number: int
) -> None:
    slug = f"grid-{number}"
    own = structure | {"slug": slug, "public_id": f"x{number}", "pair": f"grid-{number ^ 1}"}
    _dump(own, target / slug / "grid.yaml")
    for voice, words in spoken.items():
        title = f"{words['title']} ({_as_letters(number)})"
        english = words | {"grid": slug, "title": title}
        _dump(english, target / slug / f"{voice}.{ENGLISH}.yaml")
    draft = parse_draft(target, slug).draft
    if draft is None:
        raise ValueError(f"{slug} does not parse")
    for voice in spoken:
        made_from = wording_hash(draft.voices[voice, ENGLISH])
        english = _load(target / slug / f"{voice}.{ENGLISH}.yaml")
        for language in LANGUAGES[1:]:
            words = _translated(english, language)
            words |= {"language": language, "made_from": made_from}
            _dump(words, target / slug / f"{voice}.{language}.yaml")


def _translated(words: dict[str, Any], language: str) -> dict[str, Any]:
    found: dict[str, Any] = copy.deepcopy(words)
    for key in words.keys() - set(_KEPT):
        found[key] = _in_other_words(words[key], language)
    return found


def _in_other_words(value: Any, language: str) -> Any:
    if isinstance(value, dict):
        return {
            key: entry if key == "term" else _in_other_words(entry, language)
            for key, entry in value.items()
        }
    return re.sub(r"(?<!\{)\b[A-Za-z]+", f"{language}a", str(value), count=1)


def _as_letters(number: int) -> str:
    return "".join(chr(ord("a") + int(digit)) for digit in str(number))


def _load(path: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.load(path.read_bytes(), Loader=yaml.CSafeLoader)
    return loaded


class _Plainly(yaml.CSafeDumper):
    """Writes no anchors: the parser refuses them."""

    def ignore_aliases(self, data: Any) -> bool:
        """Every value is written out."""
        return True


def _dump(value: dict[str, Any], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    text = yaml.dump(value, Dumper=_Plainly, sort_keys=False, allow_unicode=True, width=100)
    path.write_text(text, encoding="utf-8")

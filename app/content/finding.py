"""A finding: what is wrong, where, by which rule, and what to do about it."""

from __future__ import annotations

from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """`file` starts with the name of the grids folder; `line` counts from 1."""

    file: str
    line: int
    rule: str
    what_to_do: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line} {self.rule} {self.what_to_do}"

    def as_json(self) -> dict[str, str | int]:
        """The finding as plain JSON."""
        return asdict(self)

"""What the database holds about whom: the field table of the impact assessment.

It is written by people in ``docs/privacy/fields.yaml`` and compared with the tables by a test, both
ways: a column that nobody explained fails, and so does a row for a column that is gone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from app.domain.keeping import TABLE, Kept, Rule

ABOUT: Final = ("family", "staff", "service")
_OWN: Final = ("is", "about", "purpose", "basis", "seen", "kept")


class FieldTableBroken(ValueError):
    """The field table cannot be used; the message names the place and the reason."""


@dataclass(frozen=True, slots=True)
class StoredField:
    """One column: what it is, about whom, and keys of the lists at the head of the file."""

    table: str
    column: str
    meaning: str
    about: str
    purpose: str
    basis: str
    seen: tuple[str, ...]
    kept: str


@dataclass(frozen=True, slots=True)
class FieldTable:
    """All columns in the order of the file, the words of each table, and the lists of words."""

    fields: tuple[StoredField, ...]
    tables: Mapping[str, str]
    purposes: Mapping[str, str]
    bases: Mapping[str, str]
    seers: Mapping[str, str]
    other_periods: Mapping[str, str]

    def period(self, kept: str) -> str:
        """Return in words how long something is kept."""
        if kept in self.other_periods:
            return self.other_periods[kept]
        rule = next(rule for rule in TABLE if rule.kept == kept)
        return f"{_length(rule)} after {rule.counted_from.replace('_', ' ')}, then " + (
            rule.then.replace("_", " ")
        )


def _length(rule: Rule) -> str:
    if rule.years is not None:
        return f"{rule.years} years"
    return f"{rule.period.days} days" if rule.period else "nothing"


def read_fields(raw: Mapping[str, Any]) -> FieldTable:
    """Return the field table of a parsed file; raise ``FieldTableBroken`` at the first fault."""
    lists = {name: raw[name] for name in ("purposes", "bases", "seers", "other_periods")}
    made = FieldTable(
        fields=tuple(_fields(raw["tables"])),
        tables={name: str(table["is"]) for name, table in raw["tables"].items()},
        **lists,
    )
    for field in made.fields:
        _check(field, made)
    _check_used(made)
    return made


def _fields(tables: Mapping[str, Mapping[str, Any]]) -> Iterator[StoredField]:
    for name, table in tables.items():
        shared = {key: table[key] for key in _OWN if key in table and key != "is"}
        for column, said in table["columns"].items():
            own = {"is": said} if isinstance(said, str) else said
            if unknown := set(own) - set(_OWN):
                raise FieldTableBroken(f"{name}.{column}: {', '.join(sorted(unknown))} is unknown")
            yield _field(name, column, shared | own)


def _field(table: str, column: str, said: Mapping[str, Any]) -> StoredField:
    if missing := [key for key in _OWN if not said.get(key)]:
        raise FieldTableBroken(f"{table}.{column}: {', '.join(missing)} is missing")
    return StoredField(
        table=table,
        column=column,
        meaning=str(said["is"]),
        about=said["about"],
        purpose=said["purpose"],
        basis=said["basis"],
        seen=tuple(said["seen"]),
        kept=said["kept"],
    )


def _check(field: StoredField, made: FieldTable) -> None:
    known: dict[str, tuple[tuple[str, ...], set[str]]] = {
        "about": ((field.about,), set(ABOUT)),
        "purpose": ((field.purpose,), set(made.purposes)),
        "basis": ((field.basis,), set(made.bases)),
        "seen": (field.seen, set(made.seers)),
        "kept": ((field.kept,), set(made.other_periods) | set(Kept)),
    }
    for key, (values, allowed) in known.items():
        if not set(values) <= allowed:
            raise FieldTableBroken(f"{field.table}.{field.column}: {key} {values} is unknown")
    if field.about != "service" and field.basis == "none":
        raise FieldTableBroken(f"{field.table}.{field.column}: data on people need a basis")


def _check_used(made: FieldTable) -> None:
    used = {
        "purposes": {field.purpose for field in made.fields},
        "bases": {field.basis for field in made.fields},
        "seers": {seer for field in made.fields for seer in field.seen},
        "other_periods": {field.kept for field in made.fields},
    }
    for name, keys in used.items():
        if unused := set(getattr(made, name)) - keys:
            raise FieldTableBroken(f"{name}: {', '.join(sorted(unused))} is used by no column")


#: Periods that end only when a person ends them.
_ENDLESS: Final = ("no_end", "while_employed")
_HEAD: Final = """\
# Every stored field

Made from `fields.yaml` by `grids assurance write`; change that file, not this page. A test compares
it with the tables of the database both ways, so a column that is not here cannot be added.

The legal bases are **proposals for the controller to confirm or change**. Periods come from
`app/domain/keeping.py` and are enforced every night; they too are for the controller to confirm.
"Who sees it" is what pages and files show. Whoever runs the machine holds the database and the
keys and can open everything; so can whoever holds a backup.
"""


def render_fields(made: FieldTable) -> str:
    """Return the field table as markdown: totals, the words of each key, a table for each table."""
    lines = [_HEAD, *_totals(made), *_legend(made)]
    for table, words in made.tables.items():
        lines += [f"## {table}\n", f"{words[0].upper()}{words[1:]}.\n"]
        lines += ["| Column | What it is | About | Purpose | Basis | Seen by | Kept |"]
        lines += ["|---|---|---|---|---|---|---|"]
        lines += [_row(field) for field in made.fields if field.table == table]
        lines.append("")
    return "\n".join(lines)


def _totals(made: FieldTable) -> list[str]:
    counts = {about: sum(field.about == about for field in made.fields) for about in ABOUT}
    listed = ", ".join(f"{count} about {about}" for about, count in counts.items())
    total = f"{len(made.fields)} columns in {len(made.tables)} tables: {listed}."
    endless = {field.table for field in made.fields if field.kept in _ENDLESS}
    return [total, "", f"**No end is built for**: {', '.join(sorted(endless))}.", ""]


def _legend(made: FieldTable) -> list[str]:
    periods = {field.kept: made.period(field.kept) for field in made.fields}
    lists = {
        "Purpose": made.purposes,
        "Basis, proposed": made.bases,
        "Seen by": made.seers,
        "Kept": periods,
    }
    lines = []
    for heading, words in lists.items():
        lines += [f"| {heading} | |", "|---|---|"]
        lines += [f"| {key} | {said.strip()} |" for key, said in words.items()]
        lines.append("")
    return lines


def _row(field: StoredField) -> str:
    seen = ", ".join(field.seen)
    cells = (field.meaning, field.about, field.purpose, field.basis, seen, field.kept)
    return f"| `{field.column}` | " + " | ".join(cells) + " |"

"""Every format opened by its own reader, and each equal to the same logical table."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import shutil
import subprocess
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fixtures.research_rows import FIRST, make_schema, make_table, many_rows, one_of_everything

from app.adapters.formats import codebook, csv_files, fhir, parquet, redcap, sundae
from app.adapters.formats.datapackage import write_datapackage
from app.adapters.formats.logical import LogicalHash, logical_sha256
from app.adapters.formats.r_script import write_r_script
from app.adapters.formats.statistics_packages import DTA, SAV, write_dta, write_sav
from app.domain.csv_text import csv_lines, unguard
from app.domain.dataset import EXPOSURE, Cell, Schema, Variable, WideRow, long_rows, names
from app.domain.missing import ItemMissing
from app.domain.uniqueness import Coarsening

SCHEMA = make_schema()
TABLE = make_table(SCHEMA, one_of_everything(), starts={"trial": FIRST})
LOGICAL = logical_sha256(SCHEMA, TABLE)
LETTERS = {letter: int(code) for code, letter in codebook.STATA_LETTERS.items()}


@dataclass(frozen=True)
class Written:
    folder: Path

    def path(self, name: str) -> Path:
        return self.folder / name


def plain_writers(schema: Schema, folder: Path) -> list[Any]:
    """Those whose bytes no library decides."""
    return [
        csv_files.LongCsv(schema, folder),
        csv_files.WideCsv(schema, folder),
        redcap.RedcapFiles(schema, folder),
        fhir.FhirFiles(schema, folder),
    ]


def write_all(schema: Schema, table: list[WideRow], folder: Path) -> None:
    """Write in two batches, as a job does."""
    for writer in (*plain_writers(schema, folder), parquet.ParquetTables(schema, folder)):
        writer.write(table[:5])
        writer.write(table[5:])
        writer.close()
    exposure = csv_lines(names(EXPOSURE), [("e" * 32, "training", "k7", 2, None, None, None, None)])
    (folder / "exposure.csv").write_text("".join(exposure), newline="")
    codebook.write_codebook(schema, folder)
    write_r_script(schema, folder)
    write_sav(schema, table, folder / SAV)
    write_dta(schema, table, folder / DTA)
    files = [
        {
            "name": path.name,
            "bytes": path.stat().st_size,
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        }
        for path in sorted(folder.glob("*.csv"))
    ]
    write_datapackage(schema, files, folder)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Written:
    folder = tmp_path_factory.mktemp("export")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        write_all(SCHEMA, TABLE, folder)
    return Written(folder)


def typed(records: Iterable[Mapping[str, str]], variables: Iterable[Variable]) -> list[WideRow]:
    """Read CSV cells as the codebook says."""
    kinds = list(variables)

    def one(each: Variable, cell: str) -> Cell:
        if cell == "":
            return None
        return unguard(cell) if each.kind == "text" else int(cell)

    return [tuple(one(each, record[each.name]) for each in kinds) for record in records]


def same(rows: Iterable[WideRow]) -> None:
    found = list(rows)
    assert found == TABLE
    assert logical_sha256(SCHEMA, found) == LOGICAL


def test_wide_csv(written: Written) -> None:
    with written.path(csv_files.WIDE).open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        same(typed(reader, SCHEMA.wide))
    assert tuple(reader.fieldnames or ()) == names(SCHEMA.wide)


def test_long_csv(written: Written) -> None:
    with written.path(csv_files.LONG).open(newline="", encoding="utf-8") as file:
        found = typed(csv.DictReader(file), SCHEMA.long)
    assert found == list(long_rows(TABLE, SCHEMA))
    step, start = len(SCHEMA.items), len(SCHEMA.shared)
    sets = [found[i : i + step] for i in range(0, len(found), step)]
    same((*rows[0][:start], *(row[start + 1] for row in rows)) for rows in sets)


def test_no_cell_of_a_csv_starts_a_formula(written: Written) -> None:
    for path in written.folder.glob("*.csv"):
        with path.open(newline="", encoding="utf-8") as file:
            for row in csv.reader(file):
                for cell in row:
                    if cell.startswith(("=", "+", "-", "@", "\t", "\r")):
                        assert -99 <= int(cell) <= -91


def test_parquet_of_both_shapes(written: Written) -> None:
    import pyarrow.parquet as pq

    same(parquet.read_wide(written.path(parquet.WIDE), SCHEMA))
    long = pq.read_table(written.path(parquet.LONG))
    assert list(zip(*long.to_pydict().values(), strict=True)) == list(long_rows(TABLE, SCHEMA))
    assert long.schema.metadata[b"codebook_sha256"].decode() == SCHEMA.sha256
    assert long.schema.metadata[b"export_id"] == b"export-1"


def test_spss_has_labels_and_one_missing_range(written: Written) -> None:
    import pyreadstat

    frame, meta = pyreadstat.read_sav(written.path(SAV), user_missing=True)
    same(from_numbers(frame, meta.variable_value_labels))
    assert meta.column_names_to_labels["phase"] == "From the study's calendar by date."
    assert meta.missing_ranges["item_explain"] == [{"lo": -99.0, "hi": -91.0}]
    assert meta.variable_value_labels["item_explain"][-97.0] == "prefer_not_to_say"
    answers, _ = pyreadstat.read_sav(written.path(SAV))
    assert answers["item_explain"].notna().sum() == sum(
        1 for row in TABLE if int(row[SCHEMA.place("item_explain")] or 0) >= 0
    )


def test_stata_has_labels_and_a_letter_for_each_missing_code(written: Written) -> None:
    import pyreadstat

    frame, meta = pyreadstat.read_dta(written.path(DTA), user_missing=True)
    same(from_numbers(frame, meta.variable_value_labels))
    assert meta.variable_value_labels["item_explain"]["c"] == "prefer_not_to_say"
    assert set(meta.missing_user_values["item_explain"]) == set(LETTERS)
    assert meta.column_names_to_labels["order_in_team"].startswith("The appointment's place")


def from_numbers(frame: Any, labels: Mapping[str, Mapping[Any, str]]) -> list[WideRow]:
    """Read the table that a statistics program sees back into codes."""

    def one(each: Variable, cell: Any) -> Cell:
        if cell in LETTERS:
            return LETTERS[cell]
        if cell == "" or cell != cell:
            return None
        if each.is_coded:
            return labels[each.name][cell]
        return str(cell) if each.kind == "text" else int(cell)

    columns = [[one(each, cell) for cell in frame[each.name]] for each in SCHEMA.wide]
    return list(zip(*columns, strict=True))


def test_a_stranger_validates_the_data_package(written: Written) -> None:
    from frictionless import Package, system

    with system.use_context(trusted=True), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        package = Package(str(written.path("datapackage.json")))
        report = package.validate()
    assert [str(error.note) for task in report.tasks for error in task.errors] == []
    assert sorted(resource.name for resource in package.resources) == [
        "exposure",
        "responses_long",
        "responses_wide",
    ]


def test_a_stranger_notices_a_changed_cell(written: Written, tmp_path: Path) -> None:
    from frictionless import Package

    for name in ("datapackage.json", csv_files.LONG, csv_files.WIDE, "exposure.csv"):
        shutil.copy(written.path(name), tmp_path / name)
    text = (tmp_path / csv_files.WIDE).read_text()
    (tmp_path / csv_files.WIDE).write_text(text.replace("with_grid", "without_it", 1))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        report = Package(str(tmp_path / "datapackage.json")).validate()
    kinds = {error.type for task in report.tasks for error in task.errors}
    assert {"hash-count", "constraint-error"} & kinds


def test_redcap_dictionary_and_import_agree(written: Written) -> None:
    with written.path(redcap.DICTIONARY).open(newline="", encoding="utf-8") as file:
        dictionary = list(csv.DictReader(file))
    with written.path(redcap.IMPORT).open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(redcap.HEADER) == 18
    fields = [row["Variable / Field Name"] for row in dictionary]
    assert fields == list(rows[0])
    assert fields[0] == "record_id"
    assert all(name.isascii() and name == name.lower() and len(name) <= 26 for name in fields)
    choices = {
        row["Variable / Field Name"]: dict(
            pair.split(", ", 1)
            for pair in row["Choices, Calculations, OR Slider Labels"].split(" | ")
        )
        for row in dictionary
        if row["Field Type"] == "radio"
    }
    assert choices["item_explain"]["-97"] == "prefer not to say"
    for row in rows:
        for name, listed in choices.items():
            assert row[name] == "" or row[name] in listed
        row["response_ref"] = row.pop("record_id")
        for each in SCHEMA.wide:
            if each.is_coded and row[each.name]:
                row[each.name] = choices[each.name][row[each.name]]
    same(typed(rows, SCHEMA.wide))


def test_fhir_is_r4_and_loses_nothing(written: Written) -> None:
    from fhir.resources.R4B.questionnaire import Questionnaire
    from fhir.resources.R4B.questionnaireresponse import QuestionnaireResponse

    forms = written.path(fhir.QUESTIONNAIRES).read_text("utf-8").splitlines()
    lines = written.path(fhir.RESPONSES).read_text("utf-8").splitlines()
    known = {f"{form.url}|{form.version}" for form in map(Questionnaire.model_validate_json, forms)}
    found = []
    for line in lines:
        response = QuestionnaireResponse.model_validate_json(line)
        assert response.questionnaire in known
        found.append(from_fhir(json.loads(line)))
    same(found)


def from_fhir(resource: dict[str, Any]) -> WideRow:
    cells: dict[str, Cell] = {"response_ref": resource["id"]}
    cells["state"] = {"completed": "complete", "stopped": "interrupted"}[resource["status"]]
    for each in resource["extension"][0]["extension"]:
        cells[each["url"]] = each.get("valueString", each.get("valueInteger"))
    assert resource["authored"] == cells["period"]
    for item in resource["item"]:
        said = item["answer"][0] if "answer" in item else item["extension"][1]
        cells[f"item_{item['linkId']}"] = said["valueInteger"]
    return tuple(cells.get(name) for name in names(SCHEMA.wide))


def test_the_same_table_gives_the_same_bytes_but_where_a_format_forbids_it(
    written: Written, tmp_path: Path
) -> None:
    write_all(SCHEMA, TABLE, tmp_path)
    for path in sorted(written.folder.iterdir()):
        if path.name not in {SAV, DTA}:  # both carry the time of their making
            assert path.read_bytes() == (tmp_path / path.name).read_bytes(), path.name


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ((False, Coarsening()), "911b90087ed52cc6"),
        ((True, Coarsening(False, True, True)), "328905a9a730a429"),
        ((False, Coarsening(True, True, True)), "7bbf33c878455d9a"),
    ],
)
def test_what_is_kept_of_rows_that_are_alike_changes_no_byte(
    changes: tuple[bool, Coarsening], told: str, tmp_path: Path
) -> None:
    """The hashes are those of the files made cell by cell, before anything was kept."""
    days, coarsening = changes
    schema = make_schema(days=days)
    table = make_table(schema, many_rows(), starts={"trial": FIRST}, coarsening=coarsening)
    written = hashlib.sha256(logical_sha256(schema, table).encode())
    for writer in plain_writers(schema, tmp_path):
        writer.write(table[:150])
        writer.write(table[150:])
        writer.close()
    for path in sorted(tmp_path.iterdir()):
        written.update(path.name.encode() + path.read_bytes())
    assert written.hexdigest()[:16] == told


def test_the_logical_hash_knows_rows_and_not_the_export() -> None:
    renamed = make_schema(export_id="export-2")
    again = make_table(renamed, one_of_everything(), starts={"trial": FIRST})
    assert logical_sha256(renamed, again) == LOGICAL
    assert logical_sha256(SCHEMA, TABLE[1:]) != LOGICAL
    pieces = LogicalHash(SCHEMA)
    for row in TABLE:
        pieces.write([row])
    assert pieces.hexdigest() == LOGICAL


def test_an_export_without_rows_opens_too(tmp_path: Path) -> None:
    import pyreadstat

    write_all(SCHEMA, [], tmp_path)
    assert parquet.read_wide(tmp_path / parquet.WIDE, SCHEMA) == []
    for frame, _ in (pyreadstat.read_sav(tmp_path / SAV), pyreadstat.read_dta(tmp_path / DTA)):
        assert list(frame.columns) == list(names(SCHEMA.wide))
        assert len(frame) == 0


def test_the_fact_sheet_names_every_item_and_what_is_open() -> None:
    about = {"instrument_id": "made-up", "scale": [0, 9], "export_id": "x", "notice": "",
             "responses": 12, "appointments": 11}  # fmt: skip
    sheet = sundae.sundae_sheet(about, [("k7", 2, "cd" * 32)])
    assert "k7 release 2 (cdcdcdcdcdcdcdcd)" in sheet
    assert sheet.count("*the study writes this*") == 6
    assert "12 answer sets of 11 appointments" in sheet


IN_R = """
source("read.R")
shown <- wide[seq_len(ncol(wide) - 1)]  # without the score, which comes last
cells <- vapply(shown, function(x) enc2utf8(as.character(x)), character(nrow(shown)))
lines <- apply(cells, 1, function(x) paste(ifelse(is.na(x), "", x), collapse = "\\x1f"))
out <- file("again", open = "wb")
writeLines(c(paste(names(shown), collapse = "\\x1f"), lines), out, sep = "\\x1e", useBytes = TRUE)
close(out)
cat(vapply(shown, class, ""), "", sum(is.na(answers)), nrow(long), nrow(exposure),
    attr(shown$team, "label"))
"""


def test_r_reads_the_same_table(written: Written, tmp_path: Path) -> None:
    """With the packages of base R alone, in a place where letters are ASCII."""
    alone = {"R_LIBS_SITE": str(tmp_path), "R_LIBS_USER": str(tmp_path), "LC_ALL": "C"}
    run = subprocess.run(
        ["Rscript", "-e", IN_R], cwd=written.folder, env=dict(os.environ) | alone,
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    assert "takes both phases and at least 10 practitioners" in run.stderr
    header, *lines = written.path("again").read_text(encoding="utf-8").split("\x1e")[:-1]
    assert tuple(header.split("\x1f")) == names(SCHEMA.wide)
    same(typed_in_r(line.split("\x1f")) for line in lines)
    classes, told = run.stdout.rsplit("\n", 1)[-1].split("  ", 1)
    assert classes.split() == [class_in_r(each) for each in SCHEMA.wide]
    absent = sum(1 for row in TABLE for cell in row[-2:] if int(cell or 0) in set(ItemMissing))
    assert told == f"{absent} {2 * len(TABLE)} 1 The team, by its slug."


def class_in_r(each: Variable) -> str:
    if each.is_coded:
        return "factor"
    return "character" if each.kind == "text" else "integer"


def typed_in_r(cells: list[str]) -> WideRow:
    def one(each: Variable, cell: str) -> Cell:
        if cell == "":
            return None
        return cell if each.kind == "text" else int(cell)

    return tuple(one(each, cell) for each, cell in zip(SCHEMA.wide, cells, strict=True))

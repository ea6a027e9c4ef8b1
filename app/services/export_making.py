"""Making the file of an approved request: one snapshot, one pass, every format, then offered.

The maker is a process of its own (``export_worker``), so that capture never waits for it. Rows
pass through in pages; only SPSS and Stata need a whole table, and theirs is bounded. Whatever
goes wrong is a word on the request, nothing is offered, and it can be tried again.
"""

from __future__ import annotations

import errno
import hashlib
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final, Protocol

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from app.adapters.collector import seldom_collecting
from app.adapters.export_files import ExportPlace, Making
from app.adapters.formats.codebook import write_codebook
from app.adapters.formats.csv_files import LongCsv, WideCsv
from app.adapters.formats.datapackage import write_datapackage
from app.adapters.formats.fhir import FhirFiles
from app.adapters.formats.logical import LogicalHash
from app.adapters.formats.parquet import WIDE, ParquetTables, read_wide
from app.adapters.formats.r_script import write_r_script
from app.adapters.formats.redcap import RedcapFiles
from app.adapters.formats.statistics_packages import DTA, SAV, write_dta, write_sav
from app.adapters.formats.sundae import write_sundae
from app.adapters.keyring import Keyring
from app.db import sessions
from app.db.engine import Database
from app.db.queries import export_rows as queries
from app.db.queries.exports import ExportFilters, Wanted, count_voided, was_erased_since
from app.db.tables import AuditHead, ExportRequest
from app.domain import uniqueness
from app.domain.csv_text import RULE
from app.domain.dataset import SCHEMA_VERSION, Format, ItemShape, Schema, WideRow
from app.domain.dataset_rows import Project, wide_pages
from app.domain.uniqueness import Coarsening, Report
from app.services import audit
from app.services.export_parts import write_course, write_exposure, write_feedback
from app.services.exports import BOUNDED, ExportNotReady, find_hindrances, record
from app.services.instruments import INSTRUMENTS
from app.services.service_mode import ServiceState

log = structlog.get_logger()

TOOLS: Final = ("grids", "pyarrow", "pyreadstat", "pandas")


class ExportFailed(Exception):
    """No file was made; ``fault`` is a key."""

    def __init__(self, fault: str) -> None:
        super().__init__(fault)
        self.fault = fault


class Writer(Protocol):
    """One format, fed page by page."""

    def write(self, rows: Sequence[WideRow]) -> None:
        """Add rows."""
        ...

    def close(self) -> None:
        """Finish its files."""
        ...


@dataclass(frozen=True)
class Workshop:
    """What a maker needs: where rows are, where files go, whose keys, which releases."""

    database: Database
    folder: Path
    keyring: Keyring
    state: ServiceState
    releases: Path | None = None


@dataclass
class Count:
    """What came out: answer sets, and answers."""

    responses: int = 0
    logical: str = ""


@dataclass(frozen=True)
class Job:
    """One export inside its snapshot."""

    db: Session
    request: ExportRequest
    filters: ExportFilters
    wanted: Wanted
    schema: Schema
    report: Report
    size: queries.Size

    @property
    def coarsening(self) -> Coarsening:
        """Return what is made coarser; a day that may leave would undo a quarter."""
        found = Coarsening.of(self.report.step)
        return Coarsening(False, found.no_groups, found.merged_ages) if self.wanted.days else found


def make_file(shop: Workshop, *, export_id: str, by: str, today: date, now: datetime) -> None:
    """Make the file of an approved request of ``by``; a fault is written on the request.

    Raises ExportNotReady where it is not approved, BeingMade where somebody makes it now.
    """
    place = ExportPlace(shop.folder, export_id)
    with place.making() as making:
        try:
            made = _make(shop, making, export_id, by, today)
            _offer(shop, place, export_id, by, made, now)
        except ExportNotReady:
            raise
        except Exception as problem:  # whatever it was, nothing is offered and a page says so
            place.target.unlink(missing_ok=True)
            # Without its trace: that may hold rows.
            log.warning("export_not_made", export=export_id, error=type(problem).__name__)
            _note_fault(shop.database, export_id, by, _fault(problem), now)


def _make(
    shop: Workshop, making: Making, export_id: str, by: str, today: date
) -> tuple[str, int, str, Report]:
    """Return the file's hash, its rows, the logical hash and the report."""
    making.tell("starting")
    with sessions.snapshot(shop.database) as db:
        job = _begin(db, shop, export_id, by, today)
        counted = _write_rows(job, making, shop.keyring)
        if counted.responses != job.size.responses:
            raise ExportFailed("rows_differ")
        manifest = _finish_parts(job, shop, making, counted)
        making.tell("packing", counted.responses, job.size.responses)
        sha256 = making.finish(manifest)
    return sha256, counted.responses * len(job.schema.items), counted.logical, job.report


def repeat_hash(shop: Workshop, *, export_id: str, today: date) -> tuple[str, str]:
    """Return the hash of the table then and of the same made now; nothing is kept or offered.

    Raises ExportNotReady where there is no file, ExportFailed where it may not be made any more.
    """
    place = ExportPlace(shop.folder, export_id)
    with place.making() as making, sessions.snapshot(shop.database) as db:
        request = db.get(ExportRequest, export_id)
        if request is None or request.state != "ready":
            raise ExportNotReady
        counted = _write_rows(_job(db, shop, request, today), making, shop.keyring)
        return request.logical_sha256 or "", counted.logical


def _begin(db: Session, shop: Workshop, export_id: str, by: str, today: date) -> Job:
    request = db.get(ExportRequest, export_id)
    if request is None or request.state != "approved" or request.requested_by != by:
        raise ExportNotReady
    if request.first_approved_by is None or request.first_approved_by == request.decided_by:
        raise ExportNotReady
    return _job(db, shop, request, today)


def _job(db: Session, shop: Workshop, request: ExportRequest, today: date) -> Job:
    filters = ExportFilters.from_json(request.filters)
    wanted = Wanted.from_json(request.wanted, request.id)
    for fault in find_hindrances(db, filters=filters, wanted=wanted, today=today).values():
        raise ExportFailed(fault)
    found = uniqueness.report(queries.count_telling(db, filters))
    size = queries.count_rows(db, filters)
    return Job(db, request, filters, wanted, _schema(db, shop, request, wanted), found, size)


def _schema(db: Session, shop: Workshop, request: ExportRequest, wanted: Wanted) -> Schema:
    instrument = INSTRUMENTS[request.filters["instrument_id"]]
    shapes = [ItemShape(item.id, n, item.construct) for n, item in enumerate(instrument.items, 1)]
    return Schema(
        export_id=request.id,
        instrument_id=instrument.id,
        items=tuple(shapes),
        low=instrument.scale.min,
        high=instrument.scale.max,
        days=wanted.days,
        notice=_notice(shop.state),
        attribution=queries.list_attributions(db, instrument.id),
    )


def _write_rows(job: Job, making: Making, keyring: Keyring) -> Count:
    logical, counted = LogicalHash(job.schema), Count()
    writers: list[Writer] = [logical, *_writers(job, making.work)]
    try:
        with seldom_collecting():
            for page in _pages(job, keyring):
                for writer in writers:
                    writer.write(page)
                counted.responses += len(page)
                making.tell("rows", counted.responses, job.size.responses)
    finally:
        for writer in writers:
            writer.close()
    counted.logical = logical.hexdigest()
    return counted


def _writers(job: Job, folder: Path) -> Iterator[Writer]:
    yield LongCsv(job.schema, folder)
    yield WideCsv(job.schema, folder)
    # SPSS and Stata are written from it afterwards.
    if {Format.PARQUET, *BOUNDED} & set(job.wanted.formats):
        yield ParquetTables(job.schema, folder)
    if Format.REDCAP in job.wanted.formats:
        yield RedcapFiles(job.schema, folder)
    if Format.FHIR in job.wanted.formats:
        yield FhirFiles(job.schema, folder)


def project_key(keyring: Keyring, project: str) -> bytes:
    """Return the key of a project's pseudonyms: two projects have nothing in common."""
    return keyring.derive("pseudonym-project", project)


def _pages(job: Job, keyring: Keyring) -> Iterator[list[WideRow]]:
    """Pages of rows as they may leave."""
    project = Project(project_key(keyring, job.wanted.project))
    pages, starts = queries.iterate_rows(job.db, job.filters), queries.list_starts(job.db)
    return wide_pages(pages, job.schema, project, starts, job.coarsening)


def _finish_parts(job: Job, shop: Workshop, making: Making, counted: Count) -> dict[str, Any]:
    """Write what is not fed by pages, and return the manifest."""
    making.tell("formats", counted.responses, job.size.responses)
    folder = making.work
    project = Project(project_key(shop.keyring, job.wanted.project))
    exposed = write_exposure(job.db, job.filters, project, folder)
    course = {}
    if Format.COURSE in job.wanted.formats:
        rows = write_course(job.db, job.filters, project, shop.state, folder)
        course = {"course_rows": rows}
    if Format.FEEDBACK in job.wanted.formats:
        rows = write_feedback(job.db, job.filters, project, shop.state, folder)
        course |= {"feedback_rows": rows}
    _write_statistics(job, folder)
    grids = _copy_grids(job, shop.releases, folder)
    manifest = _manifest(job, shop, counted) | {"exposure_rows": exposed, "grids": grids, **course}
    write_codebook(job.schema, folder)
    write_r_script(job.schema, folder)
    write_datapackage(job.schema, [asdict(part) for part in making.parts()], folder)
    if Format.SUNDAE in job.wanted.formats:
        write_sundae(manifest, queries.list_grids(job.db, job.filters), folder)
    return manifest


def _write_statistics(job: Job, folder: Path) -> None:
    wanted: dict[str, tuple[Callable[[Schema, Sequence[WideRow], Path], None], str]] = {
        Format.SPSS: (write_sav, SAV),
        Format.STATA: (write_dta, DTA),
    }
    chosen = [wanted[each] for each in job.wanted.formats if each in wanted]
    rows = read_wide(folder / WIDE, job.schema) if chosen else []
    for write, name in chosen:
        write(job.schema, rows, folder / name)
    if Format.PARQUET not in job.wanted.formats:
        for path in folder.glob("*.parquet"):
            path.unlink()


def _copy_grids(job: Job, releases: Path | None, folder: Path) -> list[dict[str, Any]]:
    """Copy each release that was on a tablet, byte for byte; one that is gone is named so."""
    shown = queries.list_grids(job.db, job.filters)
    by_hash = {}
    if releases and Format.GRIDS in job.wanted.formats:
        by_hash = {_sha256(path): path for path in sorted(releases.glob("*/*.json"))}
    told = []
    for public_id, number, sha256 in shown:
        source = by_hash.get(sha256)
        if source is not None:
            (folder / "grids").mkdir(exist_ok=True)
            shutil.copyfile(source, folder / "grids" / f"{public_id}-{number}.json")
        told.append({"id": public_id, "release": number, "sha256": sha256, "here": bool(source)})
    return told


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _manifest(job: Job, shop: Workshop, counted: Count) -> dict[str, Any]:
    request, schema, wanted = job.request, job.schema, job.wanted
    head = job.db.get(AuditHead, 1)
    key = project_key(shop.keyring, wanted.project)
    return {
        "export_id": request.id,
        "schema_version": SCHEMA_VERSION,
        "codebook_sha256": schema.sha256,
        "logical_sha256": counted.logical,
        "repeat_with": f"grids export repeat {request.id}",
        "service_mode": shop.state.mode,
        "demo": shop.state.demo,
        "notice": schema.notice,
        "filters": job.filters.as_json(),
        **wanted.as_json(),
        "reason": request.reason,
        "asked_by": request.requested_by,
        "approved_by": [request.first_approved_by, request.decided_by],
        "instrument_id": schema.instrument_id,
        "scale": [schema.low, schema.high],
        "snapshot": {"audit_seq": head.seq, "audit_hash": head.hash} if head else None,
        "responses": counted.responses,
        "appointments": job.size.appointments,
        "rows_in": job.size.responses * len(schema.items),
        "rows_out": counted.responses * len(schema.items),
        "left_out_voided": count_voided(job.db, job.filters),
        "uniqueness": job.report.as_json(),
        "coarsened": asdict(job.coarsening),
        "pseudonym_key_id": hashlib.sha256(b"key id\0" + key).hexdigest()[:16],
        "study_sha256": {s.id: s.sha256 for s in queries.list_studies(job.db, job.filters)},
        "attribution": list(schema.attribution),
        "csv": {"encoding": "utf-8", "line_end": "LF", "delimiter": ",", "formulas": RULE},
        "tools": _tools(),
    }


def _tools() -> dict[str, str]:
    found = {}
    for name in TOOLS:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = ""
    return found


def _notice(state: ServiceState) -> str:
    if state.demo:
        return "INVENTED DATA. Made by the demonstration; nobody answered these questions."
    if state.mode == "training":
        return "PRACTICE DATA. Made in training mode; not for analysis."
    return ""


def _offer(
    shop: Workshop,
    place: ExportPlace,
    export_id: str,
    by: str,
    made: tuple[str, int, str, Report],
    now: datetime,
) -> None:
    """Say that the file is ready. One made while an answer set was erased may hold it: it goes."""
    sha256, rows, logical, found = made
    with sessions.write(shop.database) as db:
        row = db.get_one(ExportRequest, export_id, with_for_update=True)
        if row.state != "approved" or was_erased_since(db, now):
            place.target.unlink(missing_ok=True)
            raise ExportFailed("erased_meanwhile")
        row.state, row.file_sha256, row.rows, row.built_at = "ready", sha256, rows, now
        row.logical_sha256, row.uniqueness, row.fault = logical, found.as_json(), None
        details: dict[str, audit.Detail] = {"sha256": sha256, "rows": rows}
        record(db, audit.AuditKind.EXPORT_BUILT, by, export_id, details, now)


def _fault(problem: Exception) -> str:
    if isinstance(problem, ExportFailed):
        return problem.fault
    # SQLite says it in words, when there is no room to sort.
    full = isinstance(problem, OSError) and problem.errno in {errno.ENOSPC, errno.EDQUOT}
    if full or "disk is full" in str(problem):
        return "disk_full"
    if isinstance(problem, OSError):
        return "could_not_write"
    return "database" if isinstance(problem, SQLAlchemyError) else "unexpected"


def _note_fault(database: Database, export_id: str, by: str, fault: str, now: datetime) -> None:
    with sessions.write(database) as db:
        row = db.get_one(ExportRequest, export_id, with_for_update=True)
        row.fault = fault
        record(db, audit.AuditKind.EXPORT_FAILED, by, export_id, {"reason": fault}, now)

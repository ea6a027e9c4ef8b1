"""Tables of an export beside the answers: what was opened, forms about courses, own words."""

from __future__ import annotations

from pathlib import Path

from sqlmodel import Session

from app.db.queries import export_rows as queries
from app.db.queries.course_ratings import list_forms
from app.db.queries.exports import ExportFilters
from app.db.queries.feedback import list_written
from app.domain.course import leaving_rows
from app.domain.csv_text import csv_line, csv_lines
from app.domain.dataset import COURSE, EXPOSURE, FEEDBACK, names
from app.domain.dataset_rows import Project
from app.domain.feedback import leaving_rows as leaving_texts
from app.services.service_mode import ServiceState


def write_exposure(db: Session, filters: ExportFilters, project: Project, folder: Path) -> int:
    """Write what was opened in the appointments that leave; return the number of rows."""
    count = 0
    with (folder / "exposure.csv").open("w", encoding="utf-8", newline="") as file:
        file.write(csv_line(names(EXPOSURE)))
        for encounter, cells in queries.iterate_exposure(db, filters):
            file.write(csv_line((project.reference("encounter", encounter), *cells)))
            count += 1
    return count


def write_course(
    db: Session, filters: ExportFilters, project: Project, state: ServiceState, folder: Path
) -> int:
    """Write the forms about courses of the same days; return the number of rows."""
    forms = list_forms(
        db,
        environment=state.mode,
        demo=state.demo,
        since=filters.from_on,
        until=filters.to_on,
    )
    rows = leaving_rows(forms, state.mode, lambda id_: project.reference("course", id_))
    with (folder / "course.csv").open("w", encoding="utf-8", newline="") as file:
        file.writelines(csv_lines(names(COURSE), rows))
    return len(rows)


def write_feedback(
    db: Session, filters: ExportFilters, project: Project, state: ServiceState, folder: Path
) -> int:
    """Write what people wrote about grids in these days; return the number of texts."""
    texts = list_written(db, filters, environment=state.mode, demo=state.demo)
    rows = leaving_texts(texts, state.mode, lambda id_: project.reference("feedback", id_))
    with (folder / "feedback.csv").open("w", encoding="utf-8", newline="") as file:
        file.writelines(csv_lines(names(FEEDBACK), rows))
    return len(rows)

"""What reviewers and administrators send about a release."""

from __future__ import annotations

from starlette.datastructures import FormData

from app.domain.approval import ApprovalKind, WithdrawalReason
from app.web.forms.reading import text


def read_kind(form: FormData) -> ApprovalKind | None:
    """Return the kind of approval that was pressed, or None for one that does not exist."""
    value = text(form, "kind")
    return ApprovalKind(value) if value in set(ApprovalKind) else None


def read_reason(form: FormData) -> WithdrawalReason | None:
    """Return the reason that was chosen, or None for none or one that does not exist."""
    value = text(form, "reason")
    return WithdrawalReason(value) if value in set(WithdrawalReason) else None


def read_hash(form: FormData) -> str:
    """Return the hash of the release that was on the page, so that nothing else is approved."""
    return text(form, "sha256")

"""The errors the service answers with. A name says what is true; the words live in templates."""

from __future__ import annotations

from collections.abc import Mapping


class AppError(Exception):
    """An answer other than success.

    ``status`` is the HTTP status, ``key`` names the message in ``templates/pages/error.html``,
    ``details`` hold only what is safe to show (never an answer, a code or a name).
    """

    status = 500
    key = "unexpected"

    def __init__(self, **details: object) -> None:
        super().__init__(self.key)
        self.details: Mapping[str, object] = details


class NotFound(AppError):
    """There is no such thing, or it is not yours: the two are not told apart."""

    status = 404
    key = "not_found"


class NotAllowed(AppError):
    """You are signed in, and your roles do not include this."""

    status = 403
    key = "not_allowed"


class SignInNeeded(AppError):
    """Nobody is signed in here."""

    status = 401
    key = "sign_in_needed"


class ConfirmationNeeded(AppError):
    """The tablet came back by PIN; this page needs the password again."""

    status = 401
    key = "confirmation_needed"


class SecondFactorNeeded(AppError):
    """The service is live and this login was begun without a second factor."""

    status = 401
    key = "second_factor_needed"


class TabletHandedOver(AppError):
    """The login is suspended while a respondent holds the tablet."""

    status = 403
    key = "tablet_handed_over"


class Invalid(AppError):
    """A form was filled in a way that cannot be kept; ``details`` maps field to message key."""

    status = 422
    key = "invalid"


class TooManyTries(AppError):
    """Wrong password or PIN too often; ``wait_seconds`` says how long to wait."""

    status = 429
    key = "too_many_tries"


class CrossSiteRequest(AppError):
    """A write that another site started."""

    status = 403
    key = "cross_site"


class TooBusy(AppError):
    """The database could not take the write in time; the client keeps what it has."""

    status = 503
    key = "too_busy"


class SchemaTooNew(Exception):
    """The database was written by a newer version; starting would damage it."""


class DurabilityTooWeak(Exception):
    """The database does not promise that a committed row survives; starting would be a lie."""

"""The problems that an answer may be, and the status that each is sent with."""

from collections.abc import Iterator
from contextlib import contextmanager

from ontogeny.errors import DamagedFileError, OntogenyError, UsageError


class MissingError(UsageError):
    """What was asked for does not exist."""


class TooLargeError(UsageError):
    """The answer, or what it takes to make it, is larger than what is allowed."""


class RefusedError(OntogenyError):
    """The request may not be made: from elsewhere, without the token, or to a store that cannot be written."""


_STATUS: tuple[tuple[type[OntogenyError], int], ...] = (
    (MissingError, 404),
    (TooLargeError, 413),
    (RefusedError, 403),
    (UsageError, 400),
    (DamagedFileError, 500),
)


def status_of(error: OntogenyError) -> int:
    """The HTTP status of an error; 409 where the state of the store is what is in the way."""
    return next((status for kind, status in _STATUS if isinstance(error, kind)), 409)


@contextmanager
def missing() -> Iterator[None]:
    """A wrong name inside is something that does not exist."""
    try:
        yield
    except UsageError as error:
        raise MissingError(str(error)) from None

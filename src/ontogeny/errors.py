"""The errors a user may see: each says what was given, what was expected and what to do."""

from collections.abc import Iterable
from difflib import get_close_matches


class OntogenyError(Exception):
    """Something went wrong that the user can act on; the command line prints it without a traceback."""

    exit_code = 1


class UsageError(OntogenyError):
    """The request itself is wrong: an unknown name, a value out of range."""

    exit_code = 2


class Interrupted(OntogenyError):  # noqa: N818
    """The user (or the scheduler) asked to stop; what was done is kept and the same command goes on from there."""

    exit_code = 130


class DamagedFileError(OntogenyError):
    """A stored file does not hold what was written to it."""


def unknown_name(kind: str, given: str, known: Iterable[str]) -> UsageError:
    """The error for a name that does not exist, with the nearest names that do.

    >>> print(unknown_name("study", "emergent_semantic", ["emergent_semantics", "icl_gd"]))
    unknown study 'emergent_semantic'; did you mean 'emergent_semantics'? (known: emergent_semantics, icl_gd)
    """
    names = sorted(known)
    near = get_close_matches(given, names, n=2, cutoff=0.5)
    hint = f"; did you mean {' or '.join(repr(name) for name in near)}?" if near else ""
    return UsageError(f"unknown {kind} {given!r}{hint} (known: {', '.join(names)})")

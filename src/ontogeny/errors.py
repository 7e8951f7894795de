"""The errors a user may see: each says what was given, what was expected and what to do."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
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


class HeldError(OntogenyError):
    """Another process writes what was asked for; once it has ended, the same request goes through."""


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


@contextmanager
def naming_system_errors() -> Iterator[None]:
    """Turn what the system refuses (memory, a file) into one sentence that says what to do; bugs stay what they are."""
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        # torch has no class of its own for the memory of the CPU.
        if not (isinstance(error, MemoryError) or "out of memory" in str(error) or "allocate memory" in str(error)):
            raise
        told = str(error).partition("\n")[0] or "it ran out"
        raise OntogenyError(
            f"not enough memory ({told}); what was stored is kept: try fewer --workers, a smaller batch or model, or "
            "more training.accumulation, and run the command again"
        ) from error
    except BrokenPipeError:
        raise
    except OSError as error:
        if error.filename is None or error.strerror is None:
            raise
        raise OntogenyError(
            f"{error.filename}: {error.strerror}; what was stored is kept: see to it and run the same command again"
        ) from error


def printable(text: str) -> str:
    """Text for a terminal: what would steer it (escape sequences and the like) is written out.

    >>> print(printable("a" + chr(27) + "[2J"))
    a\\x1b[2J
    """
    return "".join(
        character if character.isprintable() or character in "\n\t" else ascii(character)[1:-1] for character in text
    )

"""Errors a user may see."""

import pickle

import pytest

from ontogeny.errors import DamagedFileError, Interrupted, OntogenyError, UsageError, unknown_name


@pytest.mark.parametrize(
    ("kind", "code"), [(OntogenyError, 1), (UsageError, 2), (DamagedFileError, 1), (Interrupted, 130)]
)
def test_exit_codes_and_passing_between_processes(kind: type[OntogenyError], code: int) -> None:
    error = pickle.loads(pickle.dumps(kind("what to do")))
    assert isinstance(error, OntogenyError)
    assert type(error) is kind
    assert (error.exit_code, str(error)) == (code, "what to do")


def test_an_unknown_name_suggests_near_ones_and_lists_all() -> None:
    message = str(unknown_name("study", "karl", ["zebra", "karel"]))
    assert message == "unknown study 'karl'; did you mean 'karel'? (known: karel, zebra)"


def test_nothing_near_is_not_guessed_at() -> None:
    assert str(unknown_name("study", "xyz", ["karel"])) == "unknown study 'xyz' (known: karel)"

"""No input makes a reader crash, hang or fill the memory. `benchmarks/trust/fuzz.py` does the same a million times."""

import random
import resource
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fuzzing import READERS, Edit, altered, attempt, edited

MEMORY = 1_000_000  # KiB that all altered inputs together may add


def edits(words: tuple[bytes, ...]) -> st.SearchStrategy[list[Edit]]:
    put = st.binary(max_size=8) | st.sampled_from(words) if words else st.binary(max_size=8)
    return st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 16), put), min_size=1, max_size=4)


@pytest.mark.parametrize("name", READERS)
def test_examples_are_read(name: str, tmp_path: Path) -> None:
    if name not in ("records", "journals"):  # whose files are not there, whose checksum is wrong
        assert all(attempt(READERS[name], example, tmp_path) for example in READERS[name].examples)


@pytest.mark.parametrize("name", READERS)
def test_altered_examples_are_answered(name: str, tmp_path: Path) -> None:
    reader, chosen = READERS[name], random.Random(name)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(150):
        attempt(reader, altered(reader, chosen), tmp_path)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < MEMORY


@pytest.mark.parametrize("name", READERS)
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_what_hypothesis_makes_of_them_is_answered(name: str, tmp_path: Path, data: st.DataObject) -> None:
    reader = READERS[name]
    example = data.draw(st.sampled_from(list(reader.examples)) | st.binary(max_size=64))
    attempt(reader, edited(example, data.draw(edits(tuple(reader.words)))), tmp_path)

"""Text that nobody vouches for is read within bounds, or refused in one line."""

import os
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ontogeny.plain import dump_yaml, load_json, load_yaml, read_small

BOMB = "a: &a [x, x]\n" + "".join(
    f"{new}: &{new} [*{old}, *{old}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
NESTED = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20)


@given(NESTED)
def test_what_is_dumped_is_loaded(content: Any) -> None:
    assert load_yaml(dump_yaml(content)) == content


def test_a_date_is_text() -> None:
    assert load_yaml("a: 2020-99-99") == {"a": "2020-99-99"}


def test_what_occurs_twice_is_written_twice() -> None:
    shared = [1, 2]
    assert load_yaml(dump_yaml({"a": shared, "b": shared})) == {"a": [1, 2], "b": [1, 2]}


@pytest.mark.parametrize(
    "text",
    [
        BOMB,
        "a: &a [*a]",
        "[" * 100_000,
        "{a: " * 100_000,
        "- " * 100_000,
        "- x\n" * 600_000,
        "a: [",
        "!!python/object/apply:os.system ['true']",
        "!!python/name:os.system",
        "!!int word",
        "!!float ''",
        "!!timestamp word",
        "!!binary '*'",
        "!!set {a}",
        "!!bool word",
        "9" * 6_000,
        "? [a]\n: b",
        "a: 1\n---\nb: 2",
        "\0",
        b"\xff\xfe\xfa",
    ],
)
def test_what_is_not_plain_is_refused_in_one_line_and_at_once(text: str | bytes) -> None:
    start = time.monotonic()
    with pytest.raises(ValueError, match=r"^.+$") as caught:
        load_yaml(text)
    assert "\n" not in str(caught.value)
    assert time.monotonic() - start < 20


@pytest.mark.parametrize("text", ["[" * 100_000, "9" * 6_000, "{", b"\xff", ""])
def test_what_is_not_json_is_refused(text: str | bytes) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        load_json(text)


def test_only_small_regular_files_are_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ValueError, match="no regular file"):
        read_small(tmp_path / "pipe")
    with open(tmp_path / "hole", "wb") as file:
        file.truncate(2**40)
    with pytest.raises(ValueError, match="1099511627776 bytes, more than"):
        read_small(tmp_path / "hole")


def test_every_line_end_of_unicode_comes_back_from_yaml() -> None:
    content = {"name": "one\x85two\u2028three\u2029four\x0bfive", "ü": "ß"}
    assert load_yaml(dump_yaml(content)) == content

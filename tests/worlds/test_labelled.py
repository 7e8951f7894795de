import json

import numpy as np
import pytest

from ontogeny.errors import UsageError
from ontogeny.worlds.labelled import read_labelled
from ontogeny.worlds.world import IGNORE


def write(path, *lines):
    path.write_text("".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines))
    return path


def test_sequences_of_any_length_with_labels(tmp_path):
    path = write(
        tmp_path / "data.jsonl",
        {"tokens": [5, 3, 9], "labels": {"kind": ["verb", None, "noun"], "depth": [7, 2, 7]}},
        "",
        {"tokens": [1], "labels": {"kind": ["noun"]}},
        {"tokens": [2, 2]},
    )
    found = read_labelled(path, vocab=10, length=3)
    assert found.tokens.tolist() == [[5, 3, 9], [1, 0, 0], [2, 2, 0]]
    assert found.present.sum(1).tolist() == [3, 1, 2]
    assert found.classes == {"depth": (2, 7), "kind": ("noun", "verb")}
    assert found.label("kind").tolist() == [[1, IGNORE, 0], [0, IGNORE, IGNORE], [IGNORE] * 3]
    assert found.label("depth").tolist() == [[1, 0, 1], [IGNORE] * 3, [IGNORE] * 3]
    assert found.batch().targets.tolist() == [[3, 9, IGNORE], [IGNORE] * 3, [2, IGNORE, IGNORE]]
    assert np.array_equal(found.batch().tokens, found.tokens)
    with pytest.raises(UsageError, match="unknown label 'king'; did you mean 'kind'"):
        found.label("king")


GOOD = {"tokens": [1, 2], "labels": {"a": [0, 1]}}


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ("{", "line 2: not readable as JSON"),
        ("[" * 100_000, "line 2: not readable as JSON"),
        ([1], "line 2: expected .*given \\[1\\]"),
        ({"token": [1]}, "line 2: expected"),
        ({"tokens": [1], "extra": 0}, "line 2: expected"),
        ({"tokens": []}, "line 2: tokens: expected a list of 1 to 3 ids"),
        ({"tokens": [1, 1, 1, 1]}, "line 2: tokens: expected a list of 1 to 3 ids"),
        ({"tokens": [10]}, "line 2: tokens: expected ids from 0 to 9, given 10"),
        ({"tokens": [-1]}, "given -1"),
        ({"tokens": [True]}, "given true"),
        ({"tokens": [1.0]}, "given 1.0"),
        ({"tokens": [1], "labels": [0]}, "line 2: labels: expected lists by name"),
        ({"tokens": [1], "labels": {"a": [0, 1]}}, "line 2: a: expected 1 labels, one a token"),
        ({"tokens": [1], "labels": {"a": [0.5]}}, "line 2: a: expected whole numbers, words or null, given 0.5"),
        ({"tokens": [1], "labels": {"a": [True]}}, "given true"),
        ({"tokens": [1], "labels": {"a": ["x"]}}, "a: expected whole numbers or words, not both"),
    ],
)
def test_errors_name_file_and_line(tmp_path, bad, message):
    path = write(tmp_path / "data.jsonl", GOOD, bad)
    with pytest.raises(UsageError, match=f"data.jsonl.*{message}"):
        read_labelled(path, vocab=10, length=3)


def test_no_file_and_no_sequences(tmp_path):
    with pytest.raises(UsageError, match="cannot be read"):
        read_labelled(tmp_path / "none.jsonl", vocab=10, length=3)
    with pytest.raises(UsageError, match="no sequences"):
        read_labelled(write(tmp_path / "empty.jsonl", ""), vocab=10, length=3)

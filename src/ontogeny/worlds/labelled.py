"""Sequences of tokens with labels of your own, from a file of JSON lines.

One sequence a line: `{"tokens": [5, 3, 9], "labels": {"subject": [0, null, 1]}}`. Tokens are ids of the model's
vocabulary; a label has one entry a position, a whole number or a word, null where there is none. Words and numbers are
turned into classes in their order. Sequences may differ in length.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Int

from ontogeny.errors import UsageError, unknown_name
from ontogeny.worlds.world import IGNORE, Batch

LARGEST_LINE = 2**24
"""16 MiB."""
MOST_CLASSES = 2**15 - 1


@dataclass(frozen=True)
class Labelled:
    """What `read_labelled` found."""

    tokens: Int[np.ndarray, "batch seq"]
    """Padded at the end with 0, which no earlier position of a causal model can see."""
    present: Bool[np.ndarray, "batch seq"]
    """Where there is a token."""
    labels: Mapping[str, Int[np.ndarray, "batch seq"]]
    """Class ids by name, `IGNORE` where there is none."""
    classes: Mapping[str, tuple[str | int, ...]]
    """What the class ids of each label stand for."""

    def label(self, name: str) -> Int[np.ndarray, "batch seq"]:
        """Raises: UsageError for a label that no line has."""
        if name not in self.labels:
            raise unknown_name("label", name, self.labels)
        return self.labels[name]

    def batch(self) -> Batch:
        """As sequences whose targets are the next tokens."""
        targets = np.full(self.tokens.shape, IGNORE)
        targets[:, :-1] = np.where(self.present[:, 1:], self.tokens[:, 1:], IGNORE)
        return Batch(tokens=self.tokens, features=None, targets=targets, prompt=0, hidden=None)


def read_labelled(path: Path | str, *, vocab: int, length: int) -> Labelled:
    """Read a file of labelled sequences for a model with this vocabulary and this longest sequence.

    Raises: UsageError naming the file, the line and what was expected there.
    """
    rows = list(_lines(Path(path), vocab, length))
    if not rows:
        raise UsageError(f"{path}: no sequences; expected one JSON object a line with 'tokens'")
    longest = max(len(tokens) for tokens, _ in rows)
    tokens, present = np.zeros((len(rows), longest), dtype=np.int64), np.zeros((len(rows), longest), dtype=bool)
    for row, (ids, _) in enumerate(rows):
        tokens[row, : len(ids)], present[row, : len(ids)] = ids, True
    labels, classes = {}, {}
    for name in sorted({name for _, given in rows for name in given}):
        labels[name], classes[name] = _numbered(path, name, [given.get(name, []) for _, given in rows], longest)
    return Labelled(tokens, present, labels, classes)


def _lines(path: Path, vocab: int, length: int) -> Iterator[tuple[list[int], dict[str, list[Any]]]]:
    try:
        with open(path, "rb") as file:
            for number, line in enumerate(iter(lambda: file.readline(LARGEST_LINE + 1), b""), start=1):
                where = f"{path}, line {number}"
                if len(line) > LARGEST_LINE:
                    raise UsageError(f"{where}: longer than {LARGEST_LINE} bytes; expected one sequence a line")
                if line.strip():
                    yield _sequence(line, where, vocab, length)
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror}); give a file of JSON lines") from None


def _sequence(line: bytes, where: str, vocab: int, length: int) -> tuple[list[int], dict[str, list[Any]]]:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{where}: not readable as JSON ({error})") from None
    if not isinstance(found, dict) or set(found) - {"tokens", "labels"} or "tokens" not in found:
        raise UsageError(f'{where}: expected {{"tokens": [...], "labels": {{...}}}}, given {_short(found)}')
    tokens, labels = found["tokens"], found.get("labels", {})
    if not isinstance(tokens, list) or not 0 < len(tokens) <= length:
        raise UsageError(f"{where}: tokens: expected a list of 1 to {length} ids, given {_short(tokens)}")
    for token in tokens:
        if isinstance(token, bool) or not isinstance(token, int) or not 0 <= token < vocab:
            raise UsageError(f"{where}: tokens: expected ids from 0 to {vocab - 1}, given {_short(token)}")
    if not isinstance(labels, dict):
        raise UsageError(f"{where}: labels: expected lists by name, given {_short(labels)}")
    for name, values in labels.items():
        if not isinstance(values, list) or len(values) != len(tokens):
            raise UsageError(f"{where}: {name}: expected {len(tokens)} labels, one a token, given {_short(values)}")
        for value in values:
            if isinstance(value, bool) or not isinstance(value, int | str | None):
                raise UsageError(f"{where}: {name}: expected whole numbers, words or null, given {_short(value)}")
    return tokens, labels


def _numbered(
    path: Path | str, name: str, rows: list[list[Any]], longest: int
) -> tuple[Int[np.ndarray, "batch seq"], tuple[str | int, ...]]:
    """Labels as class ids, and what these stand for."""
    values = {value for row in rows for value in row if value is not None}
    if len({type(value) for value in values}) > 1:
        raise UsageError(f"{path}: {name}: expected whole numbers or words, not both")
    if len(values) > MOST_CLASSES:
        raise UsageError(f"{path}: {name}: {len(values)} different labels; expected at most {MOST_CLASSES}")
    classes = tuple(sorted(values))
    place = {value: number for number, value in enumerate(classes)} | {None: IGNORE}
    labels = np.full((len(rows), longest), IGNORE)
    for row, given in enumerate(rows):
        labels[row, : len(given)] = [place[value] for value in given]
    return labels, classes


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:57]}..."

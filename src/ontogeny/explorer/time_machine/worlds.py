"""Karel's specifications, grids and states as plain data."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int8

from ontogeny.explorer.answers import karel as answers
from ontogeny.explorer.problems import MissingError
from ontogeny.worlds import Batch, Karel, Split
from ontogeny.worlds.karel import Grids, Sample, run_flat
from ontogeny.worlds.karel.grammar import FIRST, PAD
from ontogeny.worlds.karel.grid import FACINGS
from ontogeny.worlds.karel.language import OPERATIONS
from ontogeny.worlds.karel.meanings import translate

BLOCK = 32
"""Specifications that are drawn, and measured, together."""
SPECIFICATIONS = 8 * BLOCK
"""Specifications of each split that can be looked at."""
SPLITS: tuple[Split, ...] = ("test", "validation", "probe", "train")

_CLASSES = {
    "facing": list(FACINGS),
    "heading": ["ahead", "right", "back", "left"],
    "wall_ahead": ["clear", "wall"],
}


@dataclass(frozen=True)
class Place:
    """Where a specification is: row `row` of the block `block` of a split."""

    split: Split
    block: int
    row: int

    @classmethod
    def of(cls, split: Split, index: int) -> "Place":
        """Raises: MissingError for an index that is not there."""
        if not 0 <= index < SPECIFICATIONS:
            raise MissingError(f"specification {index}: expected 0 to {SPECIFICATIONS - 1}")
        return cls(split, *divmod(index, BLOCK))

    @property
    def index(self) -> int:
        return self.block * BLOCK + self.row

    def batch(self, world: Karel, seed: int) -> Batch:
        """The whole block."""
        return world.batch(seed, self.block, BLOCK, self.split)


def one_of(sample: Sample, row: int) -> Sample:
    """One sample of several, alone."""
    shown, held = sample.examples, len(sample.held_inputs) // len(sample)
    kept, hidden = slice(row * shown, (row + 1) * shown), slice(row * held, (row + 1) * held)
    return Sample(
        sample.programs[row : row + 1],
        sample.inputs[kept],
        sample.outputs[kept],
        sample.held_inputs[hidden],
        sample.held_outputs[hidden],
    )


def specification(world: Karel, place: Place, sample: Sample) -> answers.Specification:
    """What the model is shown and what it is not; `sample` holds this specification alone."""
    program = sample.programs[0]
    return answers.Specification(
        split=place.split,
        index=place.index,
        examples=_examples(sample.inputs, sample.outputs),
        held_out=_examples(sample.held_inputs, sample.held_outputs),
        reference=[world.vocabulary[FIRST + code] for code in program[program != PAD]],
    )


def _examples(inputs: Grids, outputs: Grids) -> list[answers.Example]:
    return [answers.Example(input=grid(inputs, row), output=grid(outputs, row)) for row in range(len(inputs))]


def grid(grids: Grids, row: int) -> answers.Grid:
    """One of the grids."""
    walls = [(int(at), int(column)) for at, column in np.argwhere(grids.walls[row])]
    now = state(grids, row)
    return answers.Grid(rows=grids.rows, columns=grids.columns, walls=walls, markers=now.markers, robot=now.robot)


def state(grids: Grids, row: int) -> answers.State:
    """The robot and the markers of one of the grids."""
    markers = [(int(r), int(c), int(grids.markers[row, r, c])) for r, c in np.argwhere(grids.markers[row])]
    at_row, at_column, facing = (int(part) for part in grids.robot[row])
    return answers.State(robot=(at_row, at_column, facing), markers=markers)


def states_along(
    program: Int8[np.ndarray, " step"], inputs: Grids, meaning: str = "original"
) -> list[list[answers.State]]:
    """The states before the first and after each instruction, of every input: [example][state].

    The engine's own trace follows the robot only; here markers matter too, so each beginning of the program is run.
    """
    carried_out = translate(program[None], meaning)[0]
    steps = np.arange(len(program))
    beginnings = [np.where(steps < done, carried_out, PAD).astype(np.int8) for done in range(_length(program) + 1)]
    reached = [run_flat(beginning[None], inputs, repeat=len(inputs)).grids for beginning in beginnings]
    return [[state(grids, example) for grids in reached] for example in range(len(inputs))]


def _length(program: Int8[np.ndarray, " step"]) -> int:
    return int((program != PAD).sum())


def class_labels(world: Karel, feature: str) -> list[str]:
    """What each class of a feature is called; displacements carry their sign."""
    count = world.classes(feature)
    if feature in _CLASSES:
        return _CLASSES[feature]
    if count == 2:
        return ["clear", "wall"]
    if feature in ("row", "column", "markers_here"):
        return [str(value) for value in range(count)]
    return [f"{value:+d}" if value else "0" for value in range(-(count // 2), count // 2 + 1)]


def words_under(meaning: str) -> dict[str, str]:
    """Which operation is carried out where each operation's word is written."""
    carried_out = translate(np.arange(len(OPERATIONS), dtype=np.int8)[None], meaning)[0]
    return {word: OPERATIONS[code] for word, code in zip(OPERATIONS, carried_out, strict=True)}


def instruction_words(world: Karel) -> Sequence[str]:
    """What programs are written with, their end included."""
    return world.grammar.words[2:]

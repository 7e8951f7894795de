"""Judging generated programs by running them, also from a state that has been changed on the way."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Int, Int8, Shaped

from ontogeny.errors import unknown_name
from ontogeny.worlds.karel.engine import run_flat
from ontogeny.worlds.karel.grammar import PAD, Reading, left_aligned
from ontogeny.worlds.karel.grid import STEPS, Grids
from ontogeny.worlds.karel.language import OPERATIONS
from ontogeny.worlds.karel.sampling import Sample

EDITABLE: tuple[str, ...] = ("facing", "heading", "row", "column", "forward", "rightward")
"""What of the robot's state an edit can change."""

_STEPS = np.array(STEPS)


def score(reading: Reading, sample: Sample) -> Mapping[str, Shaped[np.ndarray, " batch"]]:
    """Whether what was written reproduces the outputs.

    `solved`: a complete program that gives every shown output; `held_out`: and every further one of the program
    behind the examples; `complete`: grammatical and ended; `length` and `reference_length` count operations.
    """
    solved = reading.complete & _reaches(reading.programs, sample.inputs, sample.outputs)
    return {
        "solved": solved,
        "held_out": solved & _reaches(reading.programs, sample.held_inputs, sample.held_outputs),
        "complete": reading.complete,
        "length": reading.operations,
        "reference_length": _operations(sample.programs),
    }


def _operations(programs: Int8[np.ndarray, "batch step"]) -> Int[np.ndarray, " batch"]:
    return ((programs >= 0) & (programs < len(OPERATIONS))).sum(axis=1)


def _reaches(programs: Int8[np.ndarray, "batch step"], inputs: Grids, outputs: Grids) -> Bool[np.ndarray, " batch"]:
    """Whether each program makes all its outputs of its inputs."""
    examples = len(inputs) // max(1, len(programs))
    final = run_flat(programs, inputs, repeat=examples).grids
    return np.all(final.equal(outputs).reshape(len(programs), examples), axis=1)


def score_edited(
    reading: Reading, sample: Sample, done: Int[np.ndarray, " batch"], feature: str, shift: int
) -> dict[str, Bool[np.ndarray, " batch"]]:
    """Whether the rest of a program, after its first `done` instructions, gives the outputs from a changed state.

    The state reached after `done` instructions is changed in every example: `facing` and `heading` turn the robot
    clockwise by `shift` quarters, `row` and `column` move it by `shift` cells along the grid's axes, `forward` and
    `rightward` along its facing at the start and to the right of that. Markers stay where they are. If the last of the
    done instructions is a guard, it is asked again in the changed state.

    `valid` is false where, in any example, the changed robot would stand in a wall or outside, and where no
    instruction is left; `solved` is false wherever `valid` is, and where the program is not complete.
    """
    changed = change_state(reading, sample, done, feature, shift)
    reached = _reaches(changed.rest, changed.start, sample.outputs)
    return {"solved": changed.valid & reading.complete & reached, "valid": changed.valid}


@dataclass(frozen=True, eq=False)
class Changed:
    """Programs cut in two, with the state between the parts changed; see `score_edited`."""

    start: Grids
    """The changed states, one an example; where the robot could not stand there, the unchanged ones."""
    rest: Int8[np.ndarray, "batch step"]
    """What is still to be carried out."""
    valid: Bool[np.ndarray, " batch"]


def change_state(
    reading: Reading, sample: Sample, done: Int[np.ndarray, " batch"], feature: str, shift: int
) -> Changed:
    """Carry out the first `done` instructions and change the state they lead to."""
    if feature not in EDITABLE:
        raise unknown_name("editable feature", feature, EDITABLE)
    before, rest = _cut(reading.programs, done)
    examples = sample.examples
    reached = run_flat(before, sample.inputs, repeat=examples).grids
    edited = _edited(reached.robot, sample.inputs.robot, feature, shift)
    stands = _stands(edited, sample.inputs).reshape(-1, examples).all(axis=1)
    valid = stands & (done < reading.instructions)
    robot = np.where(np.repeat(valid, examples)[:, None], edited, reached.robot).astype(np.int8)
    return Changed(Grids(walls=reached.walls, markers=reached.markers, robot=robot), rest, valid)


def _cut(
    programs: Int8[np.ndarray, "batch step"], done: Int[np.ndarray, " batch"]
) -> tuple[Int8[np.ndarray, "batch step"], Int8[np.ndarray, "batch step"]]:
    """Programs up to `done` instructions, and from there; a guard at the cut goes with what it guards."""
    last = np.take_along_axis(programs, np.maximum(done - 1, 0)[:, None], axis=1)[:, 0]
    kept = done - ((done > 0) & (last >= len(OPERATIONS)))
    early = np.arange(programs.shape[1]) < kept[:, None]
    before = np.where(early, programs, PAD).astype(np.int8)
    return before, left_aligned(np.where(early, PAD, programs))


def _edited(
    robot: Int8[np.ndarray, "batch 3"], start: Int8[np.ndarray, "batch 3"], feature: str, shift: int
) -> Int[np.ndarray, "batch 3"]:
    """Robots with one part of their state changed."""
    edited = robot.astype(np.int64)
    if feature in ("facing", "heading"):
        edited[:, 2] = (edited[:, 2] + shift) % 4
    elif feature in ("row", "column"):
        edited[:, 0 if feature == "row" else 1] += shift
    else:
        edited[:, :2] += shift * _STEPS[(start[:, 2] + (feature == "rightward")) % 4]
    return edited


def _stands(robot: Int[np.ndarray, "batch 3"], grids: Grids) -> Bool[np.ndarray, " batch"]:
    """Whether robots stand inside and on no wall."""
    row, column = robot[:, 0], robot[:, 1]
    inside = (row >= 0) & (row < grids.rows) & (column >= 0) & (column < grids.columns)
    return inside & ~grids.walls[np.arange(len(grids)), row * inside, column * inside]

"""What comes of running Karel programs: shared by the compiled engine and its plain-Python reference."""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from jaxtyping import Bool, Int8, Int32

from ontogeny.errors import OntogenyError, UsageError, unknown_name
from ontogeny.worlds.karel.grid import FACINGS, Grids

Convention = Literal["ignore", "crash", "raise"]
"""What follows an operation that cannot be done (a blocked move, a pick from an empty cell, a put onto a full one):
`ignore` leaves everything as it is and goes on, `crash` ends that run, `raise` is a `CrashError`."""


class CrashError(OntogenyError):
    """Under the convention `raise`, a program asked for an operation that cannot be done."""

    def __init__(self, world: int, step: int, place: int, operation: str, robot: tuple[int, int, int]) -> None:
        self.world, self.step, self.place, self.operation, self.robot = world, step, place, operation, robot
        row, column, facing = robot
        super().__init__(
            f"world {world}, step {step}: {operation} (operation {place} of the program, counted from 1) cannot be "
            f"done with the robot at row {row}, column {column}, facing {FACINGS[facing]}; "
            "the conventions 'ignore' and 'crash' let such runs pass"
        )


def check_run(convention: str, step_limit: int) -> None:
    """The settings of a run are what they must be, or an error."""
    if convention not in get_args(Convention):
        raise unknown_name("convention", convention, get_args(Convention))
    if not 1 <= step_limit < 2**31:
        raise UsageError(f"step_limit: expected 1 to {2**31 - 1}, given {step_limit}")


@dataclass(frozen=True, eq=False)
class FlatRun:
    """The result of flat programs. State i of a trace is the one after i instructions; after the end it stays."""

    grids: Grids
    """The worlds at the end; they share the walls of the worlds given."""
    robots: Int8[np.ndarray, "batch state 3"] | None
    """Row, column and facing; None without a trace."""
    markers_here: Int8[np.ndarray, "batch state"] | None
    """How many markers lie on the robot's cell; None without a trace."""


@dataclass(frozen=True, eq=False)
class Run:
    """The result of one program in the full language on a batch of worlds.

    A step is an operation, a test of a condition, or the start of another turn of a `repeat`. Every run has exactly
    one of three ends: finished, `crashed`, `timed_out`.
    """

    grids: Grids
    steps: Int32[np.ndarray, " batch"]
    """Steps taken, the one that crashed included."""
    crashed: Bool[np.ndarray, " batch"]
    timed_out: Bool[np.ndarray, " batch"]
    """The program was not at its end after the allowed number of steps."""
    robots: Int8[np.ndarray, "batch state 3"] | None
    """After each step, up to the longest run's; after its end a run's last state stays. None without a trace."""
    markers_here: Int8[np.ndarray, "batch state"] | None
    operations: Int32[np.ndarray, "batch step"] | None
    """Which operation of the program (in reading order, from 0) a step carried out; -1 for other steps, and after the
    end. None without a trace."""

"""The words of flat programs as tokens: writing programs, reading what a model wrote, what may come next."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Int, Int8

from ontogeny.errors import UsageError
from ontogeny.worlds.karel.language import OPERATIONS

GRID, BEGIN, END = 0, 1, 2
"""Tokens that stand for (or open) a grid, begin a program, end it."""

FIRST = 3
"""The token of instruction code 0; the codes follow in order."""

_CONDITIONS = ("front_is_clear", "left_is_clear", "right_is_clear", "markers_present", "no_markers_present")
GUARD_WORDS = tuple(f"if_{name}" for name in _CONDITIONS) + tuple(f"if_not_{name}" for name in _CONDITIONS[:3])
"""The words of the flat codes 5 to 12. A guard makes the one operation that follows it conditional."""

PAD = -1
"""Fills flat programs after their last instruction."""


@dataclass(frozen=True)
class Grammar:
    """Which programs there are: one to `most` operations, each with at most one guard before it if `guards`."""

    most: int
    guards: bool

    @property
    def words(self) -> tuple[str, ...]:
        """The vocabulary of programs, in the order of token ids."""
        return ("<grid>", "<begin>", "<end>", *OPERATIONS, *(GUARD_WORDS if self.guards else ()))

    @property
    def steps(self) -> int:
        """The most instructions a program has."""
        return self.most * (2 if self.guards else 1)

    @property
    def instructions(self) -> int:
        """How many different instructions there are."""
        return len(self.words) - FIRST


@dataclass(frozen=True)
class Reading:
    """What generated tokens say, as far as they follow the grammar."""

    programs: Int8[np.ndarray, "batch step"]
    """Instruction codes of the longest grammatical beginning, then `PAD`."""
    instructions: Int[np.ndarray, " batch"]
    """How many instructions that beginning has."""
    operations: Int[np.ndarray, " batch"]
    """How many of them are operations."""
    complete: Bool[np.ndarray, " batch"]
    """Whether the beginning is a whole program and an end token follows it."""


def write(programs: Int[np.ndarray, "batch step"], grammar: Grammar) -> Int[np.ndarray, "batch position"]:
    """Programs as tokens: the instructions, then `END` up to `grammar.steps` + 1 positions.

    Raises `UsageError` for a program that the grammar does not have.
    """
    used = (programs >= 0).sum(axis=1)
    steps = min(grammar.steps, programs.shape[1])
    tokens = np.full((len(programs), grammar.steps + 1), END, dtype=np.int64)
    tokens[:, :steps] = np.where(programs[:, :steps] >= 0, programs[:, :steps].astype(np.int64) + FIRST, END)
    reading = read(tokens, grammar)
    whole = reading.complete & (reading.instructions == used)
    if not whole.all():
        row = int(np.argmin(whole))
        kind = "each perhaps after one guard" if grammar.guards else "and no guards"
        raise UsageError(
            f"program {row}: expected 1 to {grammar.most} operations, {kind}; "
            f"given a program of {used[row]} instructions, codes {programs[row].tolist()}"
        )
    return tokens


def read(continuation: Int[np.ndarray, "batch position"], grammar: Grammar) -> Reading:
    """Read the program that starts at the first position of `continuation`."""
    codes = np.asarray(continuation, dtype=np.int64) - FIRST
    instruction = (codes >= 0) & (codes < grammar.instructions)
    guard = instruction & (codes >= len(OPERATIONS))
    operation = instruction & ~guard
    after_guard = np.zeros_like(guard)
    after_guard[:, 1:] = guard[:, :-1]
    full = np.cumsum(operation, axis=1) - operation >= grammar.most
    alive = np.logical_and.accumulate(instruction & ~(guard & after_guard) & ~full, axis=1)
    count = alive.sum(axis=1)
    rows = np.arange(len(codes))
    padded = np.concatenate([codes, np.full((len(codes), 1), PAD - FIRST)], axis=1)
    ended = padded[rows, count] == END - FIRST
    whole = (count > 0) & ~guard[rows, np.maximum(count - 1, 0)] if codes.shape[1] else np.zeros(len(codes), bool)
    return Reading(
        programs=np.where(alive, codes, PAD).astype(np.int8),
        instructions=count,
        operations=(alive & operation).sum(axis=1),
        complete=ended & whole,
    )


def allowed(
    continuation: Int[np.ndarray, "batch position"], grammar: Grammar, vocabulary: int
) -> Bool[np.ndarray, "batch vocab"]:
    """Which tokens may follow `continuation`; after `END`, or after an ungrammatical token, only `END` may.

    An operation must follow a guard; a program has at least one operation and at most `grammar.most`.
    """
    reading = read(continuation, grammar)
    running = reading.instructions == continuation.shape[1]
    rows = np.arange(len(continuation))
    last = reading.programs[rows, -1] if continuation.shape[1] else np.full(len(continuation), PAD)
    guarded = running & (last >= len(OPERATIONS))
    room = running & (reading.operations < grammar.most)
    may = np.zeros((len(continuation), vocabulary), dtype=bool)
    may[:, END] = ~running | (~guarded & (reading.operations > 0))
    may[:, FIRST : FIRST + len(OPERATIONS)] = room[:, None]
    may[:, FIRST + len(OPERATIONS) : FIRST + grammar.instructions] = (room & ~guarded)[:, None]
    return may


def left_aligned(programs: Int[np.ndarray, "batch step"]) -> Int8[np.ndarray, "batch step"]:
    """The same instructions in the same order, with all padding moved to the end."""
    order = np.argsort(programs < 0, axis=1, kind="stable")
    return np.take_along_axis(programs, order, axis=1).astype(np.int8)

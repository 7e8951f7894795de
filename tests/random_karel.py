"""Random Karel programs and worlds, made in bulk for comparing the engine with its reference."""

import numpy as np

from ontogeny.worlds.karel.grid import Grids
from ontogeny.worlds.karel.language import (
    OPERATIONS,
    SENSORS,
    Condition,
    If,
    IfElse,
    Not,
    Operation,
    Program,
    Repeat,
    Sensor,
    Statement,
    While,
)


def random_grids(rng: np.random.Generator, batch: int, rows: int, columns: int) -> Grids:
    """Worlds with a quarter of walls, and up to three markers on a third of the cells, the robot's included."""
    shape = (batch, rows, columns)
    row, column = rng.integers(rows, size=batch), rng.integers(columns, size=batch)
    walls = rng.random(shape) < 0.25
    walls[np.arange(batch), row, column] = False
    markers = np.where(~walls & (rng.random(shape) < 0.35), rng.integers(1, 4, shape), 0)
    robot = np.stack([row, column, rng.integers(4, size=batch)], axis=1)
    return Grids(walls, markers.astype(np.int8), robot.astype(np.int8)).check()


def random_flat(rng: np.random.Generator, batch: int, codes: int) -> np.ndarray:
    """Flat programs of 0 to 12 instructions; the first five codes are the operations, the rest guards."""
    programs = rng.integers(codes, size=(batch, 12)).astype(np.int8)
    programs[np.arange(12) >= rng.integers(13, size=(batch, 1))] = -1
    return programs


def random_program(rng: np.random.Generator) -> Program:
    return Program(_block(rng, 0, 4))


def _block(rng: np.random.Generator, depth: int, most: int) -> tuple[Statement, ...]:
    return tuple(_statement(rng, depth) for _ in range(rng.integers(most + 1)))


def _statement(rng: np.random.Generator, depth: int) -> Statement:
    kind = 0 if depth == 3 else rng.integers(8)
    if kind < 4:
        return Operation(OPERATIONS[rng.choice(5, p=[0.4, 0.15, 0.15, 0.15, 0.15])])
    body = _block(rng, depth + 1, 3)
    if kind == 4:
        return Repeat(int(rng.integers(5)), body)
    condition: Condition = Sensor(SENSORS[rng.integers(5)])
    for _ in range(rng.integers(3)):
        condition = Not(condition)
    if kind == 5:
        return While(condition, body)
    return If(condition, body) if kind == 6 else IfElse(condition, body, _block(rng, depth + 1, 3))

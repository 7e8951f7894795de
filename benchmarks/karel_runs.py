"""How many short Karel programs run in a second: compiled, on one core and on all; in plain Python; in others' package.

Worlds and programs are the published ones: lengths 3 to 10, operations with weights 5:3:3:2:2, walls and markers with
probability 0.1 a cell. Before anything is timed the engine is compared with its plain-Python reference on random runs
(straight-line and guarded flat programs with their whole traces, and programs of the full language): they must be equal
in everything. carpedm20's `karel` is given its worlds and programs in its own form; what that costs is not counted.
"""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
from frame import Peer, Rows, UnequalError, compare, main, timed
from numba import njit

from ontogeny.randomness import generator
from ontogeny.worlds.karel import engine, reference
from ontogeny.worlds.karel.grid import Grids
from ontogeny.worlds.karel.language import OPERATIONS, WORDS, parse

COMPARED, RUNS, PLAIN_RUNS, FOREIGN_RUNS = 200_000, 50_000, 2_000, 300
WEIGHTS = np.array([5, 3, 3, 2, 2]) / 15
GUARDED = 13
"""The number of flat codes: operations and guards."""
LOOK_UPS = "instruction bound: two that wait for one another an operation"
LANGUAGE = [
    parse(f"DEF run m( {body} m)")
    for body in (
        "WHILE c( frontIsClear c) w( putMarker move w) turnLeft "
        "REPEAT R=4 r( move IF c( markersPresent c) i( turnRight i) r)",
        "REPEAT R=6 r( IFELSE c( not c( leftIsClear c) c) i( move i) ELSE e( turnLeft move e) pickMarker r)",
        "IFELSE c( noMarkersPresent c) i( move WHILE c( rightIsClear c) w( turnRight move w) i) ELSE e( pickMarker e)",
    )
]


def worlds(rng: np.random.Generator, batch: int, side: int) -> Grids:
    shape = (batch, side, side)
    robot = np.stack([rng.integers(side, size=batch), rng.integers(side, size=batch), rng.integers(4, size=batch)], 1)
    walls = rng.random(shape) < 0.1
    walls[np.arange(batch), robot[:, 0], robot[:, 1]] = False
    markers = (rng.random(shape) < 0.1) & ~walls
    return Grids(walls, markers.astype(np.int8), robot.astype(np.int8))


def flat_programs(rng: np.random.Generator, batch: int, weights: np.ndarray) -> np.ndarray:
    programs = rng.choice(len(weights), p=weights, size=(batch, 10)).astype(np.int8)
    programs[np.arange(10) >= rng.integers(3, 11, size=(batch, 1))] = -1
    return programs


def differing(compiled: object, plain: object) -> list[str]:
    """The names of the results in which a compiled and a plain run are not equal."""
    return [
        name
        for name, expected in vars(plain).items()
        if not (
            getattr(compiled, name).equal(expected).all()
            if name == "grids"
            else np.array_equal(getattr(compiled, name), expected)
        )
    ]


def check(runs: int) -> None:
    """Compare engine and reference on at least so many random runs."""
    batch, done, part = min(20_000, runs), 0, 0
    while done < runs:
        rng = generator(part, "karel throughput")
        grids = worlds(rng, batch, int(rng.choice([4, 5, 6, 8])))
        weights = WEIGHTS if part % 2 else np.full(GUARDED, 1 / GUARDED)
        programs = flat_programs(rng, batch, weights)
        pairs = [(engine.run_flat(programs, grids, trace=True), reference.run_flat(programs, grids, trace=True))]
        few = grids[: batch // 30]
        for program in LANGUAGE:
            for convention in ("ignore", "crash"):
                settings = {"convention": convention, "step_limit": 40, "trace": True}
                pairs.append((engine.run(program, few, **settings), reference.run(program, few, **settings)))
        for compiled, plain in pairs:
            if names := differing(compiled, plain):
                raise UnequalError(f"part {part}: engine and reference differ in {', '.join(names)}")
        done += sum(len(plain.grids) for _, plain in pairs)
        part += 1


def rows(quick: bool) -> Rows:
    runs, plain_runs, foreign_runs = (300, 60, 20) if quick else (RUNS, PLAIN_RUNS, FOREIGN_RUNS)
    rounds = 1 if quick else 5
    check(600 if quick else COMPARED)
    rng = generator("karel runs", "timing")
    programs, grids = flat_programs(rng, runs, WEIGHTS), worlds(rng, runs, 6)
    for trace, label in ((False, "final worlds"), (True, "with traces")):
        plain = partial(reference.run_flat, programs[:plain_runs], grids[:plain_runs], trace=trace)
        peers = [Peer("plain Python", lambda plain=plain: each(plain, plain_runs), None, "equal in everything")]
        if not trace:
            peers += [
                Peer("karel (carpedm20)", partial(_foreign, programs[:foreign_runs], grids), 1000.0, "equal worlds")
            ]
        ours = each(partial(engine.run_flat, programs, grids, trace=trace), runs)
        what = f"Karel runs, 6 x 6 cells, {label}"
        yield from compare(what, ours, peers, "runs/s", rounds=rounds)
        if not trace:  # apart from the slow ones, after which nothing is left in the caches
            bounds = [
                Peer("its look-ups alone", lambda: each(partial(_look_ups, programs, grids), runs), 0.5, LOOK_UPS),
                Peer("copying the same bytes", lambda: each(partial(_copies, programs, grids), runs), None, "memory"),
            ]
            yield from compare(what, ours, bounds, "runs/s", rounds=rounds)
        cores = os.cpu_count() or 1
        with ThreadPoolExecutor(cores) as threads:
            everywhere = each(partial(_on_threads, threads, cores, programs, grids, trace), runs * cores)
            alone = Peer("one core", lambda ours=ours: ours, None, f"{cores} threads, each with as many worlds")
            yield from compare(f"{what}, all cores", everywhere, [alone], "runs/s", rounds=rounds)
    ours = each(partial(engine.run, LANGUAGE[0], grids, step_limit=40), runs)
    plain = partial(reference.run, LANGUAGE[0], grids[:plain_runs], step_limit=40)
    peers = [Peer("plain Python", lambda: each(plain, plain_runs), None, "equal in everything")]
    yield from compare("Karel runs, 6 x 6 cells, loops and tests", ours, peers, "runs/s", rounds=rounds)


def each(action: Callable[[], object], runs: int) -> Callable[[], float]:
    """Measures the seconds a run of something that makes many."""
    side = timed(action)
    return lambda: side() / runs


def _on_threads(threads: ThreadPoolExecutor, cores: int, programs: np.ndarray, grids: Grids, trace: bool) -> None:
    """The same runs on every core."""
    action = partial(engine.run_flat, programs, grids, trace=trace)
    for task in [threads.submit(action) for _ in range(cores)]:
        task.result()


def _look_ups(programs: np.ndarray, grids: Grids) -> None:
    """The instruction bound: nothing but where each operation leads and whether a wall stands there, one by one."""
    leads, _ = engine._geometry(grids.rows, grids.columns)
    row, column, facing = grids.robot.T.astype(np.uint32)
    states = (row * grids.columns + column) * 4 + facing
    _walk(programs, states, leads, grids.walls.reshape(len(grids), -1))


@njit(nogil=True)
def _walk(programs, states, leads, walls):  # type: ignore[no-untyped-def]
    for world in range(len(states)):
        state = np.uintp(states[world])
        for step in range(programs.shape[1]):
            code = programs[world, step]
            if code < 0:
                break
            ahead = np.uintp(leads[np.uintp(code), state])
            state = state if walls[world, ahead >> 2] else ahead
        states[world] = state


def _copies(programs: np.ndarray, grids: Grids) -> None:
    """Reads and writes once all that running the programs must read or write."""
    for array in (programs, grids.walls, grids.markers, grids.robot):
        array.copy()


def _foreign(programs: np.ndarray, grids: Grids) -> Callable[[], float]:
    """carpedm20's parser and simulator, a run after the other, after the same worlds were compared."""
    from karel import KarelForSynthesisParser

    parser, states = KarelForSynthesisParser(), [_state(grids, world) for world in range(len(programs))]
    codes = [f"DEF run m( {' '.join(WORDS[OPERATIONS[code]] for code in row if code >= 0)} m)" for row in programs]
    final = engine.run_flat(programs, grids[: len(programs)]).grids

    def run(world: int) -> None:
        parser.new_game(state=states[world])
        parser.run(codes[world])

    for world in range(len(programs)):
        run(world)
        if not np.array_equal(parser.get_state(), _state(final, world)):
            raise UnequalError(f"{codes[world]} ends in another world")
    return each(lambda: [run(world) for world in range(len(programs))], len(programs))


def _state(grids: Grids, world: int) -> np.ndarray:
    """A world as that package holds it: [row, column, 16] with a border of walls."""
    walls, markers = (
        np.pad(part[world], 1, constant_values=edge) for part, edge in ((grids.walls, 1), (grids.markers, 0))
    )
    state = np.zeros((*walls.shape, 16), np.int8)
    state[:, :, 4] = walls
    row, column, facing = grids.robot[world]
    state[row + 1, column + 1, (0, 3, 1, 2)[facing]] = 1  # north, south, west, east
    state[np.arange(len(walls))[:, None], np.arange(walls.shape[1]), 5 + markers] = 1
    return state


if __name__ == "__main__":
    main(__doc__, rows)

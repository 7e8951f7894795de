"""How many short Karel programs run in a second on one core, compiled and in plain Python, in one run.

    python benchmarks/karel_throughput.py [--runs 1000000]

Worlds and programs are the published ones: lengths 3 to 10, operations with weights 5:3:3:2:2, walls and markers with
probability 0.1 a cell. Before timing, the engine is compared with its plain-Python reference on `--runs` random runs
(straight-line and guarded flat programs with their whole traces, and programs of the full language); they must be equal
in everything. Each rate is the best of several repetitions, since other work on the machine only ever slows one down.
"""

import argparse
import time
from collections.abc import Callable
from functools import partial

import numpy as np

from ontogeny.randomness import generator
from ontogeny.worlds.karel import engine, reference
from ontogeny.worlds.karel.grid import Grids
from ontogeny.worlds.karel.language import Program, parse

WEIGHTS = np.array([5, 3, 3, 2, 2]) / 15
GUARDED = 13
"""The number of flat codes: operations and guards."""
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


def compare(runs: int) -> int:
    """Compare engine and reference on at least `runs` random runs; how many were compared."""
    batch, done, part = 20_000, 0, 0
    while done < runs:
        rng = generator(part, "karel throughput")
        grids = worlds(rng, batch, int(rng.choice([4, 5, 6, 8])))
        weights = WEIGHTS if part % 2 else np.full(GUARDED, 1 / GUARDED)
        programs = flat_programs(rng, batch, weights)
        pairs = [(engine.run_flat(programs, grids, trace=True), reference.run_flat(programs, grids, trace=True))]
        few = grids[:600]
        for program in LANGUAGE:
            for convention in ("ignore", "crash"):
                settings = {"convention": convention, "step_limit": 40, "trace": True}
                pairs.append((engine.run(program, few, **settings), reference.run(program, few, **settings)))
        for compiled, plain in pairs:
            if names := differing(compiled, plain):
                raise SystemExit(f"part {part}: engine and reference differ in {', '.join(names)}")
        done += sum(len(plain.grids) for _, plain in pairs)
        part += 1
    return done


def rate(run: Callable[[], object], runs: int, repetitions: int) -> float:
    """Runs a second, in the fastest repetition; one more before them warms up and compiles."""
    seconds = []
    for _ in range(repetitions + 1):
        start = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - start)
    return runs / min(seconds[1:])


def measure_flat(side: int, batch: int) -> None:
    rng = generator(side, "karel throughput", "timing")
    programs, grids = flat_programs(rng, batch, WEIGHTS), worlds(rng, batch, side)
    for trace, label in ((False, "final worlds"), (True, "with traces")):
        compiled = rate(partial(engine.run_flat, programs, grids, trace=trace), batch, 15)
        plain = rate(partial(reference.run_flat, programs[:5_000], grids[:5_000], trace=trace), 5_000, 2)
        report(f"{side} x {side} cells, {label}", compiled, plain)


def measure_language(program: Program, batch: int) -> None:
    grids = worlds(generator("karel throughput", "language"), batch, 6)
    compiled = rate(partial(engine.run, program, grids, step_limit=40), batch, 7)
    plain = rate(partial(reference.run, program, grids[:3_000], step_limit=40), 3_000, 2)
    steps = engine.run(program, grids, step_limit=40).steps.mean()
    report(f"6 x 6 cells, loops and tests, {steps:.0f} steps", compiled, plain)


def report(label: str, compiled: float, plain: float) -> None:
    print(f"{label:42s} {compiled / 1e6:8.2f} M/s   plain {plain / 1e6:6.3f} M/s   ratio {compiled / plain:6.0f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=1_000_000, help="random runs to compare (default: a million)")
    arguments = parser.parse_args()
    start = time.perf_counter()
    compared = compare(arguments.runs)
    print(f"equal with the reference on {compared:,} random runs ({time.perf_counter() - start:.0f} s)")
    print("program runs a second on one core:")
    for side in (5, 6):
        measure_flat(side, 50_000)
    measure_language(LANGUAGE[0], 50_000)


if __name__ == "__main__":
    main()

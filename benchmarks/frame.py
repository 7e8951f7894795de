"""What all comparisons share: timing sides in turns, holding results against one another, rows and where they are kept.

A comparison is a file beside this one with a function `rows(quick)` that yields rows; `quick` asks for the smallest
sizes, which show that it works and nothing else. `python benchmarks/NAME.py --quick` prints them, `run.py` keeps them.
"""

import argparse
import json
import statistics
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from ontogeny.lab import environment

HERE = Path(__file__).parent
RESULTS = HERE / "results.json"
COLUMNS = ("what", "ours", "peer", "peer_name", "ratio", "bar", "met", "unit", "machine", "commit", "note")

OURS = "ours"
SCALES = {"s": 1.0, "ms": 1e3, "us": 1e6}
ROUNDS = 5
"""Measurements of each side, after one that is thrown away."""
SAMPLE_SECONDS = 0.02
"""Something quicker is done again and again within one measurement, until it takes about so long."""

Row = dict[str, Any]
Rows = Iterator[Row]


class UnequalError(Exception):
    """The two sides do not compute the same: their times say nothing."""


def row(
    what: str,
    ours: float | None,
    peer: float | None,
    peer_name: str,
    unit: str,
    *,
    bar: float | None = None,
    note: str = "",
) -> Row:
    """One line of the table.

    Args:
        ours, peer: medians in `unit`; the peer may be a limit or a part of our own (`peer_name` says which).
        bar: the least ratio that is good enough; None where nothing was promised.
        note: what equality was checked, settings of the peer, why there is no number.
    """
    ratio = ratio_of(ours, peer, unit)
    met = None if ratio is None or bar is None else ratio >= bar
    values = (what, _rounded(ours), _rounded(peer), peer_name, ratio, bar, met, unit, machine(), commit(), note)
    return dict(zip(COLUMNS, values, strict=True))


def ratio_of(ours: float | None, peer: float | None, unit: str) -> float | None:
    """How many times better ours is: a rate (`unit` ends in `/s`) should be high, all else low."""
    if ours is None or peer is None:
        return None
    better, worse = (ours, peer) if unit.endswith("/s") else (peer, ours)
    return _rounded(_rounded(better) / _rounded(worse)) if worse else None


def _rounded(value: float | None) -> float | None:
    """Four significant digits: more than timings carry."""
    return None if value is None else float(f"{value:.4g}")


@dataclass(frozen=True)
class Peer:
    """One side that ours is held against."""

    name: str
    make: Callable[[], Callable[[], float]]
    """Builds it, checks that it computes what ours does, and gives what measures it once: see `compare`."""
    bar: float | None = None
    note: str = ""


def compare(
    what: str, ours: Callable[[], float], peers: Iterable[Peer], unit: str, *, count: int = 1, rounds: int = ROUNDS
) -> Rows:
    """A row for each peer, all sides taking turns in this process; a peer that fails has one that says so.

    Each side gives the seconds it took (`timed` makes that of any action) for `count` things of what `unit` counts.
    """
    peers, sides = list(peers), {OURS: ours}
    ours()
    for one in peers:
        try:
            side = one.make()
            side()  # as ours above: the first time also sets up kernels and memory
            sides[one.name] = side
        except Exception as error:  # a peer may raise anything; the others are measured all the same
            yield failed(what, one.name, unit, error, bar=one.bar)
    taken = {name: in_unit(spent, unit, count) for name, spent in _turns(sides, rounds).items()}
    for one in peers:
        if one.name in taken:
            yield row(what, taken[OURS], taken[one.name], one.name, unit, bar=one.bar, note=one.note)


def failed(what: str, peer_name: str, unit: str, error: Exception, *, bar: float | None = None) -> Row:
    """The row of a peer that is not installed, computes something else or fails."""
    told = f"{type(error).__name__}: {error}".splitlines()[0][:200]
    return row(what, None, None, peer_name, unit, bar=bar, note=f"not measured: {told}")


def in_unit(spent: float, unit: str, count: int = 1) -> float:
    """Seconds as `unit`: as time for each of `count`, or as how many there are in a second."""
    return count / spent if unit.endswith("/s") else spent / count * SCALES[unit]


def alternate(sides: Mapping[str, Callable[[], float]], rounds: int = ROUNDS) -> dict[str, float]:
    """The median of the seconds that each side says it took, after a round that does not count."""
    for side in sides.values():
        side()
    return _turns(sides, rounds)


def _turns(sides: Mapping[str, Callable[[], float]], rounds: int) -> dict[str, float]:
    """Medians over the rounds, all sides taking turns, forwards and backwards."""
    taken: dict[str, list[float]] = {name: [] for name in sides}
    for number in range(rounds):
        for name in list(sides)[:: -1 if number % 2 else 1]:
            taken[name].append(sides[name]())
    return {name: statistics.median(values) for name, values in taken.items()}


def timed(action: Callable[[], object]) -> Callable[[], float]:
    """Measures an action: its seconds, over so many calls in a row that they take long enough to be measured.

    The first measurement is of one call, which also sets up kernels and memory; the second finds out how many to make.
    """
    warm, times = False, 0

    def side() -> float:
        nonlocal warm, times
        if not times:
            once = seconds(action)
            if not warm:
                warm = True
                return once
            times = max(1, min(10_000, round(SAMPLE_SECONDS / max(once, 1e-7))))
            if times == 1:
                return once
        start = time.perf_counter()
        for _ in range(times):
            action()  # what it returns is let go: kept, it would make every call ask the system for memory
        return (time.perf_counter() - start) / times

    return side


def medians(sides: Mapping[str, Callable[[], object]], rounds: int = ROUNDS) -> dict[str, float]:
    """Median seconds of actions that take turns."""
    return alternate({name: timed(action) for name, action in sides.items()}, rounds)


def seconds(action: Callable[[], object]) -> float:
    """How long one call takes."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def check_close(ours: Any, peers: Any, tolerance: float, what: str) -> float:
    """The largest difference of two arrays (or tensors), which must not exceed the tolerance."""
    one, other = (np.asarray(value.detach() if hasattr(value, "detach") else value) for value in (ours, peers))
    if one.shape != other.shape:
        raise UnequalError(f"{what}: shapes {one.shape} and {other.shape}")
    difference = float(np.abs(one.astype(np.float64) - other.astype(np.float64)).max(initial=0.0))
    if not difference <= tolerance:
        raise UnequalError(f"{what}: values differ by {difference:.2g}, more than {tolerance:g}")
    return difference


@cache
def machine() -> str:
    """Processor, cores and the versions that numbers depend on."""
    about = environment.record()
    hardware, versions = about["hardware"], about["versions"]
    return f"{hardware['processor']}, {hardware['cores']} cores, torch {versions['torch']}"


@cache
def commit() -> str:
    """The state of the project that is measured; `+` marks changes that were not committed, these results aside."""
    changed = _git("status", "--porcelain", "--", ".", ":!benchmarks/results.json", ":!docs/performance.md")
    return (_git("rev-parse", "--short=10", "HEAD") or "unknown") + ("+" if changed else "")


def _git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=HERE.parent, capture_output=True, text=True).stdout.strip()


def stored() -> list[Row]:
    """The rows that are kept."""
    return json.loads(RESULTS.read_text()) if RESULTS.exists() else []


def merged(old: Iterable[Row], new: Iterable[Row]) -> list[Row]:
    """Rows of what was measured now in the place of older ones of the same `what`; new ones at the end."""
    fresh: dict[str, list[Row]] = {}
    for one in new:
        fresh.setdefault(one["what"], []).append(one)
    kept = []
    for one in old:
        if one["what"] not in fresh:
            kept.append(one)
        else:
            kept += fresh[one["what"]]
            fresh[one["what"]] = []
    return kept + [one for rows in fresh.values() for one in rows]


def the_whole(comparison: str) -> str:
    """What the row is called that says why a comparison did not come to its end."""
    return f"{comparison}: the whole"


def keep(comparison: str, rows: Iterable[Row]) -> None:
    """Store a comparison's rows among those that are kept; that it once did not come to its end is forgotten."""
    others = [one for one in stored() if one["what"] != the_whole(comparison)]
    RESULTS.write_text(json.dumps(merged(others, rows), indent=1) + "\n")


def tell(one: Row) -> str:
    """A row as a line to be read while others are still measured."""
    if one["ratio"] is None:
        return f"{one['what']}, {one['peer_name']}: {one['note'] or one['ours']}"
    said = "" if one["bar"] is None else f" (bar {one['bar']:g}: {'met' if one['met'] else 'NOT met'})"
    sides = f"{one['ours']:g} against {one['peer']:g} {one['unit']} of {one['peer_name']}"
    return f"{one['what']}: {sides}: {one['ratio']:g} times{said}"


def main(about: str | None, rows: Callable[[bool], Rows]) -> None:
    """Carry out a comparison: print its rows, and write them as lines of JSON where `--rows` says."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--quick", action="store_true", help="the smallest sizes: does it work?")
    parser.add_argument("--rows", type=Path, help="append the rows to this file")
    given = parser.parse_args()
    for one in rows(given.quick):
        print(tell(one), flush=True)
        if given.rows:
            with given.rows.open("a") as file:
                file.write(json.dumps(one) + "\n")

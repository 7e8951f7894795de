"""How cost grows with work: exponents of fitted power laws, which should be 1, and the catalogue of a large store."""

import tempfile
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import torch
from frame import Row, Rows, alternate, main, medians, row, seconds, timed
from scipy import stats

from ontogeny.lab.catalogue import catalogue
from ontogeny.models import Transformer
from ontogeny.plain import dump_yaml
from ontogeny.training import Run, Training
from ontogeny.training.checkpoints import write_checkpoint
from ontogeny.worlds import Karel

LARGEST, LIMIT_MS = 10_000, 100.0


def rows(quick: bool) -> Rows:
    rounds, part = (1, 50) if quick else (5, 1)
    counts = [count // part for count in (2_000, 4_000, 8_000, 16_000, 32_000)]
    world = Karel()
    yield _exponent("samples of a batch", counts, [partial(world.batch, 0, 0, count) for count in counts], rounds)
    counts = [max(2, count // part) for count in (25, 50, 100, 200)]
    yield _exponent("checkpoints recorded", counts, [partial(_record, count) for count in counts], rounds)
    with tempfile.TemporaryDirectory() as folder:
        stores = {count // part: Path(folder, f"{count // part}") for count in (1_250, 2_500, 5_000, LARGEST)}
        _fill(stores)
        asked = [partial(catalogue, store) for store in stores.values()]
        yield _exponent("runs in the catalogue", list(stores), asked, rounds)
        largest = max(stores)
        taken = medians({"catalogue": partial(catalogue, stores[largest])}, rounds)["catalogue"]
        what = f"the catalogue of {largest:,} runs answers"
        yield row(what, 1e3 * taken, LIMIT_MS, "limit", "ms", bar=1.0, note="up to date with every folder")
        yield _indexed(folder, [max(2, count // part) for count in (250, 500, 1_000, 2_000)], rounds)


def _exponent(what: str, counts: Sequence[int], actions: Iterable[Callable[[], object]], rounds: int) -> Row:
    """The power of the count that the time goes with."""
    sides = {str(count): timed(action) for count, action in zip(counts, actions, strict=True)}
    return _fitted(what, counts, alternate(sides, rounds))


def _fitted(what: str, counts: Sequence[int], taken: dict[str, float]) -> Row:
    fit = stats.linregress(np.log(counts), np.log([taken[str(count)] for count in counts]))
    reach = stats.t.ppf(0.975, len(counts) - 2) * fit.stderr
    note = f"95 % interval {fit.slope - reach:.2f} to {fit.slope + reach:.2f}, {counts[0]:,} to {counts[-1]:,}"
    return row(f"cost by {what}: exponent", fit.slope, 1.0, "linear", "power", bar=1 / 1.1, note=note)


def _record(count: int) -> None:
    """Write so many checkpoints of a tiny model into one run."""
    with tempfile.TemporaryDirectory() as folder:
        for step in range(count):
            write_checkpoint(Path(folder), step, torch.nn.Linear(2, 2))


def _fill(stores: dict[int, Path]) -> None:
    """Stores with so many finished runs each, which differ by their seeds."""
    run = Run(Transformer(), Karel(), Training(steps=1), seed=987654321)
    text = dump_yaml(run.plain())
    for count, store in stores.items():
        for number in range(count):
            folder = store / "many" / f"{number:016x}"
            folder.mkdir(parents=True)
            (folder / "config.yaml").write_text(text.replace("987654321", str(number)))
            (folder / "DONE").touch()
        catalogue(store)


def _indexed(place: str, counts: Sequence[int], rounds: int) -> Row:
    """Building the index anew, by the size of the store."""
    stores = {count: Path(place, f"new {count}") for count in counts}
    _fill(stores)

    def build(store: Path) -> float:
        (store / "catalogue.sqlite").unlink(missing_ok=True)
        return seconds(partial(catalogue, store))

    sides = {str(count): partial(build, store) for count, store in stores.items()}
    return _fitted("runs indexed anew", counts, alternate(sides, rounds))


if __name__ == "__main__":
    main(__doc__, rows)

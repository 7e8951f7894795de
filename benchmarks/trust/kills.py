"""How often a study survives SIGKILL: killed at random moments of training, measuring, reporting and indexing.

Run with `python benchmarks/trust/kills.py [KILLS [SEED]]` (200 kills take some minutes). After each kill every file
of the store is verified; each store is completed in the end and held against the undisturbed run, bit by bit.
"""

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "tests"))

from results import keep

import kills


def main() -> None:
    count, seed = (int(text) for text in (sys.argv[1:] + ["200", "0"][len(sys.argv) - 1 :]))
    with tempfile.TemporaryDirectory() as folder:
        outcome = kills.campaign(Path(folder), count, seed)
    keep("kills", outcome.plain() | {"seed": seed})


if __name__ == "__main__":
    main()

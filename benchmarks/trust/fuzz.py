"""How many inputs the readers answer: no crash, no hang, no memory blow-up.

Run with `python benchmarks/trust/fuzz.py [INPUTS [SEED]]` (a million take about half an hour). Each reader gets its
share; a seed always gives the same inputs. One that is not answered is kept in the folder `results` and ends the run.
"""

import random
import resource
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2] / "tests"))

from results import FOLDER, keep

from fuzzing import READERS, Hang, altered, attempt

GIB = 2**30
HEADROOM = 6 * GIB
"""Of address space, beyond what the process has when it starts: what claims more is refused by the system."""


PARTS = 20
"""What was tried is kept after each part, so that a run that is stopped was not for nothing."""


def main() -> None:
    inputs, seed = (int(text) for text in (sys.argv[1:] + ["1000000", "0"][len(sys.argv) - 1 :]))
    size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (size + HEADROOM, size + HEADROOM))
    chosen = {name: random.Random(f"{seed} {name}") for name in READERS}
    tried, taken = Counter[str](), Counter[str]()
    share, start = -(-inputs // (len(READERS) * PARTS)), time.perf_counter()
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as folder:
        for _ in range(PARTS):
            for name, reader in READERS.items():
                for _ in range(share):
                    data = altered(reader, chosen[name])
                    tried[name] += 1
                    try:
                        taken[name] += attempt(reader, data, Path(folder))
                    except (Exception, Hang):
                        traceback.print_exc()
                        keep("fuzz", found(tried, taken, seed) | {"unanswered": 1})
                        (FOLDER / "unanswered.bin").write_bytes(data)
                        sys.exit(f"{name}: an input is not answered; it is kept in {FOLDER}/unanswered.bin")
            keep("fuzz", found(tried, taken, seed))
            print(f"{tried.total():,} inputs in {time.perf_counter() - start:,.0f} s", flush=True)


def found(tried: Counter[str], taken: Counter[str], seed: int) -> dict[str, Any]:
    return {
        "inputs": tried.total(),
        "unanswered": 0,
        "peak_memory_gib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, 2),
        "seed": seed,
        "readers": {
            name: {"inputs": count, "taken": taken[name], "refused": count - taken[name]}
            for name, count in tried.items()
        },
    }


if __name__ == "__main__":
    main()

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
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "tests"))

from results import FOLDER, keep

from fuzzing import READERS, altered, attempt

GIB = 2**30
HEADROOM = 6 * GIB
"""Of address space, beyond what the process has when it starts: what claims more is refused by the system."""


def main() -> None:
    inputs, seed = (int(text) for text in (sys.argv[1:] + ["1000000", "0"][len(sys.argv) - 1 :]))
    size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (size + HEADROOM, size + HEADROOM))
    found = {}
    for name, reader in READERS.items():
        chosen, taken, start = random.Random(f"{seed} {name}"), 0, time.perf_counter()
        count = -(-inputs // len(READERS))
        with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as folder:
            for number in range(count):
                data = altered(reader, chosen)
                try:
                    taken += attempt(reader, data, Path(folder))
                except BaseException:
                    FOLDER.mkdir(exist_ok=True)
                    (FOLDER / "unanswered.bin").write_bytes(data)
                    traceback.print_exc()
                    sys.exit(
                        f"{name}: input {number} of seed {seed} is not answered; it is kept in {FOLDER}/unanswered.bin"
                    )
        found[name] = {"inputs": count, "taken": taken, "refused": count - taken}
        print(f"{name:22} {count:8} inputs {(time.perf_counter() - start) / count * 1e3:8.3f} ms each", flush=True)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    total = sum(entry["inputs"] for entry in found.values())
    keep("fuzz", {"inputs": total, "unanswered": 0, "peak_memory_gib": round(peak, 2), "seed": seed, "readers": found})


if __name__ == "__main__":
    main()

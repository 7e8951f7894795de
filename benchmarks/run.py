"""Carry out comparisons one after the other, keep their rows in results.json, and write docs/performance.md from them.

    python benchmarks/run.py [NAME ...] [--quick] [--limit SECONDS]

Each comparison has a process of its own: one that crashes, hangs or lacks a peer does not keep the others from being
measured. With --quick nothing is kept. Run it on a machine that does nothing else.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import page
from frame import HERE, Row, keep, row, the_whole

COMPARISONS = (
    "training_step",
    "generation",
    "capture",
    "probes",
    "karel_runs",
    "banks",
    "pfn",
    "step_parts",
    "checkpoints",
    "start_up",
    "growth",
    "explorer_server",
    "explorer_pages",
    "scaling",
)
"""In the order of the table. The whole is meant to take under half an hour on two cores."""
BY_NAME = ("time_to_meaning",)
"""Carried out only where they are named: they train for longer than all the others take."""

RELIABILITY = HERE / "trust" / "reliability.py"


def measure(name: str, quick: bool, limit: float) -> list[Row]:
    """The rows of one comparison; one more says so if it did not come to its end."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "rows.jsonl")
        command = [sys.executable, str(HERE / f"{name}.py"), "--rows", str(file), *(["--quick"] if quick else [])]
        # Nothing is asked of a hub, and nothing is told to anybody.
        quiet = {"HF_HUB_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1", "TOKENIZERS_PARALLELISM": "false"}
        try:
            code = subprocess.run(command, env={**os.environ, **quiet}, timeout=limit).returncode
            problem = f"ended with exit code {code}" if code else ""
        except subprocess.TimeoutExpired:
            problem = f"stopped after {limit:g} s"
        rows = [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []
    return rows + ([row(the_whole(name), None, None, "-", "-", note=f"not finished: {problem}")] if problem else [])


def main() -> None:
    known = (*COMPARISONS, *BY_NAME)
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"some of: {', '.join(known)}")
    parser.add_argument("--quick", action="store_true", help="the smallest sizes; nothing is kept")
    parser.add_argument("--limit", type=float, default=1800.0, help="seconds that one comparison may take (1800)")
    given = parser.parse_args()
    if unknown := set(given.names) - set(known):
        parser.error(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    failed = []
    for name in given.names or COMPARISONS:
        print(f"== {name}", flush=True)
        start = time.monotonic()
        rows = measure(name, given.quick, given.limit)
        failed += [one for one in rows if one["note"].startswith("not ")]
        print(f"   {time.monotonic() - start:.0f} s", flush=True)
        if not given.quick:
            keep(name, rows)
            page.write()
            subprocess.run([sys.executable, str(RELIABILITY)], check=True)  # it shows the scaling, too
    for one in failed:
        print(f"{one['what']}, {one['peer_name']}: {one['note']}", file=sys.stderr)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()

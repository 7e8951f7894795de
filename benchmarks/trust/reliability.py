"""The page docs/reliability.md, written from what the benchmarks beside this file last found.

Run with `python benchmarks/trust/reliability.py` after them. No figure on the page is typed.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from results import stored

PAGE = Path(__file__).parents[2] / "docs" / "reliability.md"

HEAD = """\
# Reliability

*Written by `benchmarks/trust/reliability.py` from what the benchmarks in `benchmarks/trust/` last found. No figure here
is typed; `make trust` runs them all again. What is let in, and what is not, is told in [security.md](security.md).*

What runs overnight must be there in the morning. Every file of a store is written whole or not at all, carries its
SHA-256 (or stands in a list that does), and is held against it when read. `ontogeny verify STORE` checks a whole store;
with `--repair` it makes anew what follows from other files and names what must be measured or trained again.
"""
NEVER = "Not measured yet: run `{script}`.\n"


def page() -> str:
    parts = [HEAD]
    for title, name, script, tell in SECTIONS:
        found = stored(name)
        body = "\n".join(tell(found["found"])) + f"\n\n{_where(found)}" if found else NEVER.format(script=script)
        parts.append(f"## {title}\n\n{body}")
    return "\n".join(part.rstrip("\n") + "\n" for part in parts)


def kills(found: dict[str, Any]) -> Iterator[str]:
    yield (
        f"A study that trains, measures, gathers, reports and indexes was killed (SIGKILL) **{found['kills']} "
        f"times** at "
        f"random moments; **every run went on**, and the {found['stores_completed']} stores that were "
        f"completed hold the bits "
        "of the undisturbed one: weights, metrics, measurements, evidence, catalogue. After each kill all "
        "files of the store "
        f"were verified ({found['files_verified_after_kills']:,} in all): no half-written file passed as whole.\n"
    )
    yield from _table("killed", "times", found["by_moment"] | {f"while {k}": v for k, v in found["by_phase"].items()})


def faults(found: dict[str, Any]) -> Iterator[str]:
    outcomes = found["outcomes"]
    passed = sum(outcome == "passed" for outcome in outcomes.values())
    yield (
        f"**{passed} of {len(outcomes)}** faults planted by the tests are survived: a clear message, the rest goes on, "
        "nothing is lost, running again completes the work.\n"
    )
    yield from _table("fault", "outcome", outcomes)


def fuzz(found: dict[str, Any]) -> Iterator[str]:
    yield (
        f"**{found['inputs']:,} altered inputs** were given to the readers of what may come from elsewhere; "
        f"**{found['unanswered']}** of them crashed a reader, hung it or exhausted its memory (the largest "
        f"use of memory was "
        f"{found['peak_memory_gib']:g} GiB). An input counts as answered when it is read, or refused by one "
        f"of the project's "
        "own errors.\n"
    )
    rows = {name: f"{entry['inputs']:,} | {entry['taken']:,}" for name, entry in found["readers"].items()}
    yield from _table("reader", "inputs | of these read", rows)


def determinism(found: dict[str, Any]) -> Iterator[str]:
    asked, same = found["training"], "the same bits" if found["same_bits_twice"] else "OTHER bits"
    yield (
        f"A transformer of {asked['parameters']:,} parameters, trained twice for {asked['steps']} steps of "
        f"{asked['batch']} "
        f"sequences in fp32 by the same command, gives **{same}** in all {found['checkpoints']} checkpoints. "
        f"Sums are made in "
        "another order with other numbers of threads, and where a batch is worked through in parts:\n"
    )
    yield "| against one thread and whole batches | same bits | largest difference of a weight | of the loss (nats) |"
    yield "|---|---|---|---|"
    for name, entry in found["against_one_thread_and_whole_batches"].items():
        yield (
            f"| {name} | {'yes' if entry['same_bits'] else 'no'} | {entry['largest_difference_of_a_weight']:.1e} | "
            f"{entry['largest_difference_of_the_loss']:.1e} |"
        )


def _table(first: str, others: str, rows: dict[str, Any]) -> Iterator[str]:
    yield f"| {first} | {others} |"
    yield "|---" * (2 + others.count("|")) + "|"
    yield from (f"| {name} | {value} |" for name, value in rows.items())


def _where(found: dict[str, Any]) -> str:
    versions = found["versions"]
    return f"*On {found['processor']}, Python {versions['python']}, torch {versions['torch']}.*\n"


SECTIONS = (
    ("Killed at any moment", "kills", "benchmarks/trust/kills.py", kills),
    ("Faults", "faults", "benchmarks/trust/faults.py", faults),
    ("Malformed and hostile input", "fuzz", "benchmarks/trust/fuzz.py", fuzz),
    ("The same command, the same bits", "determinism", "benchmarks/trust/determinism.py", determinism),
)

if __name__ == "__main__":
    PAGE.write_text(page())
    print(PAGE)

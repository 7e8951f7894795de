"""The page docs/reliability.md, written from what the benchmarks beside this file last found.

Run with `python benchmarks/trust/reliability.py` after them. No figure on the page is typed.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from results import stored

PAGE = Path(__file__).parents[2] / "docs" / "reliability.md"
RESULTS = Path(__file__).parents[1] / "results.json"
CURVES, SHARE = ("strong scaling", "weak scaling"), "a thousandth of a task of "
"""How `benchmarks/scaling.py` marks its rows: curves by their notes, shared parts by what they are held against."""

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
    for title, name, tell in SECTIONS:
        found = stored(name)
        never = NEVER.format(script=f"benchmarks/trust/{name}.py")
        body = "\n".join(tell(found["found"])) + f"\n\n{_where(found)}" if found else never
        parts.append(f"## {title}\n\n{body}")
    parts.append("## Many workers\n\n" + ("\n".join(scaling(rows())) or NEVER.format(script="make bench WHAT=scaling")))
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
    yield (
        f"**{_passed(found)}** faults planted by the tests are survived: a clear message, the rest goes on, "
        "nothing is lost, running again completes the work.\n"
    )
    yield from _table("fault", "outcome", found["outcomes"])


def fuzz(found: dict[str, Any]) -> Iterator[str]:
    yield (
        f"**{found['inputs']:,} altered inputs** were given to the readers of what may come from elsewhere; "
        f"**{found['unanswered']}** of them crashed a reader, hung it or exhausted its memory (the largest "
        f"use of memory was "
        f"{found['peak_memory_gib']:g} GiB). An input counts as answered when it is read, or refused by one "
        f"of the project's "
        "own errors.\n"
    )
    counts = {name: f"{entry['inputs']:,} | {entry['taken']:,}" for name, entry in found["readers"].items()}
    yield from _table("reader", "inputs | of these read", counts)


def api(found: dict[str, Any]) -> Iterator[str]:
    told = "**one at least was not**" if found["failed"] else "**all were answered as it says**: no error of the server"
    yield (
        f"**{found['requests']:,} requests** were made up from the API's own description, half of them against it, "
        f"with made-up names and with those of what a store holds; {told}."
    )


def hostile(found: dict[str, Any]) -> Iterator[str]:
    yield f"**{_passed(found)}** kinds of hostile input are refused by one clear error, at once and within memory.\n"
    yield from _table("input", "outcome", found["outcomes"])


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


def equality(found: dict[str, Any]) -> Iterator[str]:
    models = found["models"]
    largest = max(max(entry["residual_stream"], entry["logits"]) for entry in models.values())
    same = sum(entry["same_greedy_tokens"] for entry in models.values())
    yield (
        f"Tiny models of transformers with random weights, read from their folders, in fp32: residual streams and "
        f"logits differ by **at most {largest:.1e}**; {found['greedy_tokens']} greedy tokens are equal for **{same} of "
        f"{len(models)}**.\n"
    )
    yield "| model | residual stream | logits | greedy tokens |"
    yield "|---|---|---|---|"
    for name, entry in models.items():
        told = "equal" if entry["same_greedy_tokens"] else "**differ**"
        yield f"| {name} | {entry['residual_stream']:.1e} | {entry['logits']:.1e} | {told} |"


def scale_out(found: dict[str, Any]) -> Iterator[str]:
    yield f"**{_passed(found)}** comparisons hold.\n"
    yield from _table("engine", "outcome", found["outcomes"])


def hosts(found: dict[str, Any]) -> Iterator[str]:
    if "skipped" in found:
        yield f"Not shown: {found['skipped']}."
        return
    ray, torchrun = found["ray"], found["torchrun"]
    bits = "the bits of this machine's own executor" if ray["same_bits"] else "**other bits**"
    yield (
        f"Network namespaces on a bridge stand for hosts. Ray on {found['hosts']}, each in the middle of a training, "
        f"{ray['hosts_lost']} of them lost at that moment (processes killed, link down): **{ray['finished']} of "
        f"{ray['trainings']}** trainings finished, with {bits}. torchrun with a process on each host, stopped once and "
        f"resumed: {torchrun['steps']} steps, the loss at most **{torchrun['largest_difference_of_the_loss']:.1e}** "
        "nats from one process's at equal global batch."
    )


def rows() -> list[dict[str, Any]]:
    """What `benchmarks/scaling.py` last gave, among all rows of the benchmarks."""
    kept = json.loads(RESULTS.read_text()) if RESULTS.exists() else []
    return [row for row in kept if row["ratio"] and (row["note"] in CURVES or row["peer_name"].startswith(SHARE))]


def scaling(rows: list[dict[str, Any]]) -> Iterator[str]:
    """Curves as far as the cores of one machine tell, and on paper from there."""
    if not rows:
        return
    yield "As far as one machine tells:\n"
    yield "| | seconds | against | seconds | ratio |"
    yield "|---|---|---|---|---|"
    for row in rows:
        if row["note"] in CURVES:
            yield (
                f"| {row['what']} ({row['note']}) | {row['ours']:g} | {row['peer_name']} | {row['peer']:g} | "
                f"{row['ratio']:g} |"
            )
    shared = sorted((row for row in rows if row["note"] not in CURVES), key=lambda row: row["ratio"])
    if not shared:
        return
    task, first = shared[0]["peer_name"].removeprefix(SHARE), shared[0]
    yield (
        f"\nOn paper to 1,000 workers, from what was measured for one task of {task}: each part that all workers share "
        "spends so long on a task, and is busy without a pause at so many workers. What saturates first is "
        f"**{first['what']}**, at **{first['ratio'] * 1000:,.0f} workers**.\n"
    )
    yield from _table(
        "part",
        "seconds a task | workers",
        {row["what"]: f"{row['ours']:g} | {row['ratio'] * 1000:,.0f}" for row in shared},
    )
    yield f"\n*On {first['machine']}, at {first['commit']}.*"


def _passed(found: dict[str, Any]) -> str:
    outcomes = found["outcomes"].values()
    return f"{sum(outcome == 'passed' for outcome in outcomes)} of {len(outcomes)}"


def _table(first: str, others: str, rows: dict[str, Any]) -> Iterator[str]:
    yield f"| {first} | {others} |"
    yield "|---" * (2 + others.count("|")) + "|"
    yield from (f"| {name} | {value} |" for name, value in rows.items())


def _where(found: dict[str, Any]) -> str:
    versions = found["versions"]
    return f"*On {found['processor']}, Python {versions['python']}, torch {versions['torch']}.*\n"


SECTIONS = (
    ("Killed at any moment", "kills", kills),
    ("Faults", "faults", faults),
    ("Malformed input", "fuzz", fuzz),
    ("Requests to the server", "api", api),
    ("Hostile input", "hostile", hostile),
    ("The same command, the same bits", "determinism", determinism),
    ("Other engines, the same bits", "scale_out", scale_out),
    ("Three hosts", "hosts", hosts),
    ("Other people's models", "equality", equality),
)

if __name__ == "__main__":
    PAGE.write_text(page())
    print(PAGE)

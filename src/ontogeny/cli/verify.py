"""`ontogeny verify`: whether everything in a store is what was written to it."""

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from ontogeny.cli.common import Commands, add_json, note, print_json
from ontogeny.errors import OntogenyError, UsageError, printable

if TYPE_CHECKING:
    from ontogeny.lab.verification import Verification


def add(commands: Commands) -> None:
    command = commands.add_parser("verify", help="check every file of a store against its checksum")
    command.set_defaults(command=verify)
    command.add_argument("store", nargs="?", type=Path, default=Path("runs"), metavar="STORE",
                         help="the run store (./runs)")  # fmt: skip
    command.add_argument("--repair", action="store_true", help="make anew what follows from other files")
    add_json(command)


def verify(given: argparse.Namespace) -> None:
    """`ontogeny verify`; exit code 1 where something is left that is not as it was written."""
    from ontogeny.lab.repair import remedy, remove_leftovers, repair
    from ontogeny.lab.verification import verify

    found = verify(given.store)
    mended, removed = [], 0
    if given.repair:
        mended = repair(given.store, found.problems, lambda study, preset: _rebuild(given.store, study, preset))
        kept = remove_leftovers(given.store, found.leftovers)
        removed, found.leftovers = len(found.leftovers) - len(kept), kept
    done = dict(mended)
    left = [problem for problem in found.problems if problem not in done]
    if given.json:
        print_json(
            {
                "store": str(given.store),
                "checked": found.checked,
                "problems": [{**asdict(problem), "remedy": remedy(given.store, problem)} for problem in left],
                "repaired": [{**asdict(problem), "done": told} for problem, told in mended],
                "busy": found.busy,
                "leftovers": found.leftovers,
                "leftovers_removed": removed,
                "pages": found.pages,
                "unknown": found.unknown,
            }
        )
    else:
        for problem, told in mended:
            print(printable(f"{given.store / problem.path}: {problem.what}\n  {told}"))
        for problem in left:
            print(printable(f"{given.store / problem.path}: {problem.what}\n  {remedy(given.store, problem)}"))
        if found.pages:
            told = printable(", ".join(found.pages))
            note(f"pages of `ontogeny report`, without a checksum and not checked: {told}")
        _print_summary(given.store, found, removed)
    if left:
        trained = sum(problem.again == "train" for problem in left)
        more = f", {trained} of them such that only training brings them back" if trained else ""
        raise OntogenyError(f"{len(left)} of the files in {given.store} are not as they were written{more}")


def _print_summary(store: Path, found: "Verification", removed: int) -> None:
    if found.busy:
        note(f"being written by another process, and left out: {printable(', '.join(found.busy))}")
    if removed:
        note(f"half written when a process was killed, and removed: {removed}")
    if found.leftovers:
        told = printable(", ".join(found.leftovers))
        note(f"half written, by a process that was killed or still writes; --repair removes what is abandoned: {told}")
    if found.unknown:
        note(f"not of the store, and not read by anything: {printable(', '.join(found.unknown))}")
    print(f"{store}: {found.checked} files checked, {len(found.problems)} problems")


def _rebuild(store: Path, name: str, preset: str) -> None:
    """Gather the evidence of a study again from its seeds, and write its report."""
    from ontogeny import studies
    from ontogeny.atlas import write_report
    from ontogeny.claims import Evidence
    from ontogeny.cli.report import report_path
    from ontogeny.lab.gathering import regather
    from ontogeny.lab.plans import plan_study

    study = studies.find(name)
    if preset not in study.settings:
        raise UsageError(f"{preset}: run the study again with the same --set")
    plan = plan_study(study, store, preset=preset)
    regather(plan)
    evidence = Evidence.load(plan.evidence)
    write_report(report_path(store, name, preset), study, evidence, study.judge(evidence).rows)

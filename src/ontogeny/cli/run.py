"""`ontogeny run`: train, measure, judge and report one study."""

import argparse
import os
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ontogeny.cli.common import Commands, add_store, note
from ontogeny.cli.report import report_path

if TYPE_CHECKING:
    from ontogeny.lab.plans import Plan
    from ontogeny.studies import Findings, Study


def add(commands: Commands) -> None:
    command = commands.add_parser("run", help="train, measure, judge, report; goes on where it was stopped")
    command.set_defaults(command=run)
    command.add_argument("study", help="its id, as in `ontogeny list`")
    command.add_argument("--preset", default="laptop", help="smoke, laptop (default), overnight or paper")
    command.add_argument("--seeds", type=_seeds, default=range(1), metavar="N|A-B", help="how many, or which (1)")
    command.add_argument("--arms", default="main", help="conditions, separated by commas, or all (main)")
    command.add_argument("--set", nargs="+", action="extend", default=[], metavar="KEY=VALUE", help="change settings")
    command.add_argument("--workers", type=int, metavar="N", help="workers at a time (one a seed, up to the cores)")
    command.add_argument("--executor", default="local", metavar="NAME", help="where: local (default), ray or slurm")
    command.add_argument("--ray-address", metavar="ADDRESS", help="a Ray cluster that is there (or one is started)")
    command.add_argument("--slurm", nargs="+", action="extend", default=[], metavar="KEY=VALUE",
                         help="partition=gpu timeout_min=600 ...; cluster=local is a trial here")  # fmt: skip
    command.add_argument("--track", action="append", default=[], metavar="KIND:PLACE",
                         help="also send metrics to tensorboard:DIR, wandb:DIR or mlflow:FILE")  # fmt: skip
    command.add_argument("--no-report", action="store_true", help="write no report")
    add_store(command, "--out")


def _seeds(text: str) -> range:
    """`3` is the seeds 0, 1 and 2; `3-5` is 3, 4 and 5."""
    first, separator, last = text.partition("-")
    if not (first.isdigit() and (last.isdigit() or not separator)):
        raise argparse.ArgumentTypeError(f"expected a number of seeds or a range such as 0-4, given {text!r}")
    chosen = range(int(first), int(last) + 1) if separator else range(int(first))
    if not chosen:
        raise argparse.ArgumentTypeError(f"expected at least one seed, given {text!r}")
    return chosen


def run(given: argparse.Namespace) -> None:
    """`ontogeny run`"""
    from ontogeny import studies
    from ontogeny.atlas import write_report
    from ontogeny.lab import executors
    from ontogeny.lab.gathering import outdated
    from ontogeny.lab.plans import plan_study
    from ontogeny.lab.progress import showing_progress
    from ontogeny.lab.study_run import carry_out

    study = studies.find(given.study)
    arms = list(study.arms) if given.arms == "all" else given.arms.split(",")
    plan = plan_study(study, given.store, preset=given.preset, seeds=given.seeds, arms=arms, overrides=given.set)
    executor = executors.choose(
        given.executor, given.store, workers=given.workers, address=given.ray_address, options=given.slurm
    )
    if left_out := outdated(plan):
        note(f"measured with other settings or by another version of the study, and left out: {'; '.join(left_out)}")
    if plan.missing:
        note(f"to measure: {'; '.join(cell.label for cell in plan.missing)} (store: {given.store})")
    else:
        note("everything asked for was measured before; nothing to do but to judge")
    with showing_progress(sys.stderr) as notify:
        evidence = carry_out(plan, executor=executor, track=given.track, notify=notify)
    findings = study.judge(evidence)
    _print_findings(study, plan, findings)
    if not given.no_report:
        path = report_path(given.store, study.id, evidence.preset)
        record = plan.evidence / "record.yaml"
        # A report carries the time of the evidence that it shows: clocks may jump, later is not newer.
        shown = record.stat().st_mtime_ns
        if not path.exists() or path.stat().st_mtime_ns != shown:
            write_report(path, study, evidence, findings.rows)
            os.utime(path, ns=(shown, shown))
        print(f"report    {path}")


def _claims_of(plan: "Plan") -> str:
    """The command that shows what was found, in whichever store and at whichever preset."""
    store = "" if plan.store == Path("runs") else f" --store {shlex.quote(str(plan.store))}"
    return f"ontogeny claims {plan.study.id} --preset {plan.preset}{store}"


def _print_findings(study: "Study", plan: "Plan", findings: "Findings") -> None:
    from ontogeny.atlas.words import measured
    from ontogeny.claims.claim import MINIMUM_SEEDS

    print(f"{study.title}, at {plan.preset}:")
    found = [row for row in findings.rows if row["seeds"]]
    for row in found:
        print(f"  {row['verdict']:<30}{row['claim']}: {measured(row)}")
    if found and max(row["seeds"] for row in found) < MINIMUM_SEEDS:
        print(f"  a verdict takes {MINIMUM_SEEDS} seeds: go on with --seeds {MINIMUM_SEEDS}")
    if others := len(findings.rows) - len(found):
        print(f"  and {others} claims without a value here: see `{_claims_of(plan)}`")
    print(f"evidence  {plan.evidence}")

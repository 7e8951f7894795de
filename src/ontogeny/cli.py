"""The command line: what the laboratory does, in six words. Heavy parts are imported by the commands that need them."""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ontogeny import __version__
from ontogeny.errors import OntogenyError

if TYPE_CHECKING:
    from ontogeny.lab.study_run import Plan
    from ontogeny.studies import Findings, Study

STOPPED = "stopped; run the same command again to go on"


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out one command; the exit code: 0, 1 for an error, 2 for a wrong request, 130 after Ctrl-C."""
    given = _parser().parse_args(arguments)
    try:
        given.command(given)
        sys.stdout.flush()
        return 0
    except OntogenyError as error:
        print(f"ontogeny: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print(f"\nontogeny: {STOPPED}", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # Whoever read our output has seen enough (`ontogeny claims | head`).
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="ontogeny", description="A laboratory for how networks come to understand.", epilog="Start: ontogeny list"
    )
    parser.add_argument("--version", action="version", version=f"ontogeny {__version__}")
    commands = parser.add_subparsers(metavar="command", required=True)

    command = commands.add_parser("list", help="every study: paper, family, scales, verdicts so far")
    command.set_defaults(command=list_studies)
    _add_json(command)
    _add_store(command)

    command = commands.add_parser("run", help="train, measure, judge, report; goes on where it was stopped")
    command.set_defaults(command=run)
    command.add_argument("study", help="its id, as in `ontogeny list`")
    command.add_argument("--preset", default="laptop", help="smoke, laptop (default), overnight or paper")
    command.add_argument("--seeds", type=_seeds, default=range(1), metavar="N|A-B", help="how many, or which (1)")
    command.add_argument("--arms", default="main", help="conditions, separated by commas, or all (main)")
    command.add_argument("--set", nargs="+", action="extend", default=[], metavar="KEY=VALUE", help="change settings")
    command.add_argument("--workers", type=int, metavar="N", help="processes at a time (one a seed, up to the cores)")
    command.add_argument("--no-report", action="store_true", help="write no report")
    _add_store(command, "--out")

    command = commands.add_parser("claims", help="the ledger: claim, published, measured [interval], verdict")
    command.set_defaults(command=claims)
    command.add_argument("study", nargs="?", help="one study only")
    command.add_argument("--preset", help="all claims at this preset (otherwise each where it is decided)")
    command.add_argument("--markdown", type=Path, metavar="FILE", help="write the committed ledger as Markdown")
    _add_json(command)
    _add_store(command)

    command = commands.add_parser("report", help="one self-contained HTML file")
    command.set_defaults(command=report)
    command.add_argument("study", help="its id, as in `ontogeny list`")
    command.add_argument("--preset", help="whose evidence (default: your own before the committed, laptop first)")
    command.add_argument("--out", type=Path, metavar="FILE", help="where to write it (default: in the run store)")
    command.add_argument("--figures", type=Path, metavar="DIR", help="also write each figure there, as an SVG file")
    _add_store(command)

    command = commands.add_parser("doctor", help="cores, bf16, GPU, disk, optional parts")
    command.set_defaults(command=doctor)
    _add_json(command)
    _add_store(command)
    return parser


def _add_json(command: argparse.ArgumentParser) -> None:
    command.add_argument("--json", action="store_true", help="plain JSON on standard output")


def _add_store(command: argparse.ArgumentParser, *aliases: str) -> None:
    command.add_argument(*aliases, "--store", dest="store", type=Path, default=Path("runs"), metavar="DIR",
                         help="the run store (./runs)")  # fmt: skip


def _seeds(text: str) -> range:
    """`3` is the seeds 0, 1 and 2; `3-5` is 3, 4 and 5."""
    first, separator, last = text.partition("-")
    if not (first.isdigit() and (last.isdigit() or not separator)):
        raise argparse.ArgumentTypeError(f"expected a number of seeds or a range such as 0-4, given {text!r}")
    chosen = range(int(first), int(last) + 1) if separator else range(int(first))
    if not chosen:
        raise argparse.ArgumentTypeError(f"expected at least one seed, given {text!r}")
    return chosen


def list_studies(given: argparse.Namespace) -> None:
    """`ontogeny list`"""
    from ontogeny import studies
    from ontogeny.lab.catalogue import catalogue

    trained = [row.name for row in catalogue(given.store)]
    rows = [_summary(study, given.store, trained.count(study.id)) for study in studies.all()]
    if given.json:
        _print_json(rows)
        return
    for row in rows:
        paper = row["paper"]
        venue, year = paper["venue"], str(paper["year"])
        published = venue if year in venue else f"{venue}, {year}"
        print(f"{row['id']}: {row['title']}")
        print(f"  paper    {paper['authors']}: {paper['title']} ({published})")
        print(f"  family   {row['family']};  presets: {', '.join(row['presets'])};  arms: {', '.join(row['arms'])}")
        verdicts = ", ".join(f"{count} {verdict}" for verdict, count in row["verdicts"].items())
        print(f"  claims   {row['claims']}: {verdicts}")
        print(f"  models   {row['models']} in {given.store}")


def _summary(study: "Study", store: Path, models: int) -> dict[str, Any]:
    from collections import Counter
    from dataclasses import asdict

    verdicts = Counter(row["verdict"] for row in _ledger(study, store, None))
    return {
        "id": study.id,
        "title": study.title,
        "question": study.question,
        "paper": asdict(study.paper),
        "family": study.family,
        "presets": list(study.settings),
        "arms": list(study.arms),
        "claims": len(study.claims),
        "verdicts": dict(verdicts.most_common()),
        "models": models,
    }


def run(given: argparse.Namespace) -> None:
    """`ontogeny run`"""
    from ontogeny import studies
    from ontogeny.atlas import write_report
    from ontogeny.lab.progress import showing_progress
    from ontogeny.lab.study_run import carry_out, outdated, plan_study

    study = studies.find(given.study)
    arms = list(study.arms) if given.arms == "all" else given.arms.split(",")
    plan = plan_study(study, given.store, preset=given.preset, seeds=given.seeds, arms=arms, overrides=given.set)
    if left_out := outdated(plan):
        _note(f"measured with other settings or by another version of the study, and left out: {'; '.join(left_out)}")
    if plan.missing:
        _note(f"to measure: {'; '.join(cell.label for cell in plan.missing)} (store: {given.store})")
    else:
        _note("everything asked for was measured before; nothing to do but to judge")
    with showing_progress(sys.stderr) as notify:
        evidence = carry_out(plan, workers=given.workers, notify=notify)
    findings = study.judge(evidence)
    _print_findings(study, plan, findings)
    if not given.no_report:
        path = _report_path(given.store, study.id, evidence.preset)
        record = plan.evidence / "record.yaml"
        if not path.exists() or path.stat().st_mtime < record.stat().st_mtime:
            write_report(path, study, evidence, findings.rows)
        print(f"report    {path}")


def _print_findings(study: "Study", plan: "Plan", findings: "Findings") -> None:
    from ontogeny.atlas.words import measured
    from ontogeny.claims.claim import MINIMUM_SEEDS

    print(f"{study.title}, at {plan.preset}:")
    found = [row for row in findings.rows if row["seeds"]]
    for row in found:
        print(f"  {row['verdict']:<28}{row['claim']}: {measured(row)}")
    if found and max(row["seeds"] for row in found) < MINIMUM_SEEDS:
        print(f"  a verdict takes {MINIMUM_SEEDS} seeds: go on with --seeds {MINIMUM_SEEDS}")
    if others := len(findings.rows) - len(found):
        print(f"  and {others} claims without a value here: see `ontogeny claims {study.id}`")
    print(f"evidence  {plan.evidence}")


def claims(given: argparse.Namespace) -> None:
    """`ontogeny claims`"""
    from rich.console import Console

    from ontogeny import studies
    from ontogeny.atlas import ledger_markdown, ledger_text
    from ontogeny.files import write_atomic

    chosen = [studies.find(given.study)] if given.study else studies.all()
    store = None if given.markdown else given.store
    rows = [row for study in chosen for row in _ledger(study, store, given.preset)]
    if store and (committed := sorted({f"{row['study']} at {row['preset']}" for row in rows if row["committed"]})):
        _note(f"no runs of your own in {given.store} for {', '.join(committed)}: this is the committed evidence")
    if given.json:
        _print_json(rows)
    elif given.markdown:
        write_atomic(given.markdown, ledger_markdown(rows).encode())
        print(given.markdown)
    else:
        # Without a terminal (a file, a pipe) there is no width to fit in.
        ledger_text(rows, Console(width=None if sys.stdout.isatty() else 160))


def _ledger(study: "Study", store: Path | None, preset: str | None) -> list[dict[str, Any]]:
    """The rows of one study: each claim at the presets where it is decided, or all of them at one preset.

    A claim without evidence at any of its presets has one row that says so.
    """
    from ontogeny.claims import Evidence, ledger_rows
    from ontogeny.lab.evidence_places import choose, places

    chosen = [choose(study.id, store, preset)] if preset else list(places(study.id, store).values())
    rows = []
    for place in chosen:
        evidence = Evidence.load(place.folder)
        found = ledger_rows(study.id, study.claims, evidence)
        rows += [{**row, "committed": place.committed} for row in found]
    if preset:
        return rows
    presets = {claim.id: claim.presets for claim in study.claims}
    blank = ledger_rows(study.id, study.claims, None)
    ordered = []
    for nothing in blank:
        own = [row for row in rows if row["claim"] == nothing["claim"] and row["preset"] in presets[nothing["claim"]]]
        ordered += own or [{**nothing, "committed": False}]
    return ordered


def report(given: argparse.Namespace) -> None:
    """`ontogeny report`"""
    from ontogeny import studies
    from ontogeny.atlas import standalone_svg, write_report
    from ontogeny.claims import Evidence
    from ontogeny.files import write_atomic
    from ontogeny.lab.evidence_places import choose

    study = studies.find(given.study)
    place = choose(study.id, given.store, given.preset)
    if place.committed:
        _note(f"no runs of your own at {place.preset} in {given.store}: this is the committed evidence")
    evidence = Evidence.load(place.folder)
    path = given.out or _report_path(given.store, study.id, place.preset)
    write_report(path, study, evidence, study.judge(evidence).rows, packaged=place.committed)
    print(path)
    if given.figures:
        given.figures.mkdir(parents=True, exist_ok=True)
        for figure in study.figures(evidence):
            write_atomic(given.figures / f"{figure.id}.svg", standalone_svg(figure).encode())


def _report_path(store: Path, study: str, preset: str) -> Path:
    return store / study / f"report-{preset}.html"


def doctor(given: argparse.Namespace) -> None:
    """`ontogeny doctor`"""
    from ontogeny.lab.environment import OPTIONAL_PARTS, examine

    facts = examine(given.store)
    if given.json:
        _print_json(facts)
        return
    hardware, rates = facts["hardware"], facts["matrix_product_gflops"]
    lines = {
        "processor": f"{hardware['processor']}, {hardware['cores']} cores, {hardware['memory_gib']} GiB of memory",
        "python": f"{facts['versions']['python']} ({facts['python']})",
        "torch": f"{facts['versions']['torch']}, {facts['torch_threads']} threads",
        "matrices": f"fp32 {rates['fp32']:g} GFLOP/s, bf16 {rates['bf16']:g} GFLOP/s",
        "GPU": ", ".join(facts["gpus"]) or "none",
        "disk": f"{facts['disk_free_gib']:g} GiB free for {facts['store']}",
        **{
            name: f"{'present' if facts['optional'][name] else 'absent'}: {purpose}"
            for name, purpose in OPTIONAL_PARTS.items()
        },
    }
    for name, value in lines.items():
        print(f"{name:<13}{value}")


def _print_json(content: Any) -> None:
    print(json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False))


def _note(text: str) -> None:
    """Words for the person at the terminal, apart from the output proper."""
    print(text, file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())

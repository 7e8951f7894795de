"""`ontogeny report`: one study as one self-contained HTML file."""

import argparse
from pathlib import Path

from ontogeny.cli.common import Commands, add_store, note
from ontogeny.errors import UsageError


def add(commands: Commands) -> None:
    command = commands.add_parser("report", help="one self-contained HTML file")
    command.set_defaults(command=report)
    command.add_argument("study", help="its id, as in `ontogeny list`")
    command.add_argument("--preset", help="whose evidence (default: your own before the committed, laptop first)")
    command.add_argument("--out", type=Path, metavar="FILE", help="where to write it (default: in the run store)")
    command.add_argument("--static", action="store_true", help="without scripts: for print, and for mail programs")
    command.add_argument("--figures", type=Path, metavar="DIR", help="also write each figure there, as an SVG file")
    add_store(command)


def report(given: argparse.Namespace) -> None:
    """`ontogeny report`"""
    from ontogeny import studies
    from ontogeny.atlas import standalone_svg, write_report
    from ontogeny.claims import Evidence
    from ontogeny.files import write_atomic
    from ontogeny.studies.ledger import evidence_at

    _check_places(given)
    study = studies.find(given.study)
    place = evidence_at(study, given.store, given.preset)
    if place.committed:
        note(f"no runs of your own at {place.preset} in {given.store}: this is the committed evidence")
    evidence = Evidence.load(place.folder)
    if given.static:
        path = given.out or report_path(given.store, study.id, place.preset)
        write_report(path, study, evidence, study.judge(evidence).rows, packaged=place.committed)
    else:
        path = given.out or given.store / study.id / f"explorer-{place.preset}.html"
        write_interactive(path, study.id, given.store, place.preset)
    print(path)
    if given.figures:
        given.figures.mkdir(parents=True, exist_ok=True)
        for figure in study.figures(evidence):
            write_atomic(given.figures / f"{figure.id}.svg", standalone_svg(figure).encode())


def _check_places(given: argparse.Namespace) -> None:
    if given.out and given.out.is_dir():
        raise UsageError(f"--out {given.out}: this is a folder; expected a file, for example {given.out}/report.html")
    if given.figures and given.figures.exists() and not given.figures.is_dir():
        raise UsageError(f"--figures {given.figures}: this is a file; expected a folder, or a new name")


def write_interactive(path: Path, study: str, store: Path, preset: str) -> None:
    """The explorer's page and what it needs of the study, in one file that opens from disk."""
    from ontogeny.explorer.bundle import bundle
    from ontogeny.explorer.offline import report_page
    from ontogeny.files import write_atomic

    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(path, report_page(bundle(study, store, preset, compute=True)).encode())


def report_path(store: Path, study: str, preset: str) -> Path:
    return store / study / f"report-{preset}.html"

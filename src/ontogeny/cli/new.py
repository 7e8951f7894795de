"""`ontogeny new study`: a package to start one's own study from."""

import argparse
from pathlib import Path

from ontogeny.cli.common import Commands


def add(commands: Commands) -> None:
    command = commands.add_parser("new", help="a package to start a study of your own from")
    kinds = command.add_subparsers(metavar="kind", required=True)
    study = kinds.add_parser("study", help="a study that runs, with a world, a claim to fill in, a figure and a test")
    study.set_defaults(command=new_study)
    study.add_argument("name", help="its id and the name of its package: lower case, letters, digits and _")
    study.add_argument("--out", type=Path, metavar="DIR", help="where to write it (./NAME)")


def new_study(given: argparse.Namespace) -> None:
    """`ontogeny new study`"""
    from ontogeny import studies
    from ontogeny.cli.skeleton import write_study
    from ontogeny.errors import UsageError

    if given.name in studies.names():
        raise UsageError(f"there is a study {given.name!r} already; choose another name")
    folder = given.out or Path(given.name)
    for path in write_study(given.name, folder):
        print(path)
    print(f"next: pip install -e {folder} && ontogeny run {given.name} --preset smoke --seeds 3")

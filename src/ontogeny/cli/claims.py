"""`ontogeny claims`: the ledger of what was claimed, published and measured."""

import argparse
import sys
from pathlib import Path

from ontogeny.cli.common import Commands, add_json, add_store, note, print_json


def add(commands: Commands) -> None:
    command = commands.add_parser("claims", help="the ledger: claim, published, measured [interval], verdict")
    command.set_defaults(command=claims)
    command.add_argument("study", nargs="?", help="one study only")
    command.add_argument("--preset", help="all claims at this preset (otherwise each where it is decided)")
    command.add_argument("--markdown", type=Path, metavar="FILE", help="write the committed ledger as Markdown")
    add_json(command)
    add_store(command)


def claims(given: argparse.Namespace) -> None:
    """`ontogeny claims`"""
    from rich.console import Console

    from ontogeny import studies
    from ontogeny.atlas import ledger_markdown, ledger_text
    from ontogeny.files import write_atomic
    from ontogeny.studies.ledger import study_ledger

    chosen = [studies.find(given.study)] if given.study else studies.all()
    store = None if given.markdown else given.store
    rows = [row for study in chosen for row in study_ledger(study, store, given.preset)]
    if store and (committed := sorted({f"{row['study']} at {row['preset']}" for row in rows if row["committed"]})):
        note(f"no runs of your own in {given.store} for {', '.join(committed)}: this is the committed evidence")
    if given.json:
        print_json(rows)
    elif given.markdown:
        write_atomic(given.markdown, ledger_markdown(rows).encode())
        print(given.markdown)
    else:
        # Without a terminal (a file, a pipe) there is no width to fit in.
        ledger_text(rows, Console(width=None if sys.stdout.isatty() else 160))

"""The command line: a module a command. Heavy parts are imported by the commands that need them."""

import argparse
import os
import sys
from collections.abc import Sequence

from ontogeny import __version__
from ontogeny.cli import (
    ablate,
    claims,
    doctor,
    explore,
    heads,
    list_studies,
    new,
    probe,
    remote,
    report,
    run,
    verify,
)
from ontogeny.errors import OntogenyError, naming_system_errors, printable

COMMANDS = (list_studies, run, claims, report, explore, heads, probe, ablate, new, remote, verify, doctor)
"""In the order of `ontogeny --help`; each has a function `add`, which describes it to the parser."""

STOPPED = "stopped; run the same command again to go on"


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out one command; the exit code: 0, 1 for an error, 2 for a wrong request, 130 after Ctrl-C."""
    given = _parser().parse_args(arguments)
    try:
        with naming_system_errors():
            given.command(given)
        sys.stdout.flush()
        return 0
    except OntogenyError as error:
        print(f"ontogeny: {printable(str(error))}", file=sys.stderr)
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
    for command in COMMANDS:
        command.add(commands)
    return parser

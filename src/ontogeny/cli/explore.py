"""`ontogeny explore`: the run store and the evidence in the browser."""

import argparse
from pathlib import Path

from ontogeny.cli.common import Commands, add_store


def add(commands: Commands) -> None:
    command = commands.add_parser("explore", help="look at runs, evidence and models in the browser")
    command.set_defaults(command=explore)
    command.add_argument("--port", type=int, metavar="N", help="the port to listen on (the first free from 8642)")
    command.add_argument("--host", default="127.0.0.1", help="the address to listen on (this machine only)")
    command.add_argument("--token", metavar="SECRET", help="ask for it; `auto` makes one; needed with another --host")
    command.add_argument("--no-browser", action="store_true", help="only say the address")
    command.add_argument("--memory", type=float, metavar="GIB", help="what models held in memory may take (1)")
    command.add_argument(
        "--model", type=Path, action="append", default=[], metavar="DIR", help="a Hugging Face folder to look into"
    )
    add_store(command)


def explore(given: argparse.Namespace) -> None:
    """`ontogeny explore`"""
    from ontogeny.errors import UsageError
    from ontogeny.explorer.serve import serve

    if given.memory is not None and not 0 < given.memory < 10_000:
        raise UsageError(f"--memory: expected a number of GiB above 0, given {given.memory:g}")
    serve(
        given.store,
        host=given.host,
        port=given.port,
        token=given.token,
        browser=not given.no_browser,
        memory=None if given.memory is None else int(given.memory * 2**30),
        own=given.model,
    )

"""`ontogeny push` and `ontogeny pull`: finished runs on an object store."""

import argparse
from typing import TYPE_CHECKING

from ontogeny.cli.common import Commands, add_store, note

if TYPE_CHECKING:
    from ontogeny.lab.remote import Copied


def add(commands: Commands) -> None:
    for name, function, text in (
        ("push", push, "copy finished runs to an object store or another folder"),
        ("pull", pull, "copy finished runs from there, verified by content"),
    ):
        command = commands.add_parser(name, help=text)
        command.set_defaults(command=function)
        command.add_argument("url", help="s3://bucket/runs, gs://..., or a path: whatever fsspec knows")
        add_store(command)


def push(given: argparse.Namespace) -> None:
    """`ontogeny push`"""
    from ontogeny.lab import remote

    _tell(remote.push(given.store, given.url, note))


def pull(given: argparse.Namespace) -> None:
    """`ontogeny pull`"""
    from ontogeny.lab import remote

    _tell(remote.pull(given.store, given.url, note))


def _tell(copied: "Copied") -> None:
    print(f"{copied.folders} runs and seeds copied ({copied.files} files), {copied.present} were there already")

"""What several commands share: their options, and how they speak."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

Commands = argparse._SubParsersAction
"""What `ArgumentParser.add_subparsers` returns (argparse gives it no public name)."""


def add_json(command: argparse.ArgumentParser) -> None:
    command.add_argument("--json", action="store_true", help="plain JSON on standard output")


def add_store(command: argparse.ArgumentParser, *aliases: str) -> None:
    command.add_argument(*aliases, "--store", dest="store", type=Path, default=Path("runs"), metavar="DIR",
                         help="the run store (./runs)")  # fmt: skip


def print_json(content: Any) -> None:
    print(json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False))


def note(text: str) -> None:
    """Words for the person at the terminal, apart from the output proper."""
    print(text, file=sys.stderr)

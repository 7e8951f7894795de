"""`ontogeny heads`: what each attention head of a model does."""

import argparse
from collections.abc import Sequence
from typing import Any

from ontogeny.cli.common import Commands, note
from ontogeny.cli.models import add_model, add_sequences, open_models, repeated, show

TOP = 20


def add(commands: Commands) -> None:
    command = commands.add_parser("heads", help="what each attention head of a model does")
    command.set_defaults(command=heads)
    add_model(command)
    add_sequences(command)
    command.add_argument("--composition", action="store_true", help="which heads read which, from the weights")


def heads(given: argparse.Namespace) -> None:
    """`ontogeny heads`"""
    from ontogeny.instruments import composition_table, head_table

    _, models = open_models(given)
    rows: list[dict[str, Any]] = []
    for step, model in models:
        table = (
            composition_table(model)
            if given.composition
            else head_table(model, repeated(given, model), seed=given.seed)
        )
        rows += [{"step": step, **row} for row in table.to_pylist()]
    if given.json:
        show(rows, given)
    elif given.composition:
        strongest = sorted(rows, key=lambda row: -row["score"])[:TOP]
        note(f"the strongest {len(strongest)} of {len(rows)} pairs; all of them: --json")
        show([_pair(row) for row in strongest], given)
    else:
        show(_a_line_a_head(rows), given)


def _pair(row: dict[str, Any]) -> dict[str, Any]:
    writer, reader = f"{row['layer']}.{row['head']}", f"{row['to_layer']}.{row['to_head']}"
    return {
        "step": row["step"], "read by": row["kind"], "writer": writer, "reader": reader,
        "score": row["score"], "chance": row["chance"],
    }  # fmt: skip


def _a_line_a_head(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The meters side by side, with a first line of what chance gives."""
    lines: dict[tuple[int, str], dict[str, Any]] = {}
    for row in rows:
        for name, value in (("chance", row["chance"]), (f"{row['layer']}.{row['head']}", row["score"])):
            line = lines.setdefault((row["step"], name), {"step": row["step"], "head": name})
            line[row["meter"]] = value
    return list(lines.values())

"""What the commands on single models share: which model is meant, and tables for people and programs."""

import argparse
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ontogeny.cli.common import add_json, note, print_json

if TYPE_CHECKING:
    from ontogeny.models import TransformerModel
    from ontogeny.training import Series, Trajectory

LENGTH = 64


def add_model(command: argparse.ArgumentParser) -> None:
    command.add_argument("folder", type=Path, help="a run of ours, a Hugging Face folder, or a series of such folders")
    command.add_argument("--step", default="last", help="checkpoint: a step, last (default), or all")
    command.add_argument("--seed", type=int, default=0, help="of everything random (0)")
    add_json(command)


def add_sequences(command: argparse.ArgumentParser) -> None:
    command.add_argument("--sequences", type=_positive, default=32, metavar="N", help="how many (32)")
    command.add_argument("--length", type=_positive, metavar="N", help=f"positions each ({LENGTH}, or what fits)")
    command.add_argument(
        "--begin", type=int, metavar="ID", help="a token before each sequence, where models expect one"
    )


def open_models(given: argparse.Namespace) -> "tuple[Trajectory | Series, Iterator[tuple[int, TransformerModel]]]":
    """The trajectory that a command is about, and the models at the steps asked for, one at a time."""
    from ontogeny.errors import OntogenyError, UsageError
    from ontogeny.training import open_trajectory

    trajectory = open_trajectory(given.folder)
    known = [checkpoint.step for checkpoint in trajectory.checkpoints]
    if not known:
        raise OntogenyError(f"{given.folder} has no checkpoint yet")
    if not re.fullmatch(r"last|all|[0-9]{1,18}", given.step):
        raise UsageError(f"--step {given.step}: expected a step, last or all")
    chosen = known if given.step == "all" else known[-1:] if given.step == "last" else [int(given.step)]
    return trajectory, ((step, load_transformer(trajectory, step)) for step in chosen)


def load_transformer(trajectory: "Trajectory | Series", step: int) -> "TransformerModel":
    from ontogeny.errors import UsageError
    from ontogeny.models import TransformerModel

    model = trajectory.load(step)
    if not isinstance(model, TransformerModel):
        raise UsageError(f"{trajectory.folder} holds a {type(model).__name__}; this command is about transformers")
    if model.config.stream == "shown":
        raise UsageError(f"{trajectory.folder} holds a transformer of vectors; this command shows tokens")
    return model


def repeated(given: argparse.Namespace, model: "TransformerModel") -> Any:
    """Random tokens, repeated, as long as asked for or as fits."""
    from ontogeny.instruments import repeated_tokens

    if model.feature_size:
        note("this model was trained with features at its first positions; here it sees tokens alone")
    length = given.length or min(LENGTH, model.length)
    return repeated_tokens(model.vocab, length=length, count=given.sequences, seed=given.seed, begin=given.begin)


def show(rows: Sequence[Mapping[str, Any]], given: argparse.Namespace) -> None:
    """Rows as JSON, or as a table with aligned columns."""
    if given.json:
        print_json([dict(row) for row in rows])
        return
    if not rows:
        return
    names = list(rows[0])
    cells = [names, *([_text(row[name]) for name in names] for row in rows)]
    for column, values in enumerate(zip(*cells, strict=True)):
        width, number = max(map(len, values)), all(value[:1] in "0123456789-" for value in values[1:])
        for line in cells:
            line[column] = line[column].rjust(width) if number else line[column].ljust(width)
    for line in cells:
        print("  ".join(line).rstrip())


def _text(value: Any) -> str:
    if value is None:
        return "-"
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def _positive(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,18}", text) or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number from 1, given {text!r}")
    return int(text)

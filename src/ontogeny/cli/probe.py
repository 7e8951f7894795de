"""`ontogeny probe`: where a model holds a label of your own."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ontogeny.cli.common import Commands
from ontogeny.cli.models import add_model, load_transformer, open_models, show

if TYPE_CHECKING:
    from ontogeny.models import TransformerModel
    from ontogeny.training import Series, Trajectory


def add(commands: Commands) -> None:
    command = commands.add_parser("probe", help="where a model holds a label of your own, with controls")
    command.set_defaults(command=probe)
    add_model(command)
    command.add_argument("--data", type=Path, required=True, metavar="FILE",
                         help='JSON lines: {"tokens": [5, 3], "labels": {"NAME": [0, null]}}')  # fmt: skip
    command.add_argument("--label", required=True, metavar="NAME", help="which of its labels")
    command.add_argument("--probe", default="linear", help="linear (default), ridge, mlp1 or mlp2")


def probe(given: argparse.Namespace) -> None:
    """`ontogeny probe`"""
    from ontogeny.instruments.labelled import probe_labelled
    from ontogeny.worlds.labelled import read_labelled

    trajectory, models = open_models(given)
    rows: list[dict[str, Any]] = []
    for step, model in models:
        data = read_labelled(given.data, vocab=model.vocab, length=model.length)
        fresh = _untrained(trajectory, model)
        table = probe_labelled(model, fresh, data, given.label, probe=given.probe, seed=given.seed)
        rows += [{"step": step, **row} for row in table.to_pylist()]
    show(rows, given)


def _untrained(trajectory: "Trajectory | Series", model: "TransformerModel") -> "TransformerModel":
    """The run's first checkpoint; for models of others a freshly initialised one of the same configuration."""
    from ontogeny.training import Trajectory

    if isinstance(trajectory, Trajectory):
        return load_transformer(trajectory, trajectory.checkpoints[0].step)
    return model.config.build(vocab=model.vocab, feature_size=0, length=model.length, seed=0)

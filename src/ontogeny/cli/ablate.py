"""`ontogeny ablate`: what a model loses without its heads and MLPs."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ontogeny.cli.common import Commands, note
from ontogeny.cli.models import add_model, add_sequences, open_models, repeated, show

if TYPE_CHECKING:
    from ontogeny.instruments import Part
    from ontogeny.models import TransformerModel
    from ontogeny.training import Series, Trajectory


def add(commands: Commands) -> None:
    command = commands.add_parser("ablate", help="what a model loses without its heads and MLPs")
    command.set_defaults(command=ablate)
    add_model(command)
    add_sequences(command)
    command.add_argument("--parts", metavar="P,P", help="these together, as 0.1,1.mlp (otherwise each one alone)")
    command.add_argument("--keep", metavar="P,P", help="all heads but these together")
    command.add_argument("--methods", metavar="M,M", help="zero, mean, resample (all that the data allow)")
    command.add_argument("--data", type=Path, metavar="FILE", help="JSON lines with tokens (otherwise: the run's own "
                         "world, or random tokens, repeated)")  # fmt: skip


def ablate(given: argparse.Namespace) -> None:
    """`ontogeny ablate`"""
    from ontogeny.errors import UsageError
    from ontogeny.instruments import ablation_table

    if given.parts and given.keep:
        raise UsageError("--parts and --keep: give one of them")
    trajectory, models = open_models(given)
    rows: list[dict[str, Any]] = []
    for step, model in models:
        batch, positions = _data(given, trajectory, model)
        whole = positions is None or bool(positions.all())
        methods: Any = given.methods.split(",") if given.methods else ["zero", "mean", *(["resample"] if whole else [])]
        if "resample" in methods and not whole:
            raise UsageError(f"resample: the sequences of {given.data} differ in length; give sequences of one length")
        groups = _groups(given, model)
        table = ablation_table(model, batch, groups, methods, positions=positions, seed=given.seed)
        rows += [{"step": step, **row} for row in table.to_pylist()]
    show(rows, given)


def _groups(given: argparse.Namespace, model: "TransformerModel") -> "Sequence[Sequence[Part]] | None":
    from ontogeny.instruments import all_but, find_part

    if given.parts:
        return [[find_part(model, text) for text in given.parts.split(",")]]
    if given.keep:
        return [all_but(model, [find_part(model, text) for text in given.keep.split(",")])]
    return None


def _data(given: argparse.Namespace, trajectory: "Trajectory | Series", model: "TransformerModel") -> tuple[Any, Any]:
    """The batch whose loss is measured, and which of its positions are no padding."""
    from ontogeny.errors import UsageError
    from ontogeny.instruments import sequences
    from ontogeny.training import Trajectory
    from ontogeny.worlds.labelled import read_labelled
    from ontogeny.worlds.world import Batch

    if given.data:
        data = read_labelled(given.data, vocab=model.vocab, length=model.length)
        return data.batch(), data.present
    if isinstance(trajectory, Trajectory):
        # By the run's seed: some worlds draw by it what there is to learn.
        batch = trajectory.world.batch(trajectory.seed, 0, given.sequences, "test")
        if not isinstance(batch, Batch):
            raise UsageError(f"{trajectory.folder} learned to predict numbers; this command is about predicted tokens")
        note(f"on test sequences of its own world ({trajectory.world.kind})")
        return batch, None
    note("on random tokens, repeated; give --data for others")
    return sequences(repeated(given, model)), None

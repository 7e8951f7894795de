"""What each study stores of progress: a curve of the inside, one of behaviour, and behaviour read a second time."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from jaxtyping import Real

from ontogeny.studies.emergent_semantics.meaning import EGOCENTRIC
from ontogeny.studies.emergent_semantics.quantities import content_curve

Tables = Mapping[str, pa.Table]
"""Of one seed of a study's main arm."""

# Accuracy on the values of chains that are told: without following any reference it is 0.625 (see LegoChains).
FOLLOWED = 0.75


@dataclass(frozen=True)
class Progress:
    """Curves of one training, all on the same checkpoints."""

    steps: Real[np.ndarray, " checkpoint"]
    hidden: Real[np.ndarray, " checkpoint"]
    visible: Real[np.ndarray, " checkpoint"]
    again: Real[np.ndarray, " checkpoint"]
    """Behaviour by another reading: the control, which has nothing to be ahead of."""


def parity(tables: Tables) -> Progress:
    """The Fourier gap of how far the weights have moved, accuracy, and the loss."""
    inside = tables["progress"]
    outside = tables["curves"].filter(pc.field("kind") == "mlp")
    return Progress(_of(inside, "step"), _of(inside, "gap"), _of(inside, "accuracy"), _of(outside, "loss"))


def karel(tables: Tables) -> Progress:
    """What probes read of turns and displacement (what the flagship's model holds), programs right on the shown
    examples, and on held-out ones."""
    behaviour = tables["behaviour"]
    return Progress(
        _of(behaviour, "step"),
        content_curve(tables["emergence"], EGOCENTRIC),
        _of(behaviour, "accuracy"),
        _of(behaviour, "held_out"),
    )


def induction_heads(tables: Tables) -> Progress:
    """The highest prefix-matching score, accuracy where induction is possible, and the in-context score."""
    return _induction(tables, "prefix_matching")


def previous_token_heads(tables: Tables) -> Progress:
    """The same with the highest previous-token score: of the heads that induction heads are composed with."""
    return _induction(tables, "previous_token")


def _induction(tables: Tables, meter: str) -> Progress:
    rows = tables["course"].filter(pc.field("twin") == "two layers")
    return Progress(_of(rows, "step"), _of(rows, meter), _of(rows, "accuracy"), _of(rows, "score"))


def chains(tables: Tables) -> Progress | None:
    """The highest association score, accuracy on the values that are told, and their loss, from the first chain on.

    Of the learner that learned to recall first. None where it stayed on the plateau: nothing came that could be led.
    """
    course = tables["course"]
    rows = course.filter((pc.field("learner") == "pretrained") & (pc.field("step") >= 0))
    accuracy = _of(rows, "learned")
    if accuracy[-1] < FOLLOWED:
        return None
    return Progress(_of(rows, "step"), _of(rows, "association"), accuracy, _of(rows, "loss"))


@dataclass(frozen=True)
class Source:
    """Whose evidence is read, and how."""

    study: str
    read: Callable[[Tables], Progress | None]
    """None where a seed has nothing that could be led."""


SOURCES = {
    "hidden_parity": Source("hidden_parity", parity),
    "emergent_semantics": Source("emergent_semantics", karel),
    "induction": Source("induction", induction_heads),
    "previous_token": Source("induction", previous_token_heads),
    "lego": Source("lego", chains),
}


def known_transitions(tables: Tables) -> tuple[Real[np.ndarray, " reading"], Real[np.ndarray, " reading"]]:
    """When modes of deep linear networks are learned, and when the detector says so, in steps.

    Readings with noise of a fiftieth of the change, where a transition was found.
    """
    rows = tables["calibration"].filter(pc.field("noise") == 0.02)
    truth, found = _of(rows, "truth"), _of(rows, "found")
    return truth[np.isfinite(found)], found[np.isfinite(found)]


def _of(table: pa.Table, column: str) -> np.ndarray:
    return table[column].to_numpy()

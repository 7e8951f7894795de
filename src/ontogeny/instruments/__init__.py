"""How we look inside: capture, probes and their controls, re-interpretation, generation, interventions.

The function `capture` is found in the module of its name.
"""

from typing import TYPE_CHECKING

from ontogeny.instruments.probes import (
    PROBES,
    ConvergenceError,
    Logistic,
    Perceptron,
    Probe,
    ProbeScore,
    Ridge,
    Splits,
    split_by_sequence,
)
from ontogeny.lazy import importing

if TYPE_CHECKING:
    from ontogeny.instruments.capture import residual_names
    from ontogeny.instruments.controls import context_ids, control_labels, input_features, present_baseline
    from ontogeny.instruments.decoding import decode, probe_scores
    from ontogeny.instruments.edits import StateEdit, continue_with_edit, edit_tap, random_deltas, swap_delta
    from ontogeny.instruments.generation import (
        complete,
        diversity,
        generate,
        lengths,
        perplexity,
        score_generation,
    )
    from ontogeny.instruments.logistic import LinearProbe, fit_linear
    from ontogeny.instruments.reinterpretation import Blindness, blindness, score_reinterpreted
    from ontogeny.instruments.states import Label, States, probe_future, probe_states

__all__ = [
    "PROBES",
    "Blindness",
    "ConvergenceError",
    "Label",
    "LinearProbe",
    "Logistic",
    "Perceptron",
    "Probe",
    "ProbeScore",
    "Ridge",
    "Splits",
    "StateEdit",
    "States",
    "blindness",
    "complete",
    "context_ids",
    "continue_with_edit",
    "control_labels",
    "decode",
    "diversity",
    "edit_tap",
    "fit_linear",
    "generate",
    "input_features",
    "lengths",
    "perplexity",
    "present_baseline",
    "probe_future",
    "probe_scores",
    "probe_states",
    "random_deltas",
    "residual_names",
    "score_generation",
    "score_reinterpreted",
    "split_by_sequence",
    "swap_delta",
]

_LAZY = {  # settings can be read without waiting for torch and pyarrow
    "Blindness": "reinterpretation",
    "Label": "states",
    "LinearProbe": "logistic",
    "StateEdit": "edits",
    "States": "states",
    "blindness": "reinterpretation",
    "complete": "generation",
    "context_ids": "controls",
    "continue_with_edit": "edits",
    "control_labels": "controls",
    "decode": "decoding",
    "diversity": "generation",
    "edit_tap": "edits",
    "fit_linear": "logistic",
    "generate": "generation",
    "input_features": "controls",
    "lengths": "generation",
    "perplexity": "generation",
    "present_baseline": "controls",
    "probe_future": "states",
    "probe_scores": "decoding",
    "probe_states": "states",
    "random_deltas": "edits",
    "residual_names": "capture",
    "score_generation": "generation",
    "score_reinterpreted": "reinterpretation",
    "swap_delta": "edits",
}

__getattr__ = importing(__name__, _LAZY)

"""How we look inside: capture, probes and their controls, re-interpretation, generation, interventions."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

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

if TYPE_CHECKING:
    from ontogeny.instruments.controls import context_ids, control_labels, input_features, present_baseline
    from ontogeny.instruments.decoding import decode, probe_scores
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
    "States",
    "blindness",
    "context_ids",
    "control_labels",
    "decode",
    "fit_linear",
    "input_features",
    "present_baseline",
    "probe_future",
    "probe_scores",
    "probe_states",
    "score_reinterpreted",
    "split_by_sequence",
]

_LAZY = {  # settings can be read without waiting for torch and pyarrow
    "Blindness": "reinterpretation",
    "Label": "states",
    "LinearProbe": "logistic",
    "States": "states",
    "blindness": "reinterpretation",
    "context_ids": "controls",
    "control_labels": "controls",
    "decode": "decoding",
    "fit_linear": "logistic",
    "input_features": "controls",
    "present_baseline": "controls",
    "probe_future": "states",
    "probe_scores": "decoding",
    "probe_states": "states",
    "score_reinterpreted": "reinterpretation",
}


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)

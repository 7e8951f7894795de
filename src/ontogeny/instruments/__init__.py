"""How we look inside: capture, probes and their controls, heads, re-interpretation, generation, interventions.

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
    from ontogeny.instruments.ablation import ablate, ablation_table, ablation_tap, all_but
    from ontogeny.instruments.capture import residual_names
    from ontogeny.instruments.controls import (
        context_ids,
        control_labels,
        first_and_last_states,
        input_features,
        present_baseline,
    )
    from ontogeny.instruments.curvature import hessian, lanczos
    from ontogeny.instruments.decoding import decode, probe_scores
    from ontogeny.instruments.dynamics import distance_moved, fourier_gap, mode_strengths
    from ontogeny.instruments.edits import StateEdit, continue_with_edit, edit_tap, random_deltas, swap_delta
    from ontogeny.instruments.gates import Gates, gate_gradients
    from ontogeny.instruments.generation import (
        complete,
        diversity,
        generate,
        lengths,
        perplexity,
        score_generation,
    )
    from ontogeny.instruments.geometry import POLYTOPES, dimensionality, interference, plateaus, represented
    from ontogeny.instruments.heads import composition_table, head_table, repeated_tokens
    from ontogeny.instruments.hooks import ablate_module, capture_module, hooked
    from ontogeny.instruments.logistic import LinearProbe, fit_linear
    from ontogeny.instruments.parts import Part, find_part, heads_and_mlps, sequences
    from ontogeny.instruments.patching import patch, path_patch
    from ontogeny.instruments.progress import Lead, lead_over_seeds, lead_time
    from ontogeny.instruments.pruning import prunable, pruning_curve, pruning_order, random_orders
    from ontogeny.instruments.reinterpretation import Blindness, blindness, score_reinterpreted
    from ontogeny.instruments.states import Label, States, probe_future, probe_states
    from ontogeny.instruments.token_index import Bump, in_context_score, loss_bump, position_losses

__all__ = [
    "POLYTOPES",
    "PROBES",
    "Blindness",
    "Bump",
    "ConvergenceError",
    "Gates",
    "Label",
    "Lead",
    "LinearProbe",
    "Logistic",
    "Part",
    "Perceptron",
    "Probe",
    "ProbeScore",
    "Ridge",
    "Splits",
    "StateEdit",
    "States",
    "ablate",
    "ablate_module",
    "ablation_table",
    "ablation_tap",
    "all_but",
    "blindness",
    "capture_module",
    "complete",
    "composition_table",
    "context_ids",
    "continue_with_edit",
    "control_labels",
    "decode",
    "dimensionality",
    "distance_moved",
    "diversity",
    "edit_tap",
    "find_part",
    "first_and_last_states",
    "fit_linear",
    "fourier_gap",
    "gate_gradients",
    "generate",
    "head_table",
    "heads_and_mlps",
    "hessian",
    "hooked",
    "in_context_score",
    "input_features",
    "interference",
    "lanczos",
    "lead_over_seeds",
    "lead_time",
    "lengths",
    "loss_bump",
    "mode_strengths",
    "patch",
    "path_patch",
    "perplexity",
    "plateaus",
    "position_losses",
    "present_baseline",
    "probe_future",
    "probe_scores",
    "probe_states",
    "prunable",
    "pruning_curve",
    "pruning_order",
    "random_deltas",
    "random_orders",
    "repeated_tokens",
    "represented",
    "residual_names",
    "score_generation",
    "score_reinterpreted",
    "sequences",
    "split_by_sequence",
    "swap_delta",
]

_LAZY = {  # settings can be read without waiting for torch and pyarrow
    "Blindness": "reinterpretation",
    "Bump": "token_index",
    "Gates": "gates",
    "Label": "states",
    "Lead": "progress",
    "LinearProbe": "logistic",
    "POLYTOPES": "geometry",
    "Part": "parts",
    "StateEdit": "edits",
    "States": "states",
    "ablate": "ablation",
    "ablate_module": "hooks",
    "ablation_table": "ablation",
    "ablation_tap": "ablation",
    "all_but": "ablation",
    "blindness": "reinterpretation",
    "capture_module": "hooks",
    "complete": "generation",
    "composition_table": "heads",
    "context_ids": "controls",
    "continue_with_edit": "edits",
    "control_labels": "controls",
    "decode": "decoding",
    "dimensionality": "geometry",
    "distance_moved": "dynamics",
    "diversity": "generation",
    "edit_tap": "edits",
    "find_part": "parts",
    "fit_linear": "logistic",
    "fourier_gap": "dynamics",
    "gate_gradients": "gates",
    "generate": "generation",
    "head_table": "heads",
    "heads_and_mlps": "parts",
    "hessian": "curvature",
    "hooked": "hooks",
    "in_context_score": "token_index",
    "first_and_last_states": "controls",
    "input_features": "controls",
    "interference": "geometry",
    "lanczos": "curvature",
    "lead_over_seeds": "progress",
    "lead_time": "progress",
    "lengths": "generation",
    "loss_bump": "token_index",
    "mode_strengths": "dynamics",
    "patch": "patching",
    "path_patch": "patching",
    "perplexity": "generation",
    "plateaus": "geometry",
    "position_losses": "token_index",
    "present_baseline": "controls",
    "probe_future": "states",
    "probe_scores": "decoding",
    "probe_states": "states",
    "prunable": "pruning",
    "pruning_curve": "pruning",
    "pruning_order": "pruning",
    "random_deltas": "edits",
    "random_orders": "pruning",
    "repeated_tokens": "heads",
    "represented": "geometry",
    "residual_names": "capture",
    "score_generation": "generation",
    "score_reinterpreted": "reinterpretation",
    "sequences": "parts",
    "swap_delta": "edits",
}

__getattr__ = importing(__name__, _LAZY, room="instruments")

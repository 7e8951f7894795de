"""From a seed's tables to the numbers that decide claims, each with its sham: the same number from a null.

Semantic content is the mean over features and examples of a probe's accuracy, normalised so that 0 is the majority
class and 1 is perfect. Pairs of feature and meaning that are blind are left out.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ontogeny.claims import Pairs, Quantity, paired
from ontogeny.randomness import generator
from ontogeny.statistics import crossing, r_squared
from ontogeny.statistics.change_points import transition
from ontogeny.statistics.sigmoid import FEWEST
from ontogeny.studies.emergent_semantics.meaning import ADVERSARIAL, EGOCENTRIC, PUBLISHED

Tables = Mapping[str, pa.Table]


def quantities(tables: Tables, seed: int) -> list[Quantity]:
    """Every quantity of one seed, measured and sham."""
    pairs = {
        **_behaviour(tables),
        **_course(tables["behaviour"], tables["emergence"], seed),
        **_content(tables),
        **present(tables["offsets"]),
        **_future(tables),
        **_reinterpretation(tables["probes"]),
        **_edits(tables["edits"]),
    }
    return paired(pairs)


def content(
    table: pa.Table, source: str, features: Sequence[str], *, probe: str = "linear", meaning: str = "original"
) -> float:
    """Semantic content of a source: mean normalised accuracy; nan if nothing is left or a probe did not converge."""
    rows = table.filter(
        (pc.field("source") == source)
        & (pc.field("probe") == probe)
        & (pc.field("meaning") == meaning)
        & _among(features)
    )
    return _mean(rows["normalised"])


def content_curve(emergence: pa.Table, features: Sequence[str]) -> np.ndarray:
    """Semantic content at each checkpoint, in the order of their steps."""
    rows = emergence.filter((pc.field("meaning") == "original") & _among(features))
    return np.array([_mean(rows.filter(pc.field("step") == step)["normalised"]) for step in steps_of(emergence)])


def steps_of(table: pa.Table) -> list[int]:
    """The table's checkpoints, ascending."""
    return sorted(set(table["step"].to_pylist()))


def share(edits: pa.Table, name: str, layer: int, kind: str, dose: float = 1.0) -> float:
    """A share of programs (`follows`, `solves`, ...) under an edit of this kind and size after this layer."""
    chosen = (pc.field("layer") == layer) & (pc.field("kind") == kind) & (pc.field("dose") == dose)
    return _mean(edits.filter(chosen)[name])


def network_gain(probes: pa.Table, source: str) -> float:
    """What a two-layer network reads of the published states beyond linear probes, of the examples it was fitted on."""
    networks = probes.filter(pc.field("probe") == "mlp2")
    same = probes.filter(pc.field("example").isin(networks["example"].unique()))
    return content(networks, source, PUBLISHED, probe="mlp2") - content(same, source, PUBLISHED)


def _behaviour(tables: Tables) -> Pairs:
    """What is written at the end; the shams are the untrained model and, for lengths, another reference program."""
    final = tables["final"].to_pydict()
    return {
        "accuracy": (final["accuracy"][1], final["accuracy"][0]),
        "held_out_accuracy": (final["held_out"][1], final["held_out"][0]),
        "shorter": (final["shorter"][1], final["shorter_by_chance"][1]),
    }


def _course(behaviour: pa.Table, emergence: pa.Table, seed: int) -> Pairs:
    """What grows, and in which order. The shams are the same curves with the checkpoints in random order."""
    order = generator(seed, "shuffled checkpoints").permutation(len(behaviour))
    steps = behaviour["step"].to_numpy()
    curves = {name: behaviour[name].to_numpy() for name in ("accuracy", "diversity", "perplexity")}
    shuffled = {name: curve[order] for name, curve in curves.items()}
    absolute, egocentric = (content_curve(emergence, features) for features in (PUBLISHED, EGOCENTRIC))

    def both(measure: Callable[[Mapping[str, np.ndarray]], float]) -> tuple[float, float]:
        return measure(curves), measure(shuffled)

    def gain(curve: np.ndarray) -> tuple[float, float]:
        return curve[-1] - curve[0], curve[order][-1] - curve[order][0]

    return {
        "content_beyond_time": (
            beyond_time(absolute, steps, curves["accuracy"], curves["perplexity"]),
            beyond_time(absolute, steps, shuffled["accuracy"], shuffled["perplexity"]),
        ),
        "content_gain": gain(absolute),
        "egocentric_gain": gain(egocentric),
        "content_follows_accuracy": (
            r_squared(absolute, curves["accuracy"]),
            r_squared(absolute, shuffled["accuracy"]),
        ),
        "accuracy_transition": both(lambda c: transition_at(steps, c["accuracy"])),
        "diversity_transition": both(lambda c: transition_at(steps, c["diversity"])),
        "phase_lag": both(lambda c: transition_at(steps, c["accuracy"]) - transition_at(steps, c["diversity"])),
        "accuracy_half": both(lambda c: half_time(steps, c["accuracy"])),
        "half_lag": both(lambda c: half_time(steps, c["accuracy"]) - half_time(steps, c["diversity"])),
        "late_perplexity_fall": both(late_fall),
    }


def beyond_time(content: np.ndarray, steps: np.ndarray, accuracy: np.ndarray, perplexity: np.ndarray) -> float:
    """How much better content follows accuracy than what rises in any training does: time, and likelihood."""
    return r_squared(content, accuracy) - max(r_squared(other, accuracy) for other in (steps**0.5, -np.log(perplexity)))


def transition_at(steps: np.ndarray, curve: np.ndarray) -> float:
    """When the curve's one transition happens, as a share of training; nan if it has none, or too few checkpoints."""
    found = transition(steps, curve) if len(steps) >= FEWEST else None
    return float("nan") if found is None else found.step / steps[-1]


def half_time(steps: np.ndarray, curve: np.ndarray) -> float:
    """When the curve first reaches half of its final value, as a share of training; nan if it never doubles."""
    if curve.max() <= 2 * curve.min():
        return float("nan")
    return crossing(steps, curve, curve[-1] / 2) / float(steps[-1])


def late_fall(curves: Mapping[str, np.ndarray]) -> float:
    """The share of the whole fall of the references' log-perplexity that comes after a quarter of all accuracy.

    nan if accuracy is never there, or perplexity does not change.
    """
    accuracy, loss = curves["accuracy"], np.log(curves["perplexity"])
    if not accuracy.any():
        return float("nan")
    start = int(np.argmax(accuracy >= accuracy.max() / 4))
    return float((loss[start] - loss[-1]) / (loss[0] - loss[-1])) if loss[0] != loss[-1] else float("nan")


def _content(tables: Tables) -> Pairs:
    """What can be read off, beyond what the untrained model and the input give; the sham shuffles hidden states.

    The input is the tokens so far; `shown` are these and the first and last states, which the grids show.
    """
    probes = tables["probes"]

    def margin(source: str, features: Sequence[str]) -> float:
        return content(probes, source, features) - max(
            content(probes, control, features) for control in ("untrained", "input")
        )

    def beyond_shown(features: Sequence[str]) -> tuple[float, float]:
        trained, shuffled, shown = (content(probes, source, features) for source in ("trained", "shuffled", "shown"))
        return trained - shown, shuffled - shown

    return {
        "content_beyond_shown": beyond_shown(PUBLISHED),
        "egocentric_beyond_shown": beyond_shown(EGOCENTRIC),
        "network_gain": (network_gain(probes, "trained"), network_gain(probes, "shuffled")),
        "content_margin": (margin("trained", PUBLISHED), margin("shuffled", PUBLISHED)),
        "egocentric_margin": (margin("trained", EGOCENTRIC), margin("shuffled", EGOCENTRIC)),
    }


def present(offsets: pa.Table) -> Pairs:
    """The state in which a token is written, beyond the best of three controls; the sham shuffles hidden states."""
    now = offsets.filter(pc.field("offset") == -1)

    def beyond(features: Sequence[str]) -> tuple[float, float]:
        control = float(np.max([content(now, source, features) for source in ("untrained", "input", "shown")]))
        return content(now, "trained", features) - control, content(now, "shuffled", features) - control

    return {
        "present_margin": beyond(PUBLISHED),
        "present_wall_margin": beyond(["wall_ahead"]),
        "present_egocentric_margin": beyond(EGOCENTRIC),
        "present_heading_margin": beyond(["heading"]),
    }


def _future(tables: Tables) -> Pairs:
    """One and two operations ahead: what is read beyond what the true present and the prior of programs give."""

    def gain(source: str, features: Sequence[str]) -> float:
        ahead = _among(features) & pc.field("offset").isin([1, 2])
        read = tables["offsets"].filter(ahead & (pc.field("source") == source))
        return _mean(read["normalised"]) - _mean(tables["future"].filter(ahead)["normalised"])

    return {
        "future_gain": (gain("trained", PUBLISHED), gain("shuffled", PUBLISHED)),
        "future_gain_egocentric": (gain("trained", EGOCENTRIC), gain("shuffled", EGOCENTRIC)),
    }


def _edits(edits: pa.Table) -> Pairs:
    """After the first layer, beyond edits as long in a random direction; the sham is another random direction."""

    def beyond(name: str, kind: str) -> tuple[float, float]:
        control = share(edits, name, 1, "random")
        return share(edits, name, 1, kind) - control, share(edits, name, 1, "another random") - control

    return {
        "edit_probe": beyond("follows", "probe"),
        "edit_mean": beyond("follows", "mean"),
        "edit_heading": beyond("follows", "heading"),
        "edit_program": beyond("solves", "mean"),
    }


def _reinterpretation(probes: pa.Table) -> Pairs:
    """How much worse another meaning is read than the true one, beyond the same drop in the untrained model."""

    def drop(source: str, features: Sequence[str], meaning: str) -> float:
        sighted = _sighted(probes, features, meaning)
        return content(probes, source, sighted) - content(probes, source, sighted, meaning=meaning)

    def excess(features: Sequence[str], meaning: str, control: str = "untrained") -> tuple[float, float]:
        without = drop(control, features, meaning)
        return drop("trained", features, meaning) - without, drop("shuffled", features, meaning) - without

    flip, adversarial = excess(PUBLISHED, "flip"), excess(PUBLISHED, ADVERSARIAL)
    return {
        "flip_drop": flip,
        "adversarial_drop": adversarial,
        "adversarial_beyond_flip": (adversarial[0] - flip[0], adversarial[1] - flip[1]),
        "adversarial_drop_egocentric": excess(EGOCENTRIC, ADVERSARIAL),
        "flip_beyond_shown": excess(PUBLISHED, "flip", "shown"),
        "adversarial_beyond_shown": excess(PUBLISHED, ADVERSARIAL, "shown"),
        "adversarial_beyond_shown_egocentric": excess(EGOCENTRIC, ADVERSARIAL, "shown"),
    }


def _sighted(probes: pa.Table, features: Sequence[str], meaning: str) -> list[str]:
    """The features whose labels under this meaning cannot be had by relabelling the original ones."""
    blind = probes.filter((pc.field("meaning") == meaning) & pc.field("blind"))["feature"].to_pylist()
    return [feature for feature in features if feature not in blind]


def _among(features: Sequence[str]) -> pc.Expression:
    return pc.field("feature").isin(pa.array(features, pa.string()))


def _mean(column: pa.ChunkedArray) -> float:
    return float("nan") if len(column) == 0 or column.null_count else float(pc.mean(column).as_py())

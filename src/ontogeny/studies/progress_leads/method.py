"""How one seed is read, top to bottom."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from jaxtyping import Real

from ontogeny.claims import Evidence, Quantity
from ontogeny.errors import UsageError
from ontogeny.instruments import lead_time
from ontogeny.lab.evidence_places import places
from ontogeny.lab.lab import Lab
from ontogeny.lab.results import SeedResult
from ontogeny.statistics import half_way
from ontogeny.studies.progress_leads.settings import Settings
from ontogeny.studies.progress_leads.sources import SOURCES, Progress, Tables, known_transitions


def measure_seed(lab: Lab, settings: Settings, seed: int) -> SeedResult:
    """The lead of hidden progress in each study that has evidence of this seed, and the detector's own error."""
    found = {name: _tables(lab, settings, source.study, seed) for name, source in SOURCES.items()}
    read = {name: SOURCES[name].read(tables) for name, tables in found.items() if tables is not None}
    trainings = {name: one for name, one in read.items() if one is not None}
    if not trainings:
        raise UsageError(
            f"no study has evidence of seed {seed} at {settings.preset}; run one of them first, for example: "
            f"ontogeny run {next(iter(SOURCES))} --preset {settings.preset}"
        )
    leads = {name: _leads(one, seed) for name, one in trainings.items()}
    quantities = [quantity for name, one in leads.items() for quantity in _quantities(name, one)]
    known = _tables(lab, settings, "deep_linear", seed)
    if known is not None:
        quantities += _error(*known_transitions(known))
    tables = {
        "curves": pa.concat_tables(_curves(name, one) for name, one in trainings.items()),
        "leads": pa.Table.from_pylist([{"source": name, **row} for name, rows in leads.items() for row in rows]),
    }
    return SeedResult(quantities, tables)


def _tables(lab: Lab, settings: Settings, study: str, seed: int) -> Tables | None:
    """A seed of the study's main arm, the user's own before the committed; None where there is none."""
    place = places(study, lab.store).get(settings.preset)
    evidence = None if place is None else Evidence.load(place.folder)
    if evidence is None or seed not in evidence.seeds("main"):
        return None
    chosen = (pc.field("arm") == "main") & (pc.field("seed") == seed)
    return {name: table.filter(chosen) for name, table in evidence.tables.items()}


def _leads(one: Progress, seed: int) -> list[dict[str, float | str]]:
    """Two rows: hidden progress before behaviour, and behaviour read again before behaviour, which is the control.

    Columns: what ("hidden" or "again"); transition, low, high: the lead of the one over the other's transition, with
    the interval of this curve, nan where either has none; half: the lead of the middle of its way over the other's.
    All as shares of the time until behaviour.
    """
    rows: list[dict[str, float | str]] = []
    for what, curve in (("hidden", one.hidden), ("again", one.again)):
        found = lead_time(one.steps, curve, one.visible, seed=seed)
        rows.append(
            {
                "what": what,
                "transition": found.share if found else np.nan,
                "low": found.low / found.visible.step if found else np.nan,
                "high": found.high / found.visible.step if found else np.nan,
                "half": _half(one, curve),
            }
        )
    return rows


def _half(one: Progress, curve: Real[np.ndarray, " checkpoint"]) -> float:
    visible = half_way(one.steps, one.visible)
    return (visible - half_way(one.steps, curve)) / visible


def _quantities(name: str, leads: list[dict[str, float | str]]) -> list[Quantity]:
    """The two leads of one source; the shams are those of behaviour read again."""
    hidden, again = leads
    columns = {f"lead_{name}": "transition", f"half_lead_{name}": "half"}
    measured = [Quantity(quantity, float(hidden[column])) for quantity, column in columns.items()]
    return measured + [Quantity(quantity, float(again[column]), "sham") for quantity, column in columns.items()]


def _error(truth: Real[np.ndarray, " reading"], found: Real[np.ndarray, " reading"]) -> list[Quantity]:
    """The detector's mean error as a share of the true time; in the sham readings are held against other modes."""

    def error(truth: Real[np.ndarray, " reading"]) -> float:
        return float(np.mean((found - truth) / truth))

    return [Quantity("detector_error", error(truth)), Quantity("detector_error", error(np.roll(truth, 1)), "sham")]


def _curves(name: str, one: Progress) -> pa.Table:
    """Every curve scaled to run from 0 at the start to 1 at the end, for one figure."""

    def scaled(curve: Real[np.ndarray, " checkpoint"]) -> Real[np.ndarray, " checkpoint"]:
        return (curve - curve[0]) / (curve[-1] - curve[0])

    return pa.table(
        {
            "source": [name] * len(one.steps),
            "step": one.steps,
            **{curve: scaled(getattr(one, curve)) for curve in ("hidden", "visible", "again")},
        }
    )

"""How one seed is measured, top to bottom."""

from ontogeny.lab.lab import Lab
from ontogeny.lab.results import SeedResult
from ontogeny.studies.pfn import readings, timing
from ontogeny.studies.pfn.quantities import quantities
from ontogeny.studies.pfn.settings import KNOWN, UNKNOWN, Settings, model, training, world


def measure_seed(lab: Lab, settings: Settings, seed: int) -> SeedResult:
    """Train a model of each prior, hold both against exact inference, and take the time of one against other ways."""
    known, unknown = (
        lab.train("prior_data", model(settings), world(settings, prior), training(settings), seed)
        for prior in (KNOWN, UNKNOWN)
    )
    tables = {
        **lab.measure(known, "known_kernel", settings, lambda: readings.known_kernel(known, settings)),
        **lab.measure(unknown, "unknown_kernel", settings, lambda: readings.unknown_kernel(unknown, known, settings)),
        **lab.measure(unknown, "time", settings, lambda: timing.times(unknown, settings)),
    }
    return SeedResult(quantities(tables), tables)

"""How one seed is measured, top to bottom."""

from ontogeny.lab.lab import Lab
from ontogeny.lab.results import SeedResult
from ontogeny.studies.pfn import networks, readings, tables, timing
from ontogeny.studies.pfn.quantities import network_quantities, process_quantities, table_quantities
from ontogeny.studies.pfn.settings import KNOWN, NETWORKS, UNKNOWN, Settings, model, tables_world, training, world


def measure_seed(lab: Lab, settings: Settings, seed: int) -> SeedResult:
    """Train on data sets of the arm's prior, and hold models against what does the same by other means."""
    ways = {"processes": processes, "networks": bayesian_networks, "tables": small_tables}
    return ways[settings.prior](lab, settings, seed)


def processes(lab: Lab, settings: Settings, seed: int) -> SeedResult:
    """A model of each prior, both held against exact inference; the time of one against other ways."""
    known, unknown = (
        lab.train("prior_data", model(settings), world(settings, prior), training(settings), seed)
        for prior in (KNOWN, UNKNOWN)
    )
    found = {
        **lab.measure(known, "known_kernel", settings, lambda: readings.known_kernel(known, settings)),
        **lab.measure(unknown, "unknown_kernel", settings, lambda: readings.unknown_kernel(unknown, known, settings)),
        **lab.measure(unknown, "time", settings, lambda: timing.times(unknown, settings)),
    }
    return SeedResult(process_quantities(found), found)


def bayesian_networks(lab: Lab, settings: Settings, seed: int) -> SeedResult:
    """A model of Bayesian networks beside inference over their weights."""
    schedule = training(settings, settings.networks.steps)
    run = lab.train("prior_data", model(settings), world(settings, NETWORKS), schedule, seed)
    found = lab.measure(run, "networks", settings, lambda: networks.beside_inference(run, settings))
    return SeedResult(network_quantities(found), found)


def small_tables(lab: Lab, settings: Settings, seed: int) -> SeedResult:
    """A model of small tables beside tuned learners, on real ones."""
    schedule, place = training(settings, settings.tables.steps), tables_world(settings)
    run = lab.train("prior_tables", model(settings), place, schedule, seed)
    beside = lab.measure(run, "tables", settings, lambda: {"tables": tables.beside_learners(run, settings)})
    likely = lab.measure(run, "likely learners", settings, lambda: tables.likely_learners(place, settings, seed))
    found = {**beside, "likely_learners": likely}
    return SeedResult(table_quantities(found), found)

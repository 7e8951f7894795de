"""How one seed is measured, top to bottom."""

from functools import partial

import pyarrow as pa

from ontogeny.lab.lab import Lab
from ontogeny.lab.results import SeedResult
from ontogeny.studies.icl_gd.settings import WORLD
from ontogeny.studies.mesa import agents, descent
from ontogeny.studies.mesa.quantities import quantities
from ontogeny.studies.mesa.settings import LEARNERS, Settings, agent_model, learner_model, learner_training


def measure_seed(lab: Lab, settings: Settings, seed: int) -> SeedResult:
    """Train learners and read them out after every layer; train agents, see where they go, probe and edit them."""
    parts = []
    for name in LEARNERS:
        model = learner_model(settings, name)
        run = lab.train("mesa_learners", model, WORLD, learner_training(settings), seed)
        parts.append(lab.measure(run, "descent", settings, partial(descent.by_layer, run, settings, name)))
    tables = {"layers": pa.concat_tables(parts)}
    found = []
    for agent in settings.agents:
        world = settings.world(agent.share)
        run = lab.train("mesa_agents", agent_model(agent.width), world, settings.training, seed)
        found.append(lab.measure(run, "agent", settings, partial(agents.inside, run, settings, agent)))
    for name in found[0]:
        tables[name] = pa.concat_tables(each[name] for each in found)
    return SeedResult(quantities(tables, settings), tables)

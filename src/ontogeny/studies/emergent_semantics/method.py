"""How one seed is measured, top to bottom."""

from ontogeny.lab.lab import Lab
from ontogeny.lab.results import SeedResult
from ontogeny.studies.emergent_semantics import behaviour, meaning
from ontogeny.studies.emergent_semantics.editing import edit_heading
from ontogeny.studies.emergent_semantics.film import film
from ontogeny.studies.emergent_semantics.quantities import quantities
from ontogeny.studies.emergent_semantics.settings import Settings


def measure_seed(lab: Lab, settings: Settings, seed: int) -> SeedResult:
    """Train, follow behaviour and meaning over training, open the last checkpoint, and edit what it holds."""
    run = lab.train(
        "karel",
        settings.model,
        settings.world,
        settings.training,
        seed,
        evaluate=behaviour.evaluation(settings.world, seed),
    )
    measuring = settings.measuring
    tables = {
        "behaviour": lab.measure(
            run, "behaviour", measuring, lambda: behaviour.over_training(lab, run, settings, seed)
        ),
        "final": lab.measure(run, "final", measuring, lambda: behaviour.at_the_end(run, settings, seed)),
        "emergence": lab.measure(run, "emergence", measuring, lambda: meaning.over_training(lab, run, settings, seed)),
    }

    def within() -> dict:
        written = meaning.Written(run, settings, seed)
        return {
            **meaning.at_the_end(lab, written),
            "edits": edit_heading(lab, run, settings, written, seed),
            "film": film(run, settings, written),
        }

    tables |= lab.measure(run, "within", measuring, within)
    return SeedResult(quantities(tables, seed), tables)

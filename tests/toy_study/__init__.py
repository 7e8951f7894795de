"""A study small enough for tests: it trains for seconds, measures one number, and can be told to go wrong."""

from typing import Annotated, Literal

import pyarrow as pa
from annotated_types import Ge, Le

from ontogeny.atlas import Figure
from ontogeny.claims import Above, Claim, Evidence, Quantity
from ontogeny.configuration import configuration
from ontogeny.errors import OntogenyError
from ontogeny.lab.lab import Lab
from ontogeny.models import Transformer
from ontogeny.studies.study import Paper, SeedResult, Study
from ontogeny.training import KINDS, Spacing, Training
from toys import Counter

KINDS["counter"] = lambda: Counter


@configuration
class Settings:
    model: Transformer = Transformer(layers=1, width=8, heads=1, mlp=8)
    world: Counter = Counter()
    training: Training = Training(steps=4, batch=4, checkpoints=Spacing(every=4, logarithmic=False))
    scale: Annotated[float, Ge(0), Le(10)] = 1.0
    trouble: Literal["none", "error", "interrupt", "death"] = "none"
    """What happens to seed 1 after its training."""


def measure(lab: Lab, settings: Settings, arm: str, seed: int) -> SeedResult:
    run = lab.train(study.id, settings.model, settings.world, settings.training, seed)
    if seed == 1 and settings.trouble != "none":
        go_wrong(settings.trouble)
    table = lab.measure(run, "sizes", settings, lambda: sizes(run, settings.scale))
    size = table["size"].to_pylist()
    return SeedResult([Quantity("size", size[-1]), Quantity("size", -size[-1], "sham")], {"sizes": table})


def go_wrong(trouble: str) -> None:
    if trouble == "error":
        raise OntogenyError("planted trouble")
    if trouble == "interrupt":
        raise KeyboardInterrupt
    import os

    os._exit(9)


def sizes(run, scale: float) -> pa.Table:
    """The scaled norm of all weights at each checkpoint."""
    steps = [checkpoint.step for checkpoint in run.checkpoints]
    norms = [sum(float(p.detach().square().sum()) for p in run.load(step).parameters()) for step in steps]
    return pa.table({"step": steps, "size": [scale * norm for norm in norms]})


def figures(evidence: Evidence) -> list[Figure]:
    drawing = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M0 9L9 0"/></svg>'
    return [Figure("sizes", "Sizes", f"{evidence.tables['sizes'].num_rows} rows", drawing)]


study = Study(
    id="toy_study",
    title="A toy study",
    question="Do weights have a size?",
    paper=Paper("On Sizes", "A. Nobody", 2020, "Nowhere", "https://example.org/sizes"),
    family="toys",
    settings={"smoke": Settings(), "laptop": Settings(scale=2.0)},
    claims=(
        Claim(
            id="size",
            statement="Weights have a size.",
            source="Section 1",
            published="1.0",
            quantity="size",
            criterion=Above(threshold=0.0),
            presets=("laptop",),
        ),
    ),
    measure=measure,
    figures=figures,
    arms={"main": (), "wide": ("model.width=16",)},
)

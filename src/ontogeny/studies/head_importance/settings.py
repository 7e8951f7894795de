"""What is trained: one transformer on a mixture of tasks that are solved from their context, at four presets."""

from typing import Annotated

from annotated_types import Ge, Gt, Lt

from ontogeny.configuration import configuration
from ontogeny.models import Transformer
from ontogeny.training import AdamW, Cosine, Muon, Spacing, Training
from ontogeny.worlds import (
    Addition,
    AssociativeRecall,
    FunctionTables,
    LegoChains,
    LegoQuestions,
    Majority,
    MarkovChains,
    Mixture,
    ModularShift,
    ModularSums,
    RepeatedSegments,
    Sorting,
)

Count = Annotated[int, Ge(1)]
Share = Annotated[float, Gt(0), Lt(1)]


@configuration
class Settings:
    model: Transformer
    world: Mixture
    training: Training
    rated: Count = 64
    """Sequences a task on which importance is measured."""
    tested: Count = 128
    """Other sequences a task, on which accuracy is."""
    matched: Count = 64
    """Sequences of repeated tokens on which heads are scored."""
    learned: Share = 0.5
    """A task counts as learned if its accuracy is so far on the way from chance to the best possible, or further."""
    at_once: Count = 2
    """Heads that are pruned between two measurements of importance."""
    orders: Count = 4
    """Random orders of pruning for comparison."""
    tolerance: Share = 0.05
    """The share of a task's accuracy that pruning may cost."""
    top: Share = 0.3
    """The share of all heads that counts as a task's important ones."""
    induction: Count = 4
    """How many heads, the best by a meter, are looked for among the important ones."""
    permutations: Count = 2000

    @property
    def heads(self) -> int:
        """How many heads there are in all layers."""
        return self.model.layers * self.model.heads

    @property
    def important(self) -> int:
        """How many of them count as important."""
        return round(self.top * self.heads)


def _model(layers: int, heads: int, width: int) -> Transformer:
    return Transformer(
        layers=layers,
        width=width,
        heads=heads,
        mlp=4 * width,
        positions="learned",
        norm="rms",
        attention_biases=False,
        initial_scale=width**-0.5,
    )


def _training(steps: int, every: int, batch: int) -> Training:
    return Training(
        steps=steps,
        batch=batch,
        optimiser=Muon(lr=0.02, rest=AdamW(lr=4e-3, weight_decay=0.0)),
        schedule=Cosine(warmup=min(50, steps // 10)),
        checkpoints=Spacing(every=every, logarithmic=False),
        metrics_every=min(every, 50),
    )


TASKS = Mixture(
    tasks=(
        RepeatedSegments(tokens=14, fillers=2, segment=(5, 8), gap=(0, 2), length=32),
        AssociativeRecall(keys=8, values=8, pairs=5, draws=16),
        MarkovChains(states=4, concentration=0.1, length=32),
        FunctionTables(),
        ModularShift(),
        ModularSums(),
        Majority(),
        Sorting(),
        LegoQuestions(),
        Addition(),
    )
)
"""Sequences of 33 tokens, of which 16 are shared by all tasks."""

LONGER = Mixture(
    tasks=(
        RepeatedSegments(tokens=60, fillers=4, segment=(16, 32), gap=(0, 8), length=128),
        AssociativeRecall(keys=32, values=32, pairs=20, draws=64),
        MarkovChains(states=8, concentration=0.1, length=128),
        FunctionTables(inputs=32, values=32, tables=32, blocks=64),
        ModularShift(modulus=32, blocks=64),
        ModularSums(modulus=32, blocks=40),
        Majority(bits=11, blocks=10),
        Sorting(numbers=64, items=10, blocks=6),
        LegoQuestions(chains=LegoChains(letters=26, chains=(6, 6, 6), learned=3)),
        Addition(base=10, digits=3, blocks=12),
    )
)

PRESETS = {
    "smoke": Settings(
        model=_model(2, 4, 16),
        world=TASKS,
        training=_training(20, 10, batch=16),
        rated=8,
        tested=8,
        matched=10,
        learned=0.01,  # nearly nothing is, after so few steps, and yet all is to be run through
        orders=2,
        induction=2,
        permutations=50,
    ),
    "laptop": Settings(model=_model(4, 8, 64), world=TASKS, training=_training(2500, 250, batch=64)),
    "overnight": Settings(
        model=_model(6, 8, 256),
        world=LONGER,
        training=_training(30_000, 1000, batch=128),
        rated=256,
        tested=512,
        matched=256,
        at_once=1,
        orders=10,
        induction=6,
    ),
    # The paper's models have up to 64 layers of 72 heads and 66 billion parameters, and were trained on text.
    "paper": Settings(
        model=_model(24, 16, 1024),
        world=LONGER,
        training=_training(200_000, 5000, batch=512),
        rated=1024,
        tested=2048,
        matched=512,
        at_once=38,  # a tenth
        orders=10,
        induction=48,
    ),
}

"""What is trained and how much of it is looked at: four presets and the arms that change one condition each."""

from typing import Annotated

from annotated_types import Ge

from ontogeny.configuration import configuration
from ontogeny.models import Transformer, codegen
from ontogeny.training import AdamW, Linear, Muon, Published, Spacing, Training, Trapezoid
from ontogeny.worlds import Karel

Count = Annotated[int, Ge(20)]


@configuration
class Measuring:
    """How many held-out sequences each measurement takes."""

    written: Count = 500
    """Programs written at each checkpoint."""
    tested: Count = 2000
    """Programs written at the end, for the final generative accuracy."""
    swept: Count = 1000
    """Reference programs probed at each checkpoint."""
    probed: Count = 4000
    """Of the model's own programs, probed at the end."""
    edited: Count = 1000
    """Of the model's own programs; the right ones with a turn have their state edited, at each layer and edit size."""
    doses: tuple[float, ...] = (0.25, 0.5, 1.0, 2.0)
    """Edit sizes; 1 moves the state as far as the reversed turn would."""
    examples: tuple[int, ...] = (0, 4)
    """Whose states are probed, of the shown examples."""


@configuration
class Settings:
    world: Karel
    model: Transformer
    training: Training
    measuring: Measuring = Measuring()


# Tables start at the scale of the slots' features, not far below: the model first has to learn which slot is which.
# What is learned depends on the number of samples, hardly on depth: three layers learn as much from each as four or
# six, two a little less.
_SMALL = Transformer(
    layers=3, width=128, heads=4, mlp=512, positions="learned", initial_scale=0.05, embedding_scale=0.2
)
# Twice this rate leaves the first plateau of the loss after 750 steps instead of 500, four times not by then.
_MUON = Muon(lr=0.01, rest=AdamW(lr=2e-3, weight_decay=0.0))

PRESETS = {
    "smoke": Settings(
        world=Karel(side=3, lengths=(1, 3), examples=2, held_out=2),
        model=Transformer(
            layers=2, width=32, heads=2, mlp=64, positions="learned", initial_scale=0.05, embedding_scale=0.2
        ),
        training=Training(
            steps=400,
            batch=64,
            optimiser=_MUON,
            schedule=Trapezoid(warmup=20, decay=0.3),
            checkpoints=Spacing(every=50, logarithmic=False),
        ),
        measuring=Measuring(
            written=100, tested=200, swept=200, probed=300, edited=100, doses=(0.5, 1.0), examples=(0, 1)
        ),
    ),
    "laptop": Settings(
        world=Karel(side=5, lengths=(3, 6), show="pairs"),
        model=_SMALL,
        training=Training(
            steps=6000,
            batch=128,
            optimiser=_MUON,
            schedule=Linear(warmup=100),
            precision="measure",
            checkpoints=Spacing(every=150),
        ),
    ),
    "overnight": Settings(
        # A slot for each row takes a step two and a half times as long, and learns as much from less than half of the
        # samples. With a slot for each example 90,000 steps ended at 0.86; neither depth nor width brought more in
        # equal time.
        world=Karel(side=6, lengths=(6, 10), show="rows"),
        model=_SMALL,
        training=Training(
            steps=50_000,
            batch=256,
            optimiser=_MUON,
            schedule=Linear(warmup=200),
            precision="measure",
            checkpoints=Spacing(every=2500),
        ),
    ),
    "paper": Settings(
        world=Karel(side=6, lengths=(6, 10), show="text", loss="all"),
        model=codegen(layers=20, width=1024, heads=16, rotary_width=32),
        # 32,768 tokens a step are 40 of our samples of 802 tokens.
        training=Training(
            steps=80_000,
            batch=40,
            accumulation=8,
            optimiser=AdamW(lr=5e-6, betas=(0.9, 0.999), weight_decay=0.01),
            schedule=Published(),
            precision="bf16",
            checkpoints=Spacing(every=2000, logarithmic=False),
        ),
        measuring=Measuring(probed=10_000),
    ),
}

ARMS: dict[str, tuple[str, ...]] = {
    "main": (),
    # Input and output grid each in a slot of its own: a third more to compute a step.
    "grids_apart": ("world.show=compact", "world.loss=program"),
    "long_warmup": ("training.schedule.warmup=3000",),
    "prefix_mask": ("model.mask=prefix",),
    "dense_walls": ("world.walls=0.3",),
    "guarded": ("world.programs=guarded",),
    "two_examples": ("world.examples=2", "measuring.examples=[0,1]"),
    "one_example": ("world.examples=1", "measuring.examples=[0]"),
    # Grids as words make sequences fifteen times as long: these three share a smaller world, so that they differ in
    # one condition each.
    "small_world": ("world.side=3", "world.examples=2", "measuring.examples=[0,1]"),
    "words": ("world.side=3", "world.examples=2", "world.show=cells", "measuring.examples=[0,1]"),
    "words_all_loss": (
        "world.side=3",
        "world.examples=2",
        "world.show=cells",
        "world.loss=all",
        "measuring.examples=[0,1]",
    ),
}

"""What is trained: self-attention alone, on linear regression, and behind an MLP on sinusoids, at four presets."""

from dataclasses import replace
from typing import Annotated

from annotated_types import Ge, Gt

from ontogeny.configuration import configuration
from ontogeny.models import Transformer
from ontogeny.training import AdamW, Cosine, Spacing, Training
from ontogeny.worlds import InContext, Inputs, LinearFunctions, Sinusoids

Count = Annotated[int, Ge(1)]
WORLD = InContext(inputs=Inputs(distribution="uniform", scale=0.5))
IN_TURNS = replace(WORLD, shown="interleaved")
SINUSOIDS = InContext(functions=Sinusoids(), inputs=Inputs(features=1, distribution="uniform", scale=5.0))


@configuration
class Recipe:
    """How a model is trained: AdamW without weight decay, its rate falling along half a cosine wave."""

    steps: Count
    batch: Count
    lr: Annotated[float, Gt(0)] = 3e-3
    initial_scale: Annotated[float, Gt(0)] = 0.1


@configuration
class Settings:
    one: Recipe
    """One layer; also with softmax attention, and on functions whose prior mean is not 0."""
    deep: Recipe
    """Several layers."""
    behind_mlp: Recipe
    """One layer behind an MLP, on sinusoids."""
    in_turns: Recipe
    """Two layers, and one, that are shown inputs and values in turns."""
    layers: Count = 2
    """Of the deep models, whose layers are all different or all the same."""
    prior_mean: float = 1.0
    """Of each weight, in the arm that asks what a layer makes of it."""
    checkpoints: Count = 16
    """Checkpoints of each training, evenly spaced."""
    tested: Count = 8192
    """Episodes on which losses are measured."""
    compared: Count = 2048
    """Episodes on which models are compared with references, and on which references are tuned."""


PRESETS = {
    "smoke": Settings(
        one=Recipe(steps=200, batch=256, lr=1e-2),
        deep=Recipe(steps=20, batch=128, lr=1e-2),
        behind_mlp=Recipe(steps=50, batch=128, lr=1e-2),
        in_turns=Recipe(steps=20, batch=64, lr=3e-3, initial_scale=0.2),
        checkpoints=4,
        tested=1024,
        compared=256,
    ),
    "laptop": Settings(
        one=Recipe(steps=800, batch=512, lr=5e-3),
        deep=Recipe(steps=3000, batch=256, lr=1e-2, initial_scale=0.2),
        behind_mlp=Recipe(steps=2000, batch=256, lr=5e-3, initial_scale=0.2),
        in_turns=Recipe(steps=3000, batch=128, lr=3e-3, initial_scale=0.2),
    ),
    "overnight": Settings(
        one=Recipe(steps=5000, batch=2048, lr=1e-3),
        deep=Recipe(steps=50_000, batch=2048, lr=3e-3, initial_scale=0.2),
        behind_mlp=Recipe(steps=20_000, batch=1024, lr=3e-3, initial_scale=0.2),
        in_turns=Recipe(steps=20_000, batch=512, lr=1e-3, initial_scale=0.2),
        layers=5,
    ),
    "paper": Settings(
        one=Recipe(steps=5000, batch=2048, lr=1e-3),
        deep=Recipe(steps=200_000, batch=2048, lr=1e-3, initial_scale=0.2),
        behind_mlp=Recipe(steps=50_000, batch=2048, lr=1e-3, initial_scale=0.2),
        in_turns=Recipe(steps=50_000, batch=2048, lr=1e-3, initial_scale=0.2),
        layers=5,
        checkpoints=50,
    ),
}


def model(recipe: Recipe, *, layers: int = 1, looped: bool = False, softmax: bool = False) -> Transformer:
    """Self-attention alone on the examples as they are: one head of their width; no embedding, norm, bias or MLP."""
    return Transformer(
        layers=layers,
        width=WORLD.feature_size,
        heads=1,
        attention="softmax" if softmax else "linear",
        looped=looped,
        stream="shown",
        mlp=0,
        mask="given",
        positions="none",
        norm="none",
        attention_biases=False,
        initial_scale=recipe.initial_scale,
        scaled_residuals=False,
    )


def behind_mlp(recipe: Recipe) -> Transformer:
    """The same layer on twenty features that an MLP makes of the input (its sizes are those of Finn et al. 2017)."""
    return replace(model(recipe), width=21, input_mlp=40)


def in_turns(recipe: Recipe, layers: int) -> Transformer:
    """Self-attention with embeddings and learned positions, by which it can tell what belongs together; no norm, no
    MLP."""
    return Transformer(
        layers=layers,
        width=64,
        heads=4,
        mlp=0,
        positions="learned",
        norm="none",
        attention_biases=False,
        initial_scale=recipe.initial_scale,
        scaled_residuals=False,
    )


def training(settings: Settings, recipe: Recipe) -> Training:
    """The recipe with evenly spaced checkpoints."""
    every = max(1, recipe.steps // settings.checkpoints)
    return Training(
        steps=recipe.steps,
        batch=recipe.batch,
        optimiser=AdamW(lr=recipe.lr, betas=(0.9, 0.999), weight_decay=0.0),
        schedule=Cosine(warmup=min(50, recipe.steps // 10)),
        checkpoints=Spacing(every=every, logarithmic=False),
        metrics_every=every,
    )


def shifted_worlds() -> dict[str, tuple[float, InContext]]:
    """Worlds unlike the trained one, by what is shifted: how far inputs reach, what they are drawn from, the weights.

    The number is the factor by which inputs or weights are larger than in training, 1 for another distribution of the
    same variance.
    """
    deviation = 0.5 / 3**0.5
    found = {
        f"inputs x {factor:g}": (factor, InContext(inputs=Inputs(distribution="uniform", scale=0.5 * factor)))
        for factor in (0.5, 1.0, 1.5, 2.0)
    }
    found["weights x 3"] = (3.0, InContext(inputs=WORLD.inputs, functions=LinearFunctions(scale=3.0)))
    for distribution in ("normal", "laplace", "exponential"):
        found[distribution] = (1.0, InContext(inputs=Inputs(distribution=distribution, scale=deviation)))
    found["skewed"] = (1.0, InContext(inputs=Inputs(distribution="normal", scale=deviation, skew=1.0)))
    return found

"""Episodes: a function, shown by examples, to be known at the next input (Garg et al. 2022, von Oswald et al. 2022)."""

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Annotated, Literal

import numpy as np
from annotated_types import Ge
from jaxtyping import Float, Float32

from ontogeny.configuration import BY_KIND, LATER, configuration
from ontogeny.errors import UsageError
from ontogeny.randomness import generator
from ontogeny.worlds.functions.classes import LinearFunctions, Sinusoids
from ontogeny.worlds.functions.curriculum import Curriculum, widened
from ontogeny.worlds.functions.inputs import Inputs
from ontogeny.worlds.functions.nonlinear import DecisionTrees, Networks, Quadratics
from ontogeny.worlds.world import Episodes, Split

FunctionKind = LinearFunctions | Sinusoids | Quadratics | Networks | DecisionTrees


@dataclass(frozen=True)
class Truth:
    """The functions of a batch."""

    parameters: Float[np.ndarray, "batch parameter"]
    """What tells a function from others of its class: of a linear one, its weights."""
    values: Float[np.ndarray, "batch example"]
    """Their values at the inputs, without noise."""


@configuration
class InContext:
    """Functions of one class, a new one each episode; an example shows an input and the function's noisy value there.

    `pairs`: one position an example, [x; y]; the last one shows [x; 0], and its value is to be predicted.
    `interleaved`: positions [x; 0] and [0; y] in turns, and at every x its y is to be predicted.
    """

    kind: Literal["in_context"] = "in_context"
    functions: Annotated[FunctionKind, BY_KIND] = LinearFunctions()
    inputs: Inputs = Inputs()
    examples: Annotated[int, Ge(1)] = 11
    """Of each function, with the last, whose value is only predicted."""
    noise: Annotated[float, Ge(0)] = 0.0
    """Standard deviation of what is added to each value seen."""
    pool: Annotated[int, Ge(1)] | None = None
    """How many functions there are in all, drawn once by the seed; None: every episode draws a new one."""
    shown: Literal["pairs", "interleaved"] = "pairs"
    curriculum: Annotated[Curriculum | None, LATER] = None
    """How training's episodes grow; None: they are full from the first step on. Other splits' always are."""

    def __post_init__(self) -> None:
        self.functions.check(self.inputs.features)
        self.inputs.check(self.examples)
        if self.curriculum is not None:
            inputs = self.inputs
            if self.pool or inputs.skew or inputs.subspace or inputs.query != "alike":
                raise UsageError("a curriculum needs pool, skew, subspace and query left out: it changes the dimension")
            self.at(0)  # which checks that there are such functions

    @property
    def vocabulary(self) -> tuple[str, ...]:
        """The name of the one number that is wanted."""
        return ("y",)

    @property
    def feature_size(self) -> int:
        return self.inputs.features + 1

    @property
    def length(self) -> int:
        return self.examples if self.shown == "pairs" else 2 * self.examples - 1

    def pool_functions(self, seed: int) -> Float[np.ndarray, "task parameter"]:
        """All functions there are, where their number is finite."""
        assert self.pool is not None
        return _pool(self.functions, self.pool, self.inputs.features, seed)

    def at(self, step: int) -> "InContext":
        """The world whose episodes training shows at a step: this one, or a smaller one on the way to it."""
        if self.curriculum is None:
            return self
        features, examples = self.curriculum.at(step, self.inputs.features, self.examples)
        return replace(self, inputs=replace(self.inputs, features=features), examples=examples, curriculum=None)

    def batch(self, seed: int, step: int, size: int, split: Split = "train") -> Episodes:
        """Episodes of this world, in training of the one that its curriculum has at this step."""
        inputs, outputs, hidden = (self.at(step) if split == "train" else self)._draw(seed, step, size, split)
        return self.episodes(widened(inputs, self.inputs.features), outputs, hidden)

    def _draw(
        self, seed: int, step: int, size: int, split: Split
    ) -> tuple[Float32[np.ndarray, "batch example input"], Float32[np.ndarray, "batch example"], Truth]:
        random = generator("in context", split, seed, step)
        inputs = self.inputs.sample(random, size, self.examples, seed)
        if self.pool is None:
            parameters = self.functions.draw(random, size, self.inputs.features)
        else:
            parameters = self.pool_functions(seed)[random.integers(self.pool, size=size)]
        values = self.functions.values(parameters, inputs)
        outputs = values + random.normal(0, self.noise, values.shape) if self.noise else values
        return inputs.astype(np.float32), outputs.astype(np.float32), Truth(parameters, values)

    def episodes(
        self,
        inputs: Float32[np.ndarray, "batch example input"],
        outputs: Float32[np.ndarray, "batch example"],
        hidden: Truth | None = None,
    ) -> Episodes:
        """Any examples, in the form in which this world shows them; the last output is only a target."""
        size, examples, _ = inputs.shape
        pairs = self.shown == "pairs"
        places = np.arange(examples) if pairs else 2 * np.arange(examples)  # of the inputs
        features = np.zeros((size, places[-1] + 1, self.feature_size), np.float32)
        features[:, places, :-1] = inputs
        features[:, places[:-1] if pairs else places[:-1] + 1, -1] = outputs[:, :-1]
        targets = np.full(features.shape[:2], np.nan, np.float32)
        if pairs:
            targets[:, -1] = outputs[:, -1]
        else:
            targets[:, places] = outputs
        return Episodes(features, targets, examples - 1 if pairs else 0, inputs, outputs, hidden)


@lru_cache(maxsize=8)
def _pool(functions: FunctionKind, size: int, features: int, seed: int) -> Float[np.ndarray, "task parameter"]:
    drawn = functions.draw(generator("in context", "pool", seed), size, features)
    drawn.flags.writeable = False  # all batches share it
    return drawn

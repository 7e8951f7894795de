"""The time machine of models that learn functions from examples: what is predicted as examples arrive."""

from typing import Literal

from ontogeny.explorer.answers.common import Answer
from ontogeny.explorer.answers.karel import SplitName


class Functions(Answer):
    """What the time machine of such a run offers."""

    run: str
    steps: list[int]
    kind: str
    """Of its functions: `linear`, `sinusoids`."""
    features: int
    """Inputs of each function."""
    examples: int
    """Of an episode, with the last, whose value is only predicted."""
    shown: Literal["pairs", "interleaved"]
    """`pairs`: it was trained to answer after all examples only; `interleaved`: after any number of them."""
    noise: float
    penalty: float
    """What ridge regression is given where nothing else is asked for."""
    episodes: int
    """An index is below it."""


class Guesses(Answer):
    """One predictor on one episode, and on many."""

    name: str
    """`model`, `least squares`, `ridge`."""
    at_query: list[float]
    """What it predicts at the last input, by number of examples."""
    losses: list[float]
    """Half the mean squared error over many episodes, by number of examples."""
    drawn: list[list[float]]
    """[number of examples][place]: the function it holds, at `Episode.places`; empty where there are several inputs."""


class Episode(Answer):
    """One function, its examples, and what is made of the first of them."""

    step: int
    split: SplitName
    index: int
    inputs: list[list[float]]
    """[example][input]"""
    outputs: list[float]
    """As they were seen; the last one is not shown."""
    counts: list[int]
    """The numbers of examples that predictions are given for."""
    wanted: float
    """The function's value at the last input, without noise."""
    guesses: list[Guesses]
    places: list[float]
    """Inputs at which the functions are drawn; empty where there are several."""
    truth: list[float]
    """The function itself there."""

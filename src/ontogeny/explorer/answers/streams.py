"""The time machine of models that read streams of tokens: what each attention head does, over training."""

from ontogeny.explorer.answers.common import Answer


class Meter(Answer):
    """Something that heads are scored by."""

    name: str
    """`previous_token`, `prefix_matching`, `association`, `copying_spectrum`, `copying_logits`."""
    chance: float
    """What attention spread evenly scores on the same tokens; 0 for meters that are read from the weights."""


class HeadScores(Answer):
    """All heads at one checkpoint."""

    step: int
    scores: dict[str, list[list[float | None]]]
    """By meter: [layer][head]."""


class HeadCourse(Answer):
    """All checkpoints that were scored; `missing` ones are scored by a job of the kind `heads`."""

    run: str
    steps: list[int]
    layers: int
    heads: int
    meters: list[Meter]
    moments: list[HeadScores]
    missing: list[int]

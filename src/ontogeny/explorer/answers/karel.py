"""The time machine: what a model trained on Karel writes at each checkpoint, what is so, and what probes read.

State i of a program is the one after its first i instructions; state 0 is the example's input. Token i (from 0) is
written in state i and leads to state i + 1; the last token is `<end>`, or the program was cut off.
"""

from typing import Literal

from ontogeny.explorer.answers.common import Answer, Plain

SplitName = Literal["train", "validation", "probe", "test"]


class Grid(Answer):
    """A world; rows count from the north and columns from the west, both from 0."""

    rows: int
    columns: int
    walls: list[tuple[int, int]]
    """Row and column of each wall."""
    markers: list[tuple[int, int, int]]
    """Row, column and count of each cell with markers."""
    robot: tuple[int, int, int]
    """Row, column and facing (0 north, 1 east, 2 south, 3 west)."""


class State(Answer):
    """The robot and the markers at one moment; walls never change."""

    robot: tuple[int, int, int]
    markers: list[tuple[int, int, int]]


class Example(Answer):
    input: Grid
    output: Grid


class Specification(Answer):
    """What the model is shown, and what it is not."""

    split: SplitName
    index: int
    examples: list[Example]
    held_out: list[Example]
    """Further examples of the same program, never shown."""
    reference: list[str]
    """The program that made the examples."""


class Meaning(Answer):
    name: str
    words: dict[str, str]
    """Which operation is carried out where a word is written."""


class Feature(Answer):
    name: str
    family: Literal["absolute", "egocentric"]
    labels: list[str]
    """What each class is called."""
    editable: bool


class TimeMachine(Answer):
    """What the time machine of a run offers."""

    run: str
    world: Plain
    words: list[str]
    """What programs are written with."""
    steps: list[int]
    """Its checkpoints; the first is the untrained model."""
    layers: int
    meanings: list[Meaning]
    features: list[Feature]
    examples: int
    """Shown in each specification."""
    probed: list[int]
    """The examples whose states probes read."""
    splits: list[SplitName]
    specifications: int
    """In each split; an index is below it."""


class Alternative(Answer):
    word: str
    probability: float


class Token(Answer):
    word: str
    probability: float
    """Of the model itself, among all words."""
    alternatives: list[Alternative]
    """The likeliest words, likeliest first."""


class Belief(Answer):
    """What linear probes read of one feature before each token; rows are the probed examples."""

    feature: str
    values: list[list[int]]
    """[example][token]: the class the probe holds likeliest."""
    confidence: list[list[float]]
    """[example][token]: its probability."""
    truth: list[list[int]]
    """[example][token]: the class that is so under the meaning."""


class Reading(Answer):
    """One meaning: where the program leads under it, and what probes fitted to it read."""

    meaning: str
    states: list[list[State]]
    """[example][state]: of every shown example."""
    beliefs: list[Belief]


class Moment(Answer):
    """One specification at one checkpoint."""

    step: int
    tokens: list[Token]
    solved: bool
    held_out: bool
    complete: bool
    readings: list[Reading]


class Film(Answer):
    """One specification at all checkpoints that were precomputed; `missing` ones are computed when asked for."""

    run: str
    specification: Specification
    moments: list[Moment]
    missing: list[int]


class EditRequest(Answer):
    """Change what the model holds while it writes one token."""

    split: SplitName = "test"
    index: int = 0
    step: int
    token: int
    """Before which token (from 0) the state is changed."""
    feature: str
    """`heading` or `facing` turns the robot; `forward`, `rightward`, `row_from_start`, `column_from_start` move it."""
    shift: int
    """Quarter turns to the right, or cells."""
    layer: int
    """After which layer (from 1) the hidden state is changed."""
    dose: float = 1.0
    """1 swaps the probe's scores of the present and the wanted state."""
    example: int = 0
    """Whose state the probe reads (matters for `facing`, `row_from_start` and `column_from_start`)."""


class Edited(Answer):
    """What the model writes after its state was changed."""

    request: EditRequest
    before: list[Token]
    after: list[Token]
    control: list[str]
    """What it writes after a change of equal length towards another of its own states."""
    changed: bool
    read_before: int
    """The class the probe read."""
    wanted: int
    """The class it was moved to."""
    read_after: int
    """The class the probe reads afterwards, at the same place."""
    size: float
    """Length of the change, relative to the hidden state's own length."""
    imagined: list[list[State]]
    """[example][state]: from the changed state (state 0) on, by the new tokens; empty where no robot can be."""
    actual: list[list[State]]
    """[example][state]: of the whole new program from the true input."""
    follows: bool
    """The new tokens lead from the changed state to every shown output."""
    keeps: bool
    """The new program still solves the specification from the true state."""
    valid: bool
    """In every example the changed robot stands inside and on no wall."""

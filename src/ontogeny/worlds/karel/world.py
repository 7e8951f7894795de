"""The Karel world: from examples of what a program does to grids, write the program."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from annotated_types import Ge, Le
from jaxtyping import Bool, Int, Shaped, UInt8

from ontogeny.configuration import configuration
from ontogeny.errors import UsageError
from ontogeny.worlds.karel import grammar, meanings
from ontogeny.worlds.karel.encoding import GridCode
from ontogeny.worlds.world import IGNORE, Batch, Split

if TYPE_CHECKING:
    from ontogeny.worlds.karel.grid import Grids
    from ontogeny.worlds.karel.sampling import Sample

# The compiled engine takes long to import: what needs it is imported where it is used, so that describing a world
# (and hence every study's settings) stays quick.


@configuration
class Karel:
    """Worlds, programs and how they are shown.

    A sequence is in_1, out_1, in_2, out_2, ..., `<begin>`, the program, `<end>`, filled up with `<end>`.
    """

    kind: Literal["karel"] = "karel"
    side: Annotated[int, Ge(1), Le(100)] = 5
    """Rows of a grid, inside its border; also its columns unless these are given."""
    columns: Annotated[int, Ge(1), Le(100)] | None = None
    lengths: tuple[Annotated[int, Ge(1), Le(60)], Annotated[int, Ge(1), Le(60)]] = (3, 6)
    """The least and most operations of a program; all lengths between come equally often."""
    examples: Annotated[int, Ge(1)] = 5
    """Input-output pairs that are shown."""
    held_out: Annotated[int, Ge(1)] = 5
    """Pairs of the same program that are never shown: is a generated program right beyond the shown ones?"""
    walls: Annotated[float, Ge(0), Le(1)] = 0.1
    """Probability of a wall in each cell."""
    markers: Annotated[float, Ge(0), Le(1)] = 0.1
    """Probability of a marker in each cell without a wall."""
    weights: tuple[float, float, float, float, float] = (5.0, 3.0, 3.0, 2.0, 2.0)
    """Relative frequency of move, turn_left, turn_right, pick_marker, put_marker."""
    programs: Literal["straight", "guarded"] = "straight"
    """`straight`: operations only; `guarded`: some are conditional (`if_front_is_clear move`)."""
    guards: Annotated[float, Ge(0), Le(1)] = 0.4
    """Probability that an operation of a guarded program is conditional."""
    show: Literal["pairs", "rows", "compact", "cells", "text"] = "compact"
    """`pairs`: one feature slot an example, its two grids side by side; `rows`: one for each row of the two; `compact`:
    one feature slot a grid; `cells`: one word a cell; `text`: two words a cell, as published."""
    loss: Literal["program", "all"] = "program"
    """`all` also trains on the words of the grids."""

    def __post_init__(self) -> None:
        if self.lengths[0] > self.lengths[1]:
            raise UsageError(f"lengths: expected the least before the most, given {list(self.lengths)}")
        if min(self.weights) < 0 or not 0 < sum(self.weights) < float("inf"):
            raise UsageError(f"weights: expected none below 0 and not all 0, given {list(self.weights)}")
        if self.loss == "all" and self.feature_size:
            raise UsageError(
                f"loss=all needs grids that are words: the features of show={self.show} cannot be predicted; "
                "set show=text or cells"
            )

    @property
    def rows(self) -> int:
        return self.side

    @property
    def width(self) -> int:
        """Columns of a grid."""
        return self.columns or self.side

    @property
    def most_markers(self) -> int:
        """The most markers a cell can come to hold: one from the start and all that a program puts."""
        return self.lengths[1] + 1

    @property
    def grammar(self) -> grammar.Grammar:
        return grammar.Grammar(most=self.lengths[1], guards=self.programs == "guarded")

    @property
    def grid_code(self) -> GridCode:
        show = "compact" if self.show == "pairs" or self.show == "rows" else self.show
        return GridCode(show, self.rows, self.width, self.most_markers, first=len(self.grammar.words))

    @property
    def vocabulary(self) -> tuple[str, ...]:
        return self.grammar.words + self.grid_code.words

    @property
    def feature_size(self) -> int:
        return 2 * self.examples * self.grid_code.feature_size // (self.prompt - 1)

    @property
    def prompt(self) -> int:
        """Leading positions that are given: the grids and `<begin>`."""
        slots = {"pairs": 1, "rows": self.rows}.get(self.show, 2 * self.grid_code.positions)
        return self.examples * slots + 1

    @property
    def length(self) -> int:
        return self.prompt + self.grammar.steps + 1

    @property
    def end(self) -> int:
        return grammar.END

    @property
    def meanings(self) -> tuple[str, ...]:
        return meanings.MEANINGS

    def sample(self, seed: int, step: int, size: int, split: Split = "train") -> "Sample":
        """The programs and grids of a batch: a pure function of the arguments; `Sample` says what is in it."""
        from ontogeny.worlds.karel.sampling import draw

        return draw(self, seed, step, size, split)

    def batch(self, seed: int, step: int, size: int, split: Split = "train") -> Batch:
        """A batch of sequences: a pure function of the arguments. `hidden` is the `Sample` behind it."""
        return self.encode(self.sample(seed, step, size, split))

    def encode(self, sample: "Sample") -> Batch:
        """Given programs and grids as sequences. Raises `UsageError` if they do not fit into this world."""
        if sample.examples != self.examples:
            raise UsageError(f"{sample.examples} examples given, this world shows {self.examples}")
        code, shown, slots = self.grid_code, sample.alternating(), (len(sample), self.prompt - 1)
        code.check(shown)
        features = self._slots(code.features(shown)).reshape(*slots, -1) if self.feature_size else None
        grids = code.tokens(shown).reshape(slots) if features is None else np.full(slots, grammar.GRID)
        begin = np.full((len(sample), 1), grammar.BEGIN)
        program = grammar.write(sample.programs, self.grammar)
        tokens = np.concatenate([grids, begin, program], axis=1)
        return Batch(tokens, features, self._targets(tokens), self.prompt, sample)

    def _slots(self, features: UInt8[np.ndarray, "..."], *, back: bool = False) -> UInt8[np.ndarray, "..."]:
        """Cell features in the order of the slots: where a slot is a row of two grids, the two have to change places.

        From [example grid row cell feature] to [example row grid cell feature], or `back`.
        """
        if self.show != "rows":
            return features
        sizes = (self.rows, 2) if back else (2, self.rows)
        return features.reshape(-1, *sizes, self.grid_code.feature_size // self.rows).swapaxes(1, 2)

    def _targets(self, tokens: Int[np.ndarray, "batch seq"]) -> Int[np.ndarray, "batch seq"]:
        """The next token, up to the first `<end>`; `IGNORE` after it, and over the prompt unless the loss is on all."""
        targets = np.full_like(tokens, IGNORE)
        targets[:, :-1] = tokens[:, 1:]
        targets[tokens == grammar.END] = IGNORE
        if self.loss == "program":
            targets[:, : self.prompt - 1] = IGNORE
        return targets

    def allowed(self, continuation: Int[np.ndarray, "batch step"]) -> Bool[np.ndarray, "batch vocab"]:
        """Which tokens may come next; after a guard an operation, at least one operation, not more than the most."""
        return grammar.allowed(continuation, self.grammar, len(self.vocabulary))

    def truth(
        self,
        batch: Batch,
        tokens: Int[np.ndarray, "batch seq"],
        meaning: str = "original",
        names: Iterable[str] | None = None,
    ) -> Mapping[str, Int[np.ndarray, "batch seq example"]]:
        """Labels (int16) of the state that each position's next token leads to, from `batch`'s inputs.

        The position before `<begin>` holds the initial state, and so on up to the one that emits the last instruction.
        `IGNORE` elsewhere, and from the first token that breaks the grammar. `names` restricts the labels (all of
        `truth.ABSOLUTE` and `truth.EGOCENTRIC` otherwise).
        """
        from ontogeny.worlds.karel import truth

        reading = grammar.read(tokens[:, self.prompt :], self.grammar)
        states = truth.trace(reading.programs, batch.hidden.inputs, meaning)
        wanted = truth.NAMES if names is None else tuple(names)
        return truth.aligned(wanted, states, reading.instructions, self.prompt - 2, tokens.shape[1])

    def classes(self, name: str) -> int:
        """How many classes the label `name` has."""
        from ontogeny.worlds.karel import truth

        return truth.classes(name, self.rows, self.width, self.most_markers)

    def score(self, batch: Batch, tokens: Int[np.ndarray, "batch seq"]) -> Mapping[str, Shaped[np.ndarray, " batch"]]:
        """`solved`, `held_out`, `complete` (bool), `length`, `reference_length` (operations); see `scoring.score`."""
        from ontogeny.worlds.karel import scoring

        return scoring.score(grammar.read(tokens[:, self.prompt :], self.grammar), batch.hidden)

    def score_edited(
        self,
        batch: Batch,
        tokens: Int[np.ndarray, "batch seq"],
        position: int | Int[np.ndarray, " batch"],
        feature: str,
        shift: int,
    ) -> Mapping[str, Bool[np.ndarray, " batch"]]:
        """Whether the tokens after `position` lead to the shown outputs from a changed state at `position`.

        The state at a position is the one that the tokens up to and including it have led to (at `<begin>`: the
        input), so it is the label of the position before. `solved` and `valid`: see `scoring.score_edited`.
        """
        from ontogeny.worlds.karel import scoring

        done = np.broadcast_to(np.asarray(position) - (self.prompt - 1), (len(tokens),))
        if len(done) and not 0 <= done.min() <= done.max() <= self.grammar.steps:
            first, last = self.prompt - 1, self.length - 1
            raise UsageError(f"position: expected {first} (<begin>) to {last}, given {position}")
        reading = grammar.read(tokens[:, self.prompt :], self.grammar)
        return scoring.score_edited(reading, batch.hidden, done, feature, shift)

    def grids(self, batch: Batch) -> "Grids":
        """The shown grids read back from what the model sees: rows in_1, out_1, in_2, ... of each sample in turn."""
        code = self.grid_code
        if batch.features is not None:
            return code.read_features(self._slots(batch.features, back=True).reshape(-1, code.feature_size))
        return code.read_tokens(batch.tokens[:, : self.prompt - 1].reshape(-1, code.positions))

    def describe(self, tokens: Int[np.ndarray, " seq"]) -> str:
        """The program in one sequence of tokens (with or without its prompt) as words, up to its end."""
        words = [self.vocabulary[token] for token in tokens]
        if "<begin>" in words:
            words = words[words.index("<begin>") + 1 :]
        return " ".join(words[: words.index("<end>")] if "<end>" in words else words)

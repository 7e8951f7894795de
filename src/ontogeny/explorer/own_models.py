"""Other people's models, opened by whoever started the explorer: `ontogeny explore --model DIR`.

The browser names them by what the server calls them; it never gives a path.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ontogeny.errors import UsageError
from ontogeny.explorer.answers import inspection as answers
from ontogeny.explorer.looking import Given, look
from ontogeny.explorer.models import Models
from ontogeny.explorer.problems import MissingError
from ontogeny.explorer.tokens import TOKENIZER, Tokenizer, missing_tokenizer
from ontogeny.models.huggingface import read_config
from ontogeny.training import Series
from ontogeny.training.run import CONFIG as RUN


@dataclass(frozen=True)
class Opened:
    """One folder, or a series of folders."""

    about: answers.OwnModel
    series: Series
    tokenizer: Tokenizer | None


@dataclass(frozen=True)
class OwnModels:
    """All that were opened, by what they are called here."""

    models: Models
    opened: dict[str, Opened]

    @classmethod
    def open(cls, folders: Sequence[Path], models: Models) -> "OwnModels":
        """Raises: as `Series`; UsageError for a run of ours."""
        opened: dict[str, Opened] = {}
        for folder in folders:
            name = folder.resolve().name or "model"
            same = sum(one.about.name == name for one in opened.values())
            found = _open(folder, name, f"{name} ({same + 1})" if same else name)
            opened[found.about.id] = found
        return cls(models, opened)

    def all(self) -> answers.OwnModels:
        """What there is."""
        return answers.OwnModels(models=[one.about for one in self.opened.values()])

    def inspect(self, name: str, request: answers.OwnRequest) -> answers.Inspection:
        """A look at the text or the tokens that are asked for.

        Raises: MissingError; UsageError for tokens, layers and heads that do not exist; TooLargeError.
        """
        if name not in self.opened:
            raise MissingError(f"unknown model {name!r} (opened: {', '.join(self.opened) or 'none'})")
        one = self.opened[name]
        tokens, word = _tokens(one, request), one.tokenizer.word if one.tokenizer else str
        given = Given(tokens=np.array(tokens, dtype=np.int64), labels=[word(token) for token in tokens], word=word)
        return look(one.series, self.models, given, request)


def _open(folder: Path, name: str, identifier: str) -> Opened:
    if (folder / RUN).exists():
        raise UsageError(f"--model {folder}: this is a run of ours; explore the store that it is in, with --store")
    series = Series(folder)
    last = series.checkpoints[-1].path
    architecture, described = read_config(last)
    beside = next((place for place in (folder, last) if (place / TOKENIZER).is_file()), last)
    problem = missing_tokenizer(beside)
    about = answers.OwnModel(
        id=identifier,
        name=name,
        architecture=architecture.kind,
        steps=[checkpoint.step for checkpoint in series.checkpoints],
        layers=described.config.layers,
        heads=described.config.heads,
        vocabulary=described.vocab,
        positions=described.length,
        text=problem is None,
        problem=problem,
    )
    return Opened(about, series, Tokenizer(beside) if problem is None else None)


def _tokens(one: Opened, request: answers.OwnRequest) -> list[int]:
    about = one.about
    if (request.text is None) == (request.tokens is None):
        raise UsageError("expected either text or tokens")
    if request.text is not None and one.tokenizer is None:
        raise UsageError(f"text cannot be typed: {about.problem}")
    tokens = one.tokenizer.ids(request.text) if one.tokenizer and request.text is not None else request.tokens or []
    if not 0 < len(tokens) <= about.positions:
        raise UsageError(f"expected a sequence of 1 to {about.positions} tokens, given {len(tokens)}")
    wrong = next((token for token in tokens if not 0 <= token < about.vocabulary), None)
    if wrong is not None:
        raise UsageError(f"token {wrong}: expected numbers from 0 to {about.vocabulary - 1}")
    return tokens

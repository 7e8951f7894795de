"""Text to token numbers and back, by the tokenizer.json of a folder (package tokenizers, extra `explorer`)."""

import importlib.util
from pathlib import Path

from ontogeny.errors import DamagedFileError
from ontogeny.models.huggingface.shards import LARGEST_JSON
from ontogeny.plain import read_small

TOKENIZER = "tokenizer.json"
_SPACES = {" ": "·", "\n": "⏎", "\t": "⇥"}


def missing_tokenizer(folder: Path) -> str | None:
    """Why text cannot be typed for a model in this folder; None if it can."""
    if not (folder / TOKENIZER).is_file():
        return f"the folder holds no {TOKENIZER}, so token numbers are typed"
    if importlib.util.find_spec("tokenizers") is None:
        return "token numbers are typed; for text, pip install 'ontogeny[explorer]' (it lacks the package tokenizers)"
    return None


class Tokenizer:
    """The tokenizer of a folder. Its file is data: nothing in it is executed.

    Raises: DamagedFileError if the file cannot be read as a tokenizer.
    """

    def __init__(self, folder: Path) -> None:
        from tokenizers import Tokenizer as Made

        path = folder / TOKENIZER
        try:
            self._made = Made.from_str(read_small(path, LARGEST_JSON).decode())
        except Exception as error:  # the package raises nothing more particular
            raise DamagedFileError(f"{path} is no tokenizer ({error}); fetch the folder again") from None
        self._made.no_truncation()
        self._made.no_padding()

    def ids(self, text: str) -> list[int]:
        """The tokens of a text, with those that the tokenizer itself puts around it."""
        return list(self._made.encode(text).ids)

    def word(self, token: int) -> str:
        """A token as it is shown, with its spaces; its number where the tokenizer does not know it."""
        name = self._made.id_to_token(token)
        if name is None:
            return str(token)
        text = self._made.decode([token], skip_special_tokens=False)
        if not text or "\ufffd" in text:  # a part of a letter
            return name
        if name.startswith("\u2581") and not text.startswith(" "):
            text = " " + text  # decoding drops the space at the beginning of a sentence
        return "".join(_SPACES.get(letter, letter if letter.isprintable() else ascii(letter)[1:-1]) for letter in text)

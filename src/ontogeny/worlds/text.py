"""Text as characters or byte pairs: Python's own library, its documentation strings and pydoc's topics, or any folder.

Files are read as data and never executed. The split goes by file, more exactly by a file's content, so that copies of
one file are in the same split.
"""

import hashlib
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from string import printable
from typing import Annotated, Literal

import numpy as np
from annotated_types import Ge, Le
from jaxtyping import Int, Int64, UInt16

from ontogeny.configuration import configuration
from ontogeny.errors import OntogenyError, UsageError
from ontogeny.randomness import generator
from ontogeny.worlds.world import IGNORE, Batch, Split

OTHER = "\ufffd"
"""Stands for every character that is not in the alphabet."""
LARGEST_FILE = 2**24
"""16 MiB: larger files are no prose and no source; they are left out."""
_LEFT_OUT = {"site-packages", "dist-packages", "__pycache__"}
_TENTHS: dict[Split, range] = {
    "train": range(7), "validation": range(7, 8), "probe": range(8, 9), "test": range(9, 10)
}  # fmt: skip


@configuration
class Text:
    """Windows of consecutive tokens out of files, every window of a split equally likely.

    Tokens are characters, or with `merges` also the pairs that occur most often in the files to train on.

    What a folder holds may change, and Python's library differs from version to version: `pinned` gives the world that
    refuses any other text than the present one.
    """

    kind: Literal["text"] = "text"
    folder: str | None = None
    """None: the standard library of the Python that runs."""
    suffix: str = ".py"
    """Of the files that are read, in the folder and all below it."""
    length: Annotated[int, Ge(2)] = 128
    alphabet: str = "\t\n" + "".join(sorted(set(printable) - set("\t\n\r\x0b\x0c")))
    merges: Annotated[int, Ge(0), Le(4096)] = 0
    """Byte pairs that are tokens of their own, beside the characters."""
    sha256: str | None = None
    """Of all files with their names; None: not checked."""

    def __post_init__(self) -> None:
        if not self.alphabet or len(set(self.alphabet)) < len(self.alphabet) or OTHER in self.alphabet:
            raise UsageError(f"alphabet: expected different characters without {OTHER!r}, given {self.alphabet!r:.60}")

    @property
    def vocabulary(self) -> tuple[str, ...]:
        found = [*self.alphabet, OTHER]
        if self.merges:
            for left, right in self._corpus().pairs.tolist():
                found.append(found[left] + found[right])
        return tuple(found)

    @property
    def feature_size(self) -> int:
        return 0

    def pinned(self) -> "Text":
        """The same world of the text as it is now."""
        return replace(self, sha256=self._corpus().sha256)

    def batch(self, seed: int, step: int, size: int, split: Split = "train") -> Batch:
        """Raises: UsageError where there is no text to draw from; OntogenyError where it is not the pinned one."""
        corpus = self._corpus()
        if self.sha256 not in (None, corpus.sha256):
            raise OntogenyError(
                f"{corpus.folder}: its {self.suffix} files are others than those of this world (SHA-256 {self.sha256}, "
                f"found {corpus.sha256}); bring them back, or pin the present ones"
            )
        text, begins = corpus.splits[split]
        windows = np.maximum(np.diff(begins) - self.length + 1, 0)  # [file]
        if not windows.any():
            raise UsageError(
                f"{corpus.folder}: the split {split!r} has {len(windows)} {self.suffix} file(s), none of {self.length} "
                "tokens; expected more or longer files, or a shorter length"
            )
        bounds = np.cumsum(windows)
        drawn = generator("text", split, seed, step).integers(bounds[-1], size=size)
        file = np.searchsorted(bounds, drawn, side="right")
        first = begins[file] + drawn - bounds[file] + windows[file]
        tokens = text[first[:, None] + np.arange(self.length)].astype(np.int64)
        targets = np.full(tokens.shape, IGNORE)
        targets[:, :-1] = tokens[:, 1:]
        return Batch(tokens, None, targets, prompt=1, hidden=None)

    def _corpus(self) -> "_Corpus":
        folder = sysconfig.get_path("stdlib") if self.folder is None else self.folder
        return _read(folder, self.suffix, self.alphabet, self.merges)


@dataclass(frozen=True)
class _Corpus:
    folder: str
    sha256: str
    splits: dict[Split, tuple[UInt16[np.ndarray, " _token"], Int[np.ndarray, " _file"]]]
    """The files of each split one after the other, and where each begins; the last entry is the end."""
    pairs: Int64[np.ndarray, "merge 2"]
    """The tokens that are merged, in order."""


@lru_cache(maxsize=4)
def _read(folder: str, suffix: str, alphabet: str, merges: int) -> _Corpus:
    if not Path(folder).is_dir():
        raise UsageError(f"{folder}: no such folder; expected one that holds {suffix} files")
    whole = hashlib.sha256()
    texts: Texts = {split: [] for split in _TENTHS}
    for name, content in _files(Path(folder), suffix):
        digest = hashlib.sha256(content).hexdigest()
        whole.update(f"{name}\n{digest}\n".encode(errors="surrogateescape"))
        split = next(split for split, tenths in _TENTHS.items() if int(digest, 16) % 10 in tenths)
        texts[split].append(content.decode(errors="replace").replace("\r\n", "\n"))
    encoded, pairs = _characters(texts, alphabet) if not merges else _byte_pairs(texts, alphabet, merges)
    splits = {
        split: (np.concatenate([np.empty(0, np.uint16), *files]), np.cumsum([0, *map(len, files)]))
        for split, files in encoded.items()
    }
    return _Corpus(folder, whole.hexdigest(), splits, pairs)


Texts = dict[Split, list[str]]
Encoded = tuple[dict[Split, list[UInt16[np.ndarray, " _token"]]], Int64[np.ndarray, "merge 2"]]
"""The files of each split as tokens, and the pairs that were merged."""


def _characters(texts: Texts, alphabet: str) -> Encoded:
    encoded = {split: [_encode(text, alphabet) for text in files] for split, files in texts.items()}
    return encoded, np.empty((0, 2), np.int64)


def _byte_pairs(texts: Texts, alphabet: str, merges: int) -> Encoded:
    """Learned from the files to train on; the words of the others are encoded the same way."""
    from ontogeny.worlds.byte_pairs import Words, learn  # compiled: its import takes a while

    words = Words()
    numbers = {split: [words.numbers(text) for text in files] for split, files in texts.items()}
    counts = np.bincount(np.concatenate([np.empty(0, np.int64), *numbers["train"]]), minlength=len(words))
    ends = np.cumsum([len(word) for word in words], dtype=np.int64)
    learned = learn(_encode("".join(words), alphabet), ends, counts, len(alphabet) + 1, merges)
    return {split: [learned.encode(file) for file in files] for split, files in numbers.items()}, learned.pairs


def _files(folder: Path, suffix: str) -> Iterator[tuple[str, bytes]]:
    """Names within the folder, in order, and contents; links are not followed."""
    for path in sorted(folder.rglob(f"*{suffix}")):
        inside = path.relative_to(folder)
        if path.is_symlink() or not path.is_file() or _LEFT_OUT & set(inside.parts):
            continue
        if path.stat().st_size <= LARGEST_FILE:
            yield inside.as_posix(), path.read_bytes()


def _encode(text: str, alphabet: str) -> UInt16[np.ndarray, " character"]:
    """The place of each character in the alphabet; those that are not in it are one after its end."""
    codes = np.frombuffer(text.encode("utf-32-le", errors="replace"), np.uint32)
    known = np.frombuffer(alphabet.encode("utf-32-le"), np.uint32)
    order = np.argsort(known)
    place = order[np.searchsorted(known[order], codes).clip(max=len(known) - 1)]
    return np.where(known[place] == codes, place, len(known)).astype(np.uint16)

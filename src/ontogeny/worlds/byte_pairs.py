"""Byte-pair encoding (Sennrich et al. 2016, arXiv 1508.07909) over the characters of an alphabet.

What is learned follows from the counts of words alone, ties included, so that it is the same on every machine.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int, Int64, UInt16
from numba import njit

_WORD = re.compile(r" ?\w+| ?[^\w\s]+|\s+")
"""No pair crosses from one word to the next: letters and digits, signs, or blanks; one space may lead a word."""


class Words:
    """The different words of texts, numbered in the order in which they come."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def numbers(self, text: str) -> Int64[np.ndarray, " _word"]:
        """The words of a text, one after the other."""
        known = self._numbers
        return np.array([known.setdefault(word, len(known)) for word in _WORD.findall(text)], np.int64)

    def __iter__(self) -> Iterator[str]:
        return iter(self._numbers)

    def __len__(self) -> int:
        return len(self._numbers)


@dataclass(frozen=True)
class BytePairs:
    """Which tokens were merged, and what each word is made of."""

    pairs: Int64[np.ndarray, "merge 2"]
    """In order; the i-th makes the token `characters + i`."""
    tokens: UInt16[np.ndarray, " _token"]
    """Of all words, one after the other."""
    ends: Int64[np.ndarray, " word"]
    """Where the tokens of each word end."""

    def encode(self, numbers: Int64[np.ndarray, " _word"]) -> UInt16[np.ndarray, " _token"]:
        """The tokens of words given by number."""
        lengths = np.diff(self.ends, prepend=0)[numbers]
        into = np.cumsum(lengths) - lengths
        return self.tokens[np.repeat((self.ends[numbers] - lengths) - into, lengths) + np.arange(lengths.sum())]


def learn(
    spelled: UInt16[np.ndarray, " _character"],
    ends: Int64[np.ndarray, " word"],
    counts: Int[np.ndarray, " word"],
    characters: int,
    merges: int,
) -> BytePairs:
    """Merge the most frequent pair of neighbouring tokens, again and again; among equals the lowest by its tokens.

    Args:
        spelled, ends: the characters of all words, numbered from 0 to `characters` - 1, and where each word ends.
        counts: how often each word occurs where it is learned from; words with 0 are only encoded.
        merges: how many at most; fewer where no pair is left that occurs twice.
    """
    tokens, ends = spelled.astype(np.int64), ends.astype(np.int64)
    pairs = _learn(tokens, ends, counts.astype(np.int64), characters, merges)
    return BytePairs(pairs, tokens[: ends[-1] if len(ends) else 0].astype(np.uint16), ends)


@njit(cache=True)
def _learn(tokens, ends, counts, characters, merges):  # type: ignore[no-untyped-def]
    """The pairs that were merged; tokens and ends are rewritten in place, the former from their beginning."""
    size = characters + merges
    often = np.zeros((size, size), np.int64)
    begin = 0
    for word in range(len(ends)):
        for place in range(begin, ends[word] - 1):
            often[tokens[place], tokens[place + 1]] += counts[word]
        begin = ends[word]
    pairs = np.zeros((merges, 2), np.int64)
    for merge in range(merges):
        new = characters + merge
        left, right = 0, 0
        for one in range(new):
            other = int(np.argmax(often[one]))
            if often[one, other] > often[left, right]:
                left, right = one, other
        if often[left, right] < 2:
            return pairs[:merge]
        pairs[merge] = left, right
        begin, written = 0, 0
        for word in range(len(ends)):
            end, first, place = ends[word], written, begin
            while place < end:
                token = tokens[place]
                if token == left and place + 1 < end and tokens[place + 1] == right:
                    token = new
                    place += 1
                    often[left, right] -= counts[word]
                    if written > first:
                        often[tokens[written - 1], left] -= counts[word]
                        often[tokens[written - 1], new] += counts[word]
                    if place + 1 < end:
                        often[right, tokens[place + 1]] -= counts[word]
                        often[new, tokens[place + 1]] += counts[word]
                tokens[written] = token
                written += 1
                place += 1
            begin, ends[word] = end, written
    return pairs

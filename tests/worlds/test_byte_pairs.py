from collections import Counter
from itertools import chain, pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ontogeny.worlds.byte_pairs import Words, learn


def plainly(words: dict[str, int], characters: str, merges: int) -> tuple[list[tuple[int, int]], list[list[int]]]:
    """Counts all pairs anew before each merge: slow and short."""
    spelled = {word: [characters.index(character) for character in word] for word in words}
    pairs: list[tuple[int, int]] = []
    for new in range(len(characters), len(characters) + merges):
        counts: Counter[tuple[int, int]] = Counter()
        for word, tokens in spelled.items():
            for pair in pairwise(tokens):
                counts[pair] += words[word]
        if not counts or max(counts.values()) < 2:
            break
        best = min(counts, key=lambda pair: (-counts[pair], pair))
        pairs.append(best)
        for tokens in spelled.values():
            place = 0
            while place < len(tokens) - 1:
                if (tokens[place], tokens[place + 1]) == best:
                    tokens[place : place + 2] = [new]
                place += 1
    return pairs, list(spelled.values())


def learned(words: dict[str, int], characters: str, merges: int):
    codes = np.array([characters.index(character) for character in "".join(words)], np.uint16)
    ends = np.cumsum([len(word) for word in words], dtype=np.int64)
    return learn(codes, ends, np.array(list(words.values()), np.int64), len(characters), merges)


@settings(deadline=None)  # the first example compiles
@given(st.dictionaries(st.text("abc", min_size=1, max_size=9), st.integers(0, 5), max_size=12), st.integers(0, 8))
def test_merges_and_words_are_those_of_counting_anew(words, merges):
    pairs, tokens = plainly(words, "abc", merges)
    found = learned(words, "abc", merges)
    assert [tuple(pair) for pair in found.pairs.tolist()] == pairs
    numbers = np.arange(len(words))[::-1]
    assert found.encode(numbers).tolist() == list(chain.from_iterable(tokens[::-1]))


def test_merges_are_those_of_the_tokenizers_package():
    tokenizers = pytest.importorskip("tokenizers")
    # No two pairs are equally frequent here: how the package breaks ties is not ours to say.
    words = {"abab": 100, "abc": 37, "bcab": 11, "cca": 5}
    characters = "abc"
    trained = tokenizers.Tokenizer(tokenizers.models.BPE())
    trained.pre_tokenizer = tokenizers.pre_tokenizers.WhitespaceSplit()
    trainer = tokenizers.trainers.BpeTrainer(vocab_size=6, initial_alphabet=list(characters), show_progress=False)
    trained.train_from_iterator([" ".join([word] * count) for word, count in words.items()], trainer)
    found = learned(words, characters, 3)
    said = list(characters)
    for left, right in found.pairs.tolist():
        said.append(said[left] + said[right])
    assert set(said) == set(trained.get_vocab())
    for number, word in enumerate(words):
        assert [said[token] for token in found.encode(np.array([number]))] == trained.encode(word).tokens


def test_words_are_numbered_as_they_come_and_make_up_the_text():
    words, text = Words(), "if x:\n    x = x_1 + 'two words'  # done\n"
    numbers = words.numbers(text)
    assert "".join(list(words)[number] for number in numbers) == text
    assert list(words)[:5] == ["if", " x", ":", "\n    ", "x"]
    assert words.numbers(" x").tolist() == [1]

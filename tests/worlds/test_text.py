import hashlib
from contextlib import suppress

import numpy as np
import pytest

from ontogeny.errors import OntogenyError, UsageError
from ontogeny.worlds import Text
from ontogeny.worlds.text import _read

SPLITS = ("train", "validation", "probe", "test")


@pytest.fixture
def folder(tmp_path):
    for i in range(40):
        (tmp_path / f"{i}.txt").write_text(f"file {i}: " + chr(97 + i % 26) * 30 + "\n")
    (tmp_path / "notes.md").write_text("not one of them" * 10)
    return tmp_path


def words(world, batch):
    return ["".join(world.vocabulary[token] for token in row) for row in batch.tokens]


def of_all_splits(world, size):
    """Windows of every split that has any."""
    found = []
    for split in SPLITS:
        with suppress(UsageError):
            found += words(world, world.batch(0, 0, size, split))
    return found


def test_windows_are_consecutive_characters_of_one_file(folder):
    world = Text(folder=str(folder), suffix=".txt", length=12)
    whole = [path.read_text() for path in folder.glob("*.txt")]
    batch = world.batch(0, 0, 50)
    assert all(any(word in text for text in whole) for word in words(world, batch))
    np.testing.assert_array_equal(batch.targets[:, :-1], batch.tokens[:, 1:])


def test_every_window_is_drawn_equally_often(tmp_path):
    (tmp_path / "a.txt").write_text("abcdef")
    (tmp_path / "b.txt").write_text("uvw")
    found = of_all_splits(Text(folder=str(tmp_path), suffix=".txt", length=3), 4000)
    counts = {word: found.count(word) for word in ("abc", "bcd", "cde", "def", "uvw")}
    assert sum(counts.values()) == len(found)
    assert min(list(counts.values())[:4]) > 700


def test_a_file_and_its_copies_are_in_one_split(folder):
    for i in range(40):
        (folder / f"copy of {i}.txt").write_bytes((folder / f"{i}.txt").read_bytes())
    world = Text(folder=str(folder), suffix=".txt", length=39)
    found = [set(words(world, world.batch(0, 0, 400, split))) for split in SPLITS]
    assert all(found)
    for i, one in enumerate(found):
        for other in found[i + 1 :]:
            assert not {word[:8] for word in one} & {word[:8] for word in other}


def test_characters_outside_the_alphabet_are_one_token(tmp_path):
    (tmp_path / "a.txt").write_bytes("aé\u2603b\r\n".encode() + b"\xff")
    world = Text(folder=str(tmp_path), suffix=".txt", length=6, alphabet="xba\n")
    assert of_all_splits(world, 1) == ["a\ufffd\ufffdb\n\ufffd"]


def test_pinned_text_is_refused_once_it_changed(folder):
    world = Text(folder=str(folder), suffix=".txt", length=12).pinned()
    world.batch(0, 0, 2)
    (folder / "0.txt").write_text("changed" * 10)
    _read.cache_clear()
    with pytest.raises(OntogenyError, match="bring them back, or pin the present ones"):
        world.batch(0, 0, 2)


def test_python_s_own_library_is_enough_to_train_on():
    world = Text(length=64)
    batch = world.batch(0, 0, 400)
    assert np.mean(batch.tokens == len(world.vocabulary) - 1) < 0.01
    assert "import" in "".join(words(world, batch))
    assert world.batch(0, 0, 4, "test").tokens.shape == (4, 64)
    np.testing.assert_array_equal(batch.tokens, world.batch(0, 0, 400).tokens)


def test_errors_say_what_was_expected(tmp_path):
    with pytest.raises(UsageError, match="no such folder"):
        Text(folder=str(tmp_path / "nowhere")).batch(0, 0, 2)
    with pytest.raises(UsageError, match="has 0"):
        Text(folder=str(tmp_path)).batch(0, 0, 2)
    with pytest.raises(UsageError, match="alphabet: expected different characters"):
        Text(alphabet="aa")


def test_byte_pairs_spell_the_same_text_in_fewer_tokens(folder):
    plain = Text(folder=str(folder), suffix=".txt", length=8)
    paired = Text(folder=str(folder), suffix=".txt", length=8, merges=20)
    assert len(paired.vocabulary) == len(plain.vocabulary) + 20
    assert "file" in paired.vocabulary
    whole = [path.read_text() for path in folder.glob("*.txt")]
    found = of_all_splits(paired, 40)
    assert all(any(word in text for text in whole) for word in found)
    assert np.mean([len(word) for word in found]) > 12


def test_byte_pairs_are_learned_from_the_files_to_train_on_alone(folder):
    world = Text(folder=str(folder), suffix=".txt", length=4, merges=400)
    found = world.vocabulary
    assert len(found) < 499  # no pair is left that occurs twice
    for path in folder.glob("*.txt"):
        if int(hashlib.sha256(path.read_bytes()).hexdigest(), 16) % 10 >= 7:
            path.write_bytes(path.read_bytes()[::-1])
            if int(hashlib.sha256(path.read_bytes()).hexdigest(), 16) % 10 < 7:
                path.unlink()
    _read.cache_clear()
    assert world.vocabulary == found

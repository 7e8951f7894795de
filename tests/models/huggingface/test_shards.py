import json
import pickle
import struct

import pytest
import safetensors.torch
import torch

from ontogeny.errors import DamagedFileError, UsageError
from ontogeny.models.huggingface.shards import INDEX, SINGLE, Shards

VALUES = {"a": torch.arange(6.0).view(2, 3), "b": torch.ones(4, dtype=torch.float16)}


def write_shards(folder, places):
    safetensors.torch.save_file({"a": VALUES["a"]}, folder / "one.safetensors")
    safetensors.torch.save_file({"b": VALUES["b"]}, folder / "two.safetensors")
    (folder / INDEX).write_text(json.dumps({"metadata": {}, "weight_map": places}))


def check(found):
    assert set(found) == {"a", "b"}
    assert (found.shape("a"), found.shape("b")) == ((2, 3), (4,))
    assert all(torch.equal(found.tensor(name), value) for name, value in VALUES.items())


def test_one_file(tmp_path):
    safetensors.torch.save_file(VALUES, tmp_path / SINGLE)
    check(Shards(tmp_path))


def test_several_files(tmp_path):
    write_shards(tmp_path, {"a": "one.safetensors", "b": "two.safetensors"})
    check(Shards(tmp_path))


@pytest.mark.parametrize("place", ["../one.safetensors", "/etc/passwd", "sub/one.safetensors", "one.bin", ".."])
def test_an_index_cannot_lead_out_of_the_folder(tmp_path, place):
    write_shards(tmp_path, {"a": place, "b": "two.safetensors"})
    with pytest.raises(DamagedFileError, match=r"found '.*'; nothing outside the folder is read"):
        Shards(tmp_path)


@pytest.mark.parametrize(
    ("places", "message"),
    [
        ({"a": "two.safetensors", "b": "two.safetensors"}, "'a' is not in two.safetensors"),
        ({"a": "one.safetensors", "b": "three.safetensors"}, "three.safetensors is missing; fetch the folder again"),
        ({"a": 3}, "expected 'weight_map' with a file for every tensor"),
        (["a"], "expected 'weight_map'"),
    ],
)
def test_an_index_that_does_not_agree(tmp_path, places, message):
    write_shards(tmp_path, places)
    with pytest.raises(DamagedFileError, match=message):
        Shards(tmp_path)


def header(content, size=None):
    text = content if isinstance(content, bytes) else json.dumps(content).encode()
    return struct.pack("<Q", len(text) if size is None else size) + text


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"short",
        header({}, size=2**60),
        header({"a": {"dtype": "F32", "shape": [2**40, 2**40], "data_offsets": [0, 2**60]}}) + bytes(24),
        header({"a": {"dtype": "F32", "shape": [2**32, 2**32], "data_offsets": [0, 0]}}),
        header({"a": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}}) + bytes(23),
        header({"a": {"dtype": "F32", "shape": [2, 3], "data_offsets": [24, 0]}}) + bytes(24),
        header(b"{not json"),
        header(b"[" * 100_000),
    ],
    ids=["empty", "short", "huge header", "huge tensor", "overflow", "truncated", "backwards", "no JSON", "deep JSON"],
)
def test_a_file_that_is_not_whole_is_one_clear_error(tmp_path, data):
    (tmp_path / SINGLE).write_bytes(data)
    with pytest.raises(DamagedFileError, match=rf"{SINGLE} is not a whole safetensors file .*fetch it again"):
        Shards(tmp_path)


def test_a_truncated_shard_is_named(tmp_path):
    write_shards(tmp_path, {"a": "one.safetensors", "b": "two.safetensors"})
    path = tmp_path / "two.safetensors"
    path.write_bytes(path.read_bytes()[:-3])
    with pytest.raises(DamagedFileError, match=r"two\.safetensors is not a whole safetensors file"):
        Shards(tmp_path)


def test_pickled_weights_are_refused_and_never_opened(tmp_path):
    class Trap:
        def __reduce__(self):
            return (open, (str(tmp_path / "sprung"), "w"))

    (tmp_path / "pytorch_model.bin").write_bytes(pickle.dumps(Trap()))
    with pytest.raises(UsageError, match=r"pytorch_model\.bin, whose format runs code .*convert it with transformers"):
        Shards(tmp_path)
    assert not (tmp_path / "sprung").exists()


def test_an_empty_folder(tmp_path):
    with pytest.raises(UsageError, match="holds neither"):
        Shards(tmp_path)

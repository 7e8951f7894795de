"""Weights survive storage to the bit; damage is found and named."""

import hashlib
import os
import subprocess
from pathlib import Path

import pytest
import torch
from torch import nn
from training_toys import Copying, Mixer

from ontogeny.errors import DamagedFileError, OntogenyError
from ontogeny.seals import seal_text
from ontogeny.training import Run, Training
from ontogeny.training.checkpoints import (
    keep_until,
    list_checkpoints,
    read_tensors,
    set_weights,
    weights,
    write_checkpoint,
)


def network(seed: int = 0, width: int = 16) -> nn.Module:
    return Run(Mixer(width=width), Copying(), Training(steps=1), seed).build()


def test_weights_come_back_to_the_bit_and_tied_ones_stay_tied(tmp_path: Path) -> None:
    model, other = network(0), network(1)
    checkpoint = write_checkpoint(tmp_path / "checkpoints", 7, model)
    assert checkpoint.path.name == "00000007.safetensors"
    stored = read_tensors(checkpoint.path, checkpoint.sha256, "")
    assert ("embed.weight" in stored) != ("head.weight" in stored)
    set_weights(other, stored, checkpoint.path)
    assert all(torch.equal(a, b) for a, b in zip(model.parameters(), other.parameters(), strict=True))
    assert other.head.weight is other.embed.weight


def test_the_list_is_what_sha256sum_checks(tmp_path: Path) -> None:
    for step in (0, 1, 10):
        write_checkpoint(tmp_path, step, network(step))
    assert [checkpoint.step for checkpoint in list_checkpoints(tmp_path)] == [0, 1, 10]
    subprocess.run(["sha256sum", "--check", "--strict", "SHA256SUMS"], cwd=tmp_path, check=True, capture_output=True)


def test_writing_a_step_again_replaces_it(tmp_path: Path) -> None:
    write_checkpoint(tmp_path, 3, network(0))
    again = write_checkpoint(tmp_path, 3, network(1))
    assert list_checkpoints(tmp_path) == [again]


def test_keeping_until_a_step_forgets_later_and_unrecorded_files(tmp_path: Path) -> None:
    for step in (0, 5, 9):
        write_checkpoint(tmp_path, step, network())
    (tmp_path / "00000007.safetensors").write_bytes(b"half written")
    keep_until(tmp_path, 5)
    assert [checkpoint.step for checkpoint in list_checkpoints(tmp_path)] == [0, 5]
    assert sorted(path.name for path in tmp_path.glob("*.safetensors")) == [
        "00000000.safetensors",
        "00000005.safetensors",
    ]


@pytest.mark.parametrize("damage", ["truncated", "altered", "missing"])
def test_damage_is_named_with_what_to_do(tmp_path: Path, damage: str) -> None:
    checkpoint = write_checkpoint(tmp_path, 0, network())
    data = bytearray(checkpoint.path.read_bytes())
    if damage == "truncated":
        checkpoint.path.write_bytes(data[:-1])
    elif damage == "altered":
        data[-5] ^= 1
        checkpoint.path.write_bytes(data)
    else:
        checkpoint.path.unlink()
    with pytest.raises(DamagedFileError, match=r"00000000\.safetensors is (damaged|missing).*; do this"):
        read_tensors(checkpoint.path, checkpoint.sha256, "do this")


def test_a_model_of_another_shape_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DamagedFileError, match=r"file: expected position of shape \(9, 8\), found \(9, 16\)"):
        set_weights(network(width=8), weights(network(width=16)), Path("file"))
    with pytest.raises(DamagedFileError, match="holds more, which the model lacks"):
        set_weights(network(), weights(network()) | {"more": torch.zeros(1)}, Path("file"))


def test_a_damaged_list_names_its_line(tmp_path: Path) -> None:
    for line in ("nonsense", f"{'0' * 64}  ../../secret.safetensors", f"{'0' * 64}  \u00b2.safetensors"):
        (tmp_path / "SHA256SUMS").write_bytes(seal_text(f"{'0' * 64}  00000001.safetensors\n{line}\n"))
        with pytest.raises(DamagedFileError, match="SHA256SUMS, line 2"):
            list_checkpoints(tmp_path)
    write_checkpoint(tmp_path / "sealed", 0, network())
    sums = tmp_path / "sealed" / "SHA256SUMS"
    sums.write_text(sums.read_text().replace("00000000", "00000001"))
    with pytest.raises(DamagedFileError, match="SHA256SUMS is damaged: it is not what was written"):
        list_checkpoints(tmp_path / "sealed")


def test_a_list_that_was_cut_is_refused(tmp_path: Path) -> None:
    for step in (0, 1, 10):
        write_checkpoint(tmp_path, step, network())
    sums = tmp_path / "SHA256SUMS"
    lines = sums.read_bytes().splitlines(keepends=True)
    for kept in range(3):
        sums.write_bytes(b"".join(lines[:kept]))
        with pytest.raises(DamagedFileError, match="SHA256SUMS is damaged: its seal is missing"):
            list_checkpoints(tmp_path)
    sums.write_bytes(b"".join(lines[:3]))  # as before there were seals
    assert [checkpoint.step for checkpoint in list_checkpoints(tmp_path)] == [0, 1, 10]


@pytest.mark.parametrize(
    "data",
    [
        (2**60).to_bytes(8, "little") + b"{}",
        (2**63).to_bytes(8, "little"),
        (90).to_bytes(8, "little")
        + b'{"a":{"dtype":"F32","shape":[1152921504606846976],"data_offsets":[0,4611686018427387904]}}',
        (62).to_bytes(8, "little") + b'{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}}',
        b"",
    ],
)
def test_a_header_that_claims_more_than_there_is_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "a.safetensors"
    path.write_bytes(data)
    with pytest.raises(DamagedFileError, match=r"is not a safetensors file"):
        read_tensors(path, hashlib.sha256(data).hexdigest(), "do this")


def test_a_pipe_and_a_hole_are_no_checkpoints(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(DamagedFileError, match=r"pipe is damaged \(it is no regular file\); do this"):
        read_tensors(tmp_path / "pipe", "0" * 64, "do this")
    with open(tmp_path / "hole", "wb") as file:
        file.truncate(2**43)
    with pytest.raises(OntogenyError, match="hole has 8796093022208 bytes, more than the memory holds; do this"):
        read_tensors(tmp_path / "hole", "0" * 64, "do this")

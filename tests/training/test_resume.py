"""The stored moment: whole, newest only, verified."""

import json
from pathlib import Path

import pytest
import torch
from training_toys import Copying, Mixer

from ontogeny.errors import DamagedFileError
from ontogeny.seals import seal_json
from ontogeny.training import AdamW, Run, Training
from ontogeny.training.optimisers import Optimisers
from ontogeny.training.resume import clear_resume, read_resume, write_resume


def pair(seed: int) -> tuple[torch.nn.Module, Optimisers]:
    model = Run(Mixer(), Copying(), Training(steps=1), seed).build()
    return model, Optimisers(model, AdamW())


def learned(seed: int) -> tuple[torch.nn.Module, Optimisers]:
    model, optimisers = pair(seed)
    for parameter in model.parameters():
        parameter.grad = torch.ones_like(parameter)
    optimisers.step(1.0)
    return model, optimisers


def test_a_moment_comes_back_whole(tmp_path: Path) -> None:
    model, optimisers = learned(0)
    write_resume(tmp_path / "resume", model, optimisers, 12, 3.5)
    other, empty = pair(1)
    moment = read_resume(tmp_path / "resume", other, empty)
    assert moment is not None
    assert (moment.step, moment.seconds) == (12, 3.5)
    assert all(torch.equal(a, b) for a, b in zip(model.parameters(), other.parameters(), strict=True))
    before, after = optimisers.state(), empty.state()
    assert before.keys() == after.keys()
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_only_the_newest_moment_is_kept(tmp_path: Path) -> None:
    for step in (1, 2):
        write_resume(tmp_path, *learned(0), step, 0.0)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["00000002.safetensors", "newest.json"]


def test_a_moment_that_was_not_completed_does_not_count(tmp_path: Path) -> None:
    write_resume(tmp_path, *learned(0), 1, 0.0)
    (tmp_path / "00000002.safetensors").write_bytes(b"the process ended here")
    moment = read_resume(tmp_path, *pair(0))
    assert moment is not None
    assert moment.step == 1


def test_nothing_stored_is_no_moment(tmp_path: Path) -> None:
    assert read_resume(tmp_path / "resume", *pair(0)) is None
    write_resume(tmp_path / "resume", *learned(0), 1, 0.0)
    clear_resume(tmp_path / "resume")
    assert read_resume(tmp_path / "resume", *pair(0)) is None


@pytest.mark.parametrize("name", ["newest.json", "00000001.safetensors"])
def test_damage_is_named_with_what_to_do(tmp_path: Path, name: str) -> None:
    write_resume(tmp_path, *learned(0), 1, 0.0)
    (tmp_path / name).write_bytes((tmp_path / name).read_bytes()[:-2])
    with pytest.raises(DamagedFileError, match=rf"{name} is damaged.*remove .* to train from the beginning"):
        read_resume(tmp_path, *pair(0))


@pytest.mark.parametrize("name", ["../00000001.safetensors", "/etc/passwd", "\u00b2.safetensors", "a"])
def test_a_moment_cannot_name_a_file_elsewhere(tmp_path: Path, name: str) -> None:
    write_resume(tmp_path, *learned(0), 1, 0.0)
    moment = json.loads((tmp_path / "newest.json").read_text()) | {"file": name}
    del moment["seal"]
    (tmp_path / "newest.json").write_bytes(seal_json(moment))
    with pytest.raises(DamagedFileError, match=r"newest\.json is damaged"):
        read_resume(tmp_path, *pair(0))

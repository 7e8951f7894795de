"""The loop: it learns, it repeats itself to the bit, and it can be stopped anywhere without loss."""

import errno
import json
import math
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from killable import TRAININGS
from torch import nn
from training_toys import Copying, Mixer, accuracy, determined, sums

from ontogeny import files
from ontogeny.errors import Interrupted, OntogenyError, UsageError
from ontogeny.models import Transformer
from ontogeny.training import AdamW, Muon, Progress, Run, Spacing, Training, Trajectory, train
from ontogeny.training.journal import read_rows
from ontogeny.training.loop import backward
from ontogeny.training.processes import Processes
from ontogeny.worlds import InContext, Inputs, LegoChains
from ontogeny.worlds.world import IGNORE

ALONE = Processes(0, 1, torch.device("cpu"))
OPTIMISERS = {"adamw": AdamW(lr=0.01), "muon": Muon()}


def short(**changes: object) -> Training:
    settings: dict = {"steps": 30, "batch": 16, "checkpoints": Spacing(every=10), "metrics_every": 3} | changes
    return Training(**settings)


def run(folder: Path, training: Training, **options: object) -> Trajectory:
    return train(Mixer(), Copying(), training, seed=1, folder=folder, **({"evaluate": accuracy} | options))  # type: ignore[arg-type]


@pytest.mark.parametrize("optimiser", OPTIMISERS.values(), ids=OPTIMISERS)
def test_it_learns(tmp_path: Path, optimiser: AdamW | Muon) -> None:
    trajectory = run(tmp_path / "run", short(steps=300, batch=64, optimiser=optimiser, checkpoints=Spacing(every=300)))
    measured = {(step, name): value for step, name, value in determined(trajectory)}
    assert measured[300, "loss"] < measured[1, "loss"] / 2
    assert measured[300, "accuracy"] > 0.5  # chance is 0.25


@pytest.mark.parametrize("optimiser", OPTIMISERS.values(), ids=OPTIMISERS)
def test_the_same_run_twice_gives_the_same_bits(tmp_path: Path, optimiser: AdamW | Muon) -> None:
    one, other = (run(tmp_path / name, short(optimiser=optimiser)) for name in ("one", "other"))
    assert sums(one) == sums(other)
    assert determined(one) == determined(other)


def test_global_random_state_is_neither_used_nor_changed(tmp_path: Path) -> None:
    torch.manual_seed(1)
    one = run(tmp_path / "one", short())
    torch.manual_seed(2)
    before = torch.get_rng_state()
    assert sums(run(tmp_path / "other", short())) == sums(one)
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("optimiser", OPTIMISERS.values(), ids=OPTIMISERS)
@pytest.mark.parametrize("stop", [1, 7, 10, 29])
def test_ctrl_c_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, optimiser: AdamW | Muon, stop: int
) -> None:
    calls = 0

    def pressing(*arguments: object) -> float:
        nonlocal calls
        calls += 1
        if calls == stop:
            signal.raise_signal(signal.SIGINT)
        return backward(*arguments)  # type: ignore[arg-type]

    training = short(optimiser=optimiser)
    monkeypatch.setattr("ontogeny.training.loop.backward", pressing)
    with pytest.raises(Interrupted, match=rf"stopped after step {stop} of 30; nothing is lost: run the same") as caught:
        run(tmp_path / "cut", training)
    assert caught.value.exit_code == 130
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    cut, whole = run(tmp_path / "cut", training), run(tmp_path / "whole", training)
    assert calls == 60
    assert sums(cut) == sums(whole)
    assert determined(cut) == determined(whole)


def test_when_nobody_watches_any_more_the_step_is_stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a worker whose parent stopped on Ctrl-C: telling it of a step raises."""
    monkeypatch.setattr("ontogeny.training.recorder._BETWEEN_REPORTS", 0.0)

    def gone(progress: Progress) -> None:
        if progress.step == 13:
            raise Interrupted("nobody waits for this task any more")

    with pytest.raises(Interrupted, match="nobody waits"):
        run(tmp_path / "cut", short(), progress=gone)
    assert json.loads((tmp_path / "cut" / "resume" / "newest.json").read_text())["step"] == 13
    assert sums(run(tmp_path / "cut", short())) == sums(run(tmp_path / "whole", short()))


@pytest.mark.slow
@pytest.mark.parametrize("name", OPTIMISERS)
def test_a_killed_training_goes_on_to_the_same_bits(tmp_path: Path, name: str) -> None:
    """2N steps equal N, kill -9, resume, N: twice over, at moments nobody chose."""
    script = [sys.executable, str(Path(__file__).with_name("killable.py")), str(tmp_path / "cut"), name]
    moments = random.Random(time.time_ns())
    for least in (moments.randrange(1, 100), moments.randrange(120, 250)):
        process = subprocess.Popen(script, start_new_session=True)
        wait_for_step(tmp_path / "cut" / "metrics.jsonl", least, process)
        process.kill()
        assert process.wait() == -signal.SIGKILL
    assert not Trajectory(tmp_path / "cut").done
    subprocess.run(script, check=True)
    cut, whole = Trajectory(tmp_path / "cut"), run(tmp_path / "whole", TRAININGS[name])
    assert sums(cut) == sums(whole)
    assert determined(cut) == determined(whole)


def wait_for_step(journal: Path, step: int, process: subprocess.Popen) -> None:
    deadline = time.monotonic() + 120
    while not any(row["step"] >= step for row in read_rows(journal)[-1:]):
        assert process.poll() is None, "training ended before it could be killed"
        assert time.monotonic() < deadline
        time.sleep(0.002)


def test_evaluations_happen_once_at_each_checkpoint(tmp_path: Path) -> None:
    seen: list[int] = []

    def evaluate(model: nn.Module, step: int) -> dict[str, float]:
        assert not model.training
        assert not torch.is_grad_enabled()
        seen.append(step)
        if step == 8 and seen.count(8) == 1:
            signal.raise_signal(signal.SIGINT)
        return {"step_seen": step}

    with pytest.raises(Interrupted):
        run(tmp_path / "run", short(), evaluate=evaluate)
    trajectory = run(tmp_path / "run", short(), evaluate=evaluate)
    steps = [0, 1, 2, 4, 8, 10, 20, 30]
    assert seen == steps
    rows = trajectory.metrics().to_pylist()
    assert [(row["step"], row["value"]) for row in rows if row["name"] == "step_seen"] == [(s, s) for s in steps]


def test_an_evaluation_may_not_use_the_names_of_training(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="returned 'loss'"):
        run(tmp_path / "run", short(), evaluate=lambda model, step: {"loss": 1.0})


def test_a_finished_run_is_returned_as_it_is(tmp_path: Path) -> None:
    first = run(tmp_path / "run", short())
    before = {path: path.stat().st_mtime_ns for path in first.folder.rglob("*") if path.name != ".lock"}
    run(tmp_path / "run", short(), evaluate=None)
    assert before == {path: path.stat().st_mtime_ns for path in first.folder.rglob("*") if path.name != ".lock"}
    assert not (first.folder / "resume").exists()


def test_another_run_in_the_folder_is_refused(tmp_path: Path) -> None:
    run(tmp_path / "run", short(steps=2))
    with pytest.raises(UsageError, match=r"training\.steps is 2 there, 3 was asked"):
        run(tmp_path / "run", short(steps=3))
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "thesis.tex").touch()
    with pytest.raises(UsageError, match="is not a run"):
        run(tmp_path / "other", short())
    assert [path.name for path in (tmp_path / "other").iterdir()] == ["thesis.tex"]


def test_a_second_process_is_refused(tmp_path: Path) -> None:
    with files.exclusive(tmp_path / "run"), pytest.raises(OntogenyError, match="written by another process"):
        run(tmp_path / "run", short())


def test_a_loss_that_is_not_finite_stops_with_the_last_good_checkpoint(tmp_path: Path) -> None:
    training = short(optimiser=AdamW(lr=1e30), clip=None)
    for _ in range(2):  # asking again fails again, in the same words
        with pytest.raises(OntogenyError, match=r"stopped after step \d+: the loss is .*good checkpoint is .*safetens"):
            run(tmp_path / "run", training)
        assert "last good checkpoint" in (tmp_path / "run" / "FAILED").read_text()
    last = Trajectory(tmp_path / "run").checkpoints[-1]
    assert all(torch.isfinite(value).all() for value in Trajectory(tmp_path / "run").load(last.step).parameters())


def test_an_untrained_model_that_is_not_finite_has_no_good_checkpoint(tmp_path: Path) -> None:
    with pytest.raises(OntogenyError, match=r"after step 0: .*no checkpoint before it is good"):
        train(Mixer(blow_up=True), Copying(), short(), seed=1, folder=tmp_path / "run")


@pytest.mark.parametrize("writes", [3, 12, 25])
def test_a_full_disk_is_named_and_nothing_is_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, writes: int) -> None:
    def fill(descriptor: int) -> None:
        nonlocal writes
        writes -= 1
        if writes <= 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", fill)
        with pytest.raises(OntogenyError, match=r"no space left while writing .*free some space"):
            run(tmp_path / "cut", short())
    assert not list((tmp_path / "cut").rglob("*.tmp"))
    cut, whole = run(tmp_path / "cut", short()), run(tmp_path / "whole", short())
    assert sums(cut) == sums(whole)
    assert determined(cut) == determined(whole)


@pytest.mark.parametrize("parts", [2, 4])
def test_accumulated_parts_give_the_gradient_of_the_whole(parts: int) -> None:
    batch = Copying().batch(0, 0, 8)
    batch.targets[:3] = IGNORE  # parts with unequal numbers of predicted positions
    gradients = []
    for count in (1, parts):
        model = Run(Mixer(), Copying(), Training(steps=1), 0).build()
        loss = backward(model, batch, ALONE, "fp32", count)
        gradients.append([parameter.grad for parameter in model.parameters()])
        logits = model(torch.from_numpy(batch.tokens), torch.from_numpy(batch.features)).log_softmax(-1)
        kept = batch.targets != IGNORE
        chosen = logits.detach().numpy()[kept, batch.targets[kept]]
        assert loss == pytest.approx(-chosen.mean(), rel=1e-5)
    for one, other in zip(*gradients, strict=True):
        torch.testing.assert_close(one, other)


@pytest.mark.parametrize("parts", [1, 4])
@pytest.mark.parametrize("shown", ["pairs", "interleaved"])
def test_of_numbers_the_loss_is_half_the_squared_error(parts: int, shown: str) -> None:
    world = InContext(inputs=Inputs(features=3), examples=4, shown=shown)
    model = Run(Transformer(layers=1, width=8, heads=2, mlp=8, initial_scale=0.5), world, Training(steps=1), 0).build()
    batch = world.batch(0, 0, 8)
    loss = backward(model, batch, ALONE, "fp32", parts)
    gradient = model.feature_map.weight.grad.clone()
    model.zero_grad()
    given = model(torch.from_numpy(batch.tokens), torch.from_numpy(batch.features), prompt=batch.prompt)[..., 0]
    wanted = (given - torch.from_numpy(batch.targets))[torch.from_numpy(batch.learned)].square().mean() / 2
    wanted.backward()
    assert loss == pytest.approx(wanted.item(), rel=1e-5)
    torch.testing.assert_close(gradient, model.feature_map.weight.grad)


def test_a_prompt_seen_as_a_whole_is_read_to_its_end() -> None:
    """Predictions may stand before what they follow from: the last token asked for is not the last that counts."""
    world = LegoChains(letters=4, chains=(3,), learned=1)
    whole = world.batch(0, 0, 1)
    place = int(np.flatnonzero(whole.learned[0])[0])
    assert place < world.length - 1
    model = Transformer(layers=1, width=8, heads=2, mlp=8, mask="prefix", positions="learned").build(
        vocab=len(world.vocabulary), feature_size=0, length=world.length, seed=0
    )
    loss = backward(model, whole, ALONE, "fp32")
    logits = model(torch.from_numpy(whole.tokens), prompt=whole.prompt)[0, place]
    wanted = torch.tensor(whole.targets[0, place])
    assert loss == pytest.approx(nn.functional.cross_entropy(logits, wanted).item(), abs=1e-6)


def test_episodes_are_learned_and_the_run_is_read_back(tmp_path: Path) -> None:
    world = InContext(inputs=Inputs(features=2), examples=5, pool=1)
    model = Transformer(layers=1, width=16, heads=2, mlp=16)
    training = short(optimiser=AdamW(lr=0.01), steps=100, batch=64)
    trajectory = train(model, world, training, seed=0, folder=tmp_path / "run")
    losses = [row["value"] for row in trajectory.metrics().to_pylist() if row["name"] == "loss"]
    assert losses[-1] < 0.3 * losses[0]
    assert (trajectory.world, trajectory.model_config) == (world, model)
    assert determined(trajectory)


def test_parts_must_divide_the_batch(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="multiple of 3"):
        run(tmp_path / "run", short(accumulation=3))


def test_bf16_learns_with_weights_kept_in_fp32(tmp_path: Path) -> None:
    trajectory = run(tmp_path / "run", short(precision="bf16"))
    assert all(parameter.dtype == torch.float32 for parameter in trajectory.load(30).parameters())
    assert sums(trajectory) != sums(run(tmp_path / "other", short()))


def test_a_measured_precision_is_kept_when_resuming(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(model: nn.Module, step: int) -> dict[str, float]:
        if step == 4:
            signal.raise_signal(signal.SIGINT)
        return {}

    with monkeypatch.context() as patched:
        patched.setattr("ontogeny.training.loop.measure", lambda attempt: ("bf16", {"fp32": 2.0, "bf16": 1.0}))
        with pytest.raises(Interrupted):
            run(tmp_path / "run", short(precision="measure"), evaluate=stop)
    monkeypatch.setattr("ontogeny.training.loop.measure", lambda attempt: pytest.fail("measured again"))
    measured = run(tmp_path / "run", short(precision="measure"), evaluate=None)
    asked = run(tmp_path / "asked", short(precision="bf16"), evaluate=None)
    assert sums(measured) == sums(asked)


def test_measuring_changes_nothing_but_the_choice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fp32(attempt: object) -> tuple[str, dict[str, float]]:
        attempt("fp32")  # type: ignore[operator]
        attempt("bf16")  # type: ignore[operator]
        return "fp32", {}

    monkeypatch.setattr("ontogeny.training.loop.measure", fp32)
    measured, asked = (run(tmp_path / name, short(precision=name)) for name in ("measure", "fp32"))
    assert sums(measured) == sums(asked)


def test_progress_is_told_and_ends_at_the_last_step(tmp_path: Path) -> None:
    told: list[Progress] = []
    run(tmp_path / "run", short(), progress=told.append)
    assert [entry.step for entry in told][:3] == [0, 1, 2]
    assert told[-1].step == told[-1].steps == 30
    assert told[-1].seconds_left == 0
    assert math.isfinite(told[-1].loss)
    assert told[-1].tokens_per_second == pytest.approx(told[-1].samples_per_second * Copying().length)
    assert set(told[-1].metrics) == {"accuracy"}


def test_an_unknown_device_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="unknown device 'abacus'"):
        run(tmp_path / "run", short(), device="abacus")

"""A run's name, its stored form, and folders that hold something else."""

from pathlib import Path

import pytest
from training_toys import Copying, Mixer

from ontogeny.errors import DamagedFileError, OntogenyError, UsageError
from ontogeny.models import Transformer
from ontogeny.training import AdamW, Run, Training
from ontogeny.training.run import claim, read_run, refuse_foreign
from ontogeny.worlds.karel import Karel

RUN = Run(Mixer(), Copying(), Training(steps=5), 3)


def test_the_stored_run_is_the_run(tmp_path: Path) -> None:
    claim(tmp_path, RUN)
    assert read_run(tmp_path) == RUN
    claim(tmp_path, RUN)  # asking for the same again is fine


def test_karel_and_the_transformer_are_stored_by_kind(tmp_path: Path) -> None:
    run = Run(Transformer(layers=1), Karel(side=4), Training(steps=5), 0)
    claim(tmp_path, run)
    assert read_run(tmp_path) == run


def test_the_hash_names_the_content() -> None:
    same = Run(Mixer(), Copying(), Training(steps=5), 3)
    assert RUN.hash == same.hash
    assert len(RUN.hash) == 16
    others = [
        Run(Mixer(width=8), Copying(), Training(steps=5), 3),
        Run(Mixer(), Copying(half=3), Training(steps=5), 3),
        Run(Mixer(), Copying(), Training(steps=6), 3),
        Run(Mixer(), Copying(), Training(steps=5), 4),
    ]
    assert len({RUN.hash, *(run.hash for run in others)}) == 5


def test_a_whole_number_where_a_fraction_is_meant_gives_the_same_name() -> None:
    one, other = (Run(Mixer(), Copying(), Training(steps=5, optimiser=AdamW(lr=lr)), 3) for lr in (1, 1.0))
    assert one.hash == other.hash


def test_another_run_in_the_folder_is_told_by_its_first_difference(tmp_path: Path) -> None:
    claim(tmp_path, RUN)
    other = Run(Mixer(), Copying(), Training(steps=5, optimiser=AdamW(lr=0.5)), 3)
    with pytest.raises(UsageError, match=r"holds another run: training\.optimiser\.lr is 0\.001 there, 0\.5 was asked"):
        claim(tmp_path, other)


def test_foreign_folders_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").touch()
    with pytest.raises(UsageError, match=r"is not a run: it holds 'photo\.jpg'"):
        refuse_foreign(tmp_path)
    with pytest.raises(UsageError, match="is a file"):
        refuse_foreign(tmp_path / "photo.jpg")
    refuse_foreign(tmp_path / "new")


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        (None, OntogenyError, "is not a run: it has no config.yaml"),
        ("a: [", DamagedFileError, "not readable as YAML"),
        ("kind: holiday", OntogenyError, "does not describe a run"),
        ("kind: run", DamagedFileError, "'model' is missing"),
        ("kind: run\nmodel: {kind: mixr}", UsageError, "did you mean 'mixer'"),
        ("kind: run\nmodel: {kind: mixer, depth: 3}", UsageError, "model: depth: unexpected"),
        ("kind: run\nmodel: &a [*a]", DamagedFileError, "an alias"),
        ("[" * 100_000, DamagedFileError, "more than 50 levels"),
        ("kind: run\nmodel: !!python/name:os.system ''", DamagedFileError, "not readable as YAML"),
    ],
)
def test_what_is_not_a_run_is_said(tmp_path: Path, text: str | None, error: type, message: str) -> None:
    if text is not None:
        (tmp_path / "config.yaml").write_text(text)
    with pytest.raises(error, match=message):
        read_run(tmp_path)


@pytest.mark.parametrize("name", ["checkpoints", "resume", "measurements"])
def test_nothing_is_written_through_a_link_out_of_the_run(tmp_path: Path, name: str) -> None:
    """Else somebody's unfinished run could have the files of another folder removed."""
    (tmp_path / "run").mkdir()
    claim(tmp_path / "run", RUN)
    (tmp_path / "models").mkdir()
    (tmp_path / "run" / name).symlink_to(tmp_path / "models")
    with pytest.raises(UsageError, match=rf"{name} is a link that leads out of the run"):
        refuse_foreign(tmp_path / "run")

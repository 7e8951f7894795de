from contextlib import ExitStack
from pathlib import Path

import pyarrow as pa
import pytest

import toy_study
from ontogeny.errors import DamagedFileError, OntogenyError
from ontogeny.files import exclusive
from ontogeny.lab.lab import Lab
from ontogeny.lab.measurements import digest
from ontogeny.seals import seal_text
from ontogeny.training import Training, Trajectory

SETTINGS = toy_study.Settings()


def train(lab: Lab, seed: int = 0, **changes) -> Trajectory:
    training = Training(**{"steps": 4, "batch": 4, "checkpoints": SETTINGS.training.checkpoints, **changes})
    return lab.train("toy", SETTINGS.model, SETTINGS.world, training, seed)


def test_a_run_is_trained_once(tmp_path):
    notices = []
    lab = Lab(tmp_path, notify=notices.append, task="seed 0")
    first = train(lab)
    assert {(notice.task, notice.phase, notice.total) for notice in notices} == {("seed 0", "training", 4)}
    assert {"loss", "tokens_per_second"} <= set(notices[-1].values)
    notices.clear()
    second = train(lab)
    assert notices == []
    assert second.folder == first.folder == tmp_path / "toy" / first.run.hash
    assert lab.used == [f"toy/{first.run.hash}"] * 2


def test_what_is_asked_for_differently_is_another_run(tmp_path):
    lab = Lab(tmp_path)
    folders = {train(lab).folder, train(lab, seed=1).folder, train(lab, batch=8).folder, train(lab, clip=2.0).folder}
    assert len(folders) == 4


def test_a_second_process_on_the_same_run_is_an_error(tmp_path):
    lab = Lab(tmp_path)
    finished = train(lab)
    (finished.folder / "DONE").unlink()
    with exclusive(finished.folder), pytest.raises(OntogenyError, match="being written by another process"):
        train(lab)


@pytest.mark.parametrize("ended", [True, False])
def test_a_patient_lab_waits_for_a_run_that_another_process_trains(tmp_path, monkeypatch, ended):
    run, notices = train(Lab(tmp_path)), []
    done = (run.folder / "DONE").read_bytes()
    (run.folder / "DONE").unlink()
    with ExitStack() as other:
        other.enter_context(exclusive(run.folder))

        def end(seconds: float) -> None:
            """The other process finishes the run, or is stopped before."""
            if ended:
                (run.folder / "DONE").write_bytes(done)
            other.close()

        monkeypatch.setattr("ontogeny.lab.lab.time.sleep", end)
        assert train(Lab(tmp_path, notify=notices.append, patient=True)).done
    phases = [notice.phase for notice in notices]
    assert phases[0] == f"waiting for toy/{run.folder.name}, which another process trains"
    assert ("training" in phases) == (not ended)


def test_of_two_patient_labs_that_find_a_run_free_one_waits(tmp_path, monkeypatch):
    run = train(Lab(tmp_path))
    (run.folder / "DONE").unlink()
    with ExitStack() as other:
        other.enter_context(exclusive(run.folder))
        looks = []

        def look(folder: Path) -> bool:
            """The first time just before the other takes it, the second after it was let go."""
            looks.append(folder)
            if len(looks) == 2:
                other.close()
            return False

        monkeypatch.setattr("ontogeny.lab.lab.held", look)
        assert train(Lab(tmp_path, patient=True)).done
    assert looks == [run.folder] * 2


def test_a_measurement_is_made_once_for_its_name_settings_and_checkpoints(tmp_path):
    lab, made = Lab(tmp_path), []

    def measured(trajectory: Trajectory, name: str, settings=SETTINGS) -> pa.Table:
        def function() -> pa.Table:
            made.append(name)
            return pa.table({"value": [len(made)]})

        return lab.measure(trajectory, name, settings, function)

    run, other = train(lab), train(lab, seed=1)
    assert measured(run, "a")["value"].to_pylist() == [1]
    assert measured(run, "a")["value"].to_pylist() == [1]
    assert measured(run, "b")["value"].to_pylist() == [2]
    assert measured(run, "a", toy_study.Settings(scale=3.0))["value"].to_pylist() == [3]
    assert measured(other, "a")["value"].to_pylist() == [4]
    assert measured(run, "a")["value"].to_pylist() == [1]
    assert Lab(tmp_path).measure(run, "a", SETTINGS, lambda: pytest.fail("measured twice"))["value"][0].as_py() == 1


def test_other_checkpoints_are_measured_anew(tmp_path):
    lab = Lab(tmp_path)
    run = train(lab)
    lab.measure(run, "a", SETTINGS, lambda: pa.table({"value": [1]}))
    sums = run.folder / "checkpoints" / "SHA256SUMS"
    lines = sums.read_text().replace(run.checkpoints[0].sha256, "0" * 64).splitlines()
    sums.write_bytes(seal_text("".join(f"{line}\n" for line in lines[:-1])))
    assert lab.measure(run, "a", SETTINGS, lambda: pa.table({"value": [2]}))["value"].to_pylist() == [2]


def test_a_measurement_may_be_several_tables(tmp_path):
    lab = Lab(tmp_path)
    run = train(lab)
    tables = {"scores": pa.table({"x": [1]}), "curves": pa.table({"y": [2.0]})}
    lab.measure(run, "both", SETTINGS, lambda: tables)
    again = lab.measure(run, "both", SETTINGS, lambda: pytest.fail("measured twice"))
    assert {name: table.to_pydict() for name, table in again.items()} == {"scores": {"x": [1]}, "curves": {"y": [2.0]}}


def test_a_measurement_that_fails_leaves_nothing(tmp_path):
    lab = Lab(tmp_path)
    run = train(lab)
    with pytest.raises(ZeroDivisionError):
        lab.measure(run, "a", SETTINGS, lambda: 1 / 0)
    assert lab.measure(run, "a", SETTINGS, lambda: pa.table({"value": [1]})).num_rows == 1


def test_a_damaged_measurement_is_named(tmp_path):
    lab = Lab(tmp_path)
    run = train(lab)
    lab.measure(run, "a", SETTINGS, lambda: pa.table({"value": [1]}))
    (file,) = (run.folder / "measurements").glob("*.parquet")
    file.write_bytes(file.read_bytes()[:50])
    with pytest.raises(DamagedFileError, match=file.name):
        lab.measure(run, "a", SETTINGS, lambda: pa.table({"value": [1]}))


def test_saying_something_tells_whoever_watches(tmp_path):
    notices = []
    Lab(tmp_path, notify=notices.append, task="seed 7").say("probing", 2, 5, accuracy=0.5)
    (notice,) = notices
    assert (notice.task, notice.phase, notice.done, notice.total) == ("seed 7", "probing", 2, 5)
    assert dict(notice.values) == {"accuracy": 0.5}


def test_a_digest_names_content_not_order():
    assert digest({"a": 1, "b": [2]}) == digest({"b": [2], "a": 1})
    assert digest([1, 2]) != digest([2, 1])
    assert len(digest([])) == 16

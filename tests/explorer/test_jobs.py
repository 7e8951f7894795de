"""Jobs: films in a thread, studies and trainings in processes; each told of, each stopped on request."""

import json
import shutil
import threading
import time

import pytest

from ontogeny.errors import Interrupted, OntogenyError, UsageError
from ontogeny.explorer.answers.jobs import FilmRequest, ResumeRequest, StudyRequest
from ontogeny.explorer.jobs import Jobs
from ontogeny.explorer.problems import MissingError
from ontogeny.training import Trajectory, train


def wait_for(look, seconds=60.0):
    end = time.monotonic() + seconds
    while not look():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


def film(index=0):
    return FilmRequest(kind="film", run="karel/0", index=index)


@pytest.fixture
def gate():
    return threading.Event()


@pytest.fixture
def jobs(tmp_path, gate):
    def slow(request, say):
        for done in range(100):
            say("looking", done, 100)
            gate.wait(0.02 if request.index < 50 else 0)
        if request.index == 99:
            raise OntogenyError("planted trouble")

    made = Jobs(tmp_path, slow)
    yield made
    made.close()


def test_a_film_tells_how_far_it_is_and_ends(jobs, gate):
    job = jobs.start(film())
    wait_for(lambda: jobs.get(job.id).done > 2)
    assert jobs.get(job.id).state == "running"
    assert (jobs.get(job.id).phase, jobs.get(job.id).total) == ("looking", 100)
    gate.set()
    wait_for(lambda: jobs.get(job.id).state == "done")
    assert jobs.get(job.id).ended >= job.started


def test_a_film_is_stopped(jobs):
    job = jobs.start(film())
    wait_for(lambda: jobs.get(job.id).done > 0)
    assert jobs.stop(job.id).state == "stopping"
    wait_for(lambda: jobs.get(job.id).state == "stopped")
    assert jobs.stop(job.id).state == "stopped"


def test_trouble_is_told(jobs):
    job = jobs.start(film(99))
    wait_for(lambda: jobs.get(job.id).state == "failed")
    assert jobs.get(job.id).problem == "planted trouble"


def test_who_asks_for_a_film_that_is_being_made_watches_it_and_too_many_are_refused(jobs):
    assert jobs.start(film(0)).id == jobs.start(film(0)).id
    for index in range(1, 8):
        jobs.start(film(index))
    with pytest.raises(OntogenyError, match="8 jobs"):
        jobs.start(film(8))
    with pytest.raises(MissingError):
        jobs.get("none")


def test_a_job_whose_process_cannot_start_fails_with_the_reason_and_holds_nobody_up(jobs, monkeypatch):
    def refuse(*command, **settings):
        raise OSError(12, "Cannot allocate memory")

    monkeypatch.setattr("ontogeny.explorer.jobs.subprocess.Popen", refuse)
    for seed in range(9):
        job = jobs.start(StudyRequest(kind="study", study="toy_study", preset="smoke", seeds=[seed]))
        assert job.state == "failed"
        assert "could not be started: [Errno 12] Cannot allocate memory" in job.problem
        assert job.ended >= job.started


def test_a_job_that_has_not_started_yet_is_not_waited_for(jobs, monkeypatch):
    monkeypatch.setattr("ontogeny.explorer.jobs._FilmJob.start", lambda job: None)
    assert jobs.start(film()).state == "waiting"
    jobs.close()


def unfinish(folder, tmp_path):
    """The run as it was when it was stopped after half of its steps: made by really stopping a copy."""
    run = Trajectory(folder).run
    shutil.rmtree(folder)

    def stop(model, step):
        if step == 10:
            raise KeyboardInterrupt
        return {}

    with pytest.raises(KeyboardInterrupt):
        train(run.model, run.world, run.training, seed=run.seed, folder=folder, evaluate=stop)


@pytest.mark.slow
def test_a_stopped_training_goes_on_in_a_process_of_its_own(explorer, folder, tmp_path):
    finished = [checkpoint.sha256 for checkpoint in Trajectory(folder).checkpoints]
    unfinish(folder, tmp_path)
    run = f"karel/{folder.name}"
    assert explorer.run_page("karel", folder.name).abilities.resume
    job = explorer.start(ResumeRequest(kind="resume", run=run))
    with pytest.raises(OntogenyError, match=r"on its way already|is running"):
        explorer.start(ResumeRequest(kind="resume", run=run))
    wait_for(lambda: explorer.jobs.get(job.id).ended is not None, 300)
    assert (explorer.jobs.get(job.id).state, explorer.jobs.get(job.id).problem) == ("done", None)
    assert [checkpoint.sha256 for checkpoint in Trajectory(folder).checkpoints][:2] == finished[:2]
    assert explorer.runs.summary(folder).status == "done"
    with pytest.raises(OntogenyError, match="is done: there is nothing to go on with"):
        explorer.start(ResumeRequest(kind="resume", run=run))


def test_a_training_that_was_started_elsewhere_stops_when_asked(explorer, folder, tmp_path, monkeypatch):
    monkeypatch.setattr("ontogeny.training.interruptions.LOOKING_SECONDS", 0)
    unfinish(folder, tmp_path)
    run, reached, asked, told = Trajectory(folder).run, threading.Event(), threading.Event(), []

    def evaluate(model, step):
        reached.set()
        asked.wait(60)
        return {}

    def elsewhere():
        with pytest.raises(Interrupted) as stopped:
            train(run.model, run.world, run.training, seed=run.seed, folder=folder, evaluate=evaluate)
        told.append(str(stopped.value))

    training = threading.Thread(target=elsewhere)
    training.start()
    assert reached.wait(60)
    assert explorer.run_page("karel", folder.name).abilities.stop
    assert explorer.stop_run("karel", folder.name).status == "running"
    asked.set()
    training.join(60)
    assert "nothing is lost" in told[0]
    assert explorer.runs.summary(folder).status == "stopped"
    assert not (folder / "STOP").exists()
    with pytest.raises(OntogenyError, match="is stopped: there is nothing to stop"):
        explorer.stop_run("karel", folder.name)


def test_wrong_requests_start_nothing(explorer):
    with pytest.raises(MissingError, match="did you mean 'toy_study'"):
        explorer.start(StudyRequest(kind="study", study="toy_studi"))
    with pytest.raises(UsageError, match="did you mean 'smoke'"):
        explorer.start(StudyRequest(kind="study", study="toy_study", preset="smok"))
    with pytest.raises(UsageError, match="did you mean 'wide'"):
        explorer.start(StudyRequest(kind="study", study="toy_study", preset="smoke", arms=["wyde"]))
    with pytest.raises(MissingError, match="unknown run"):
        explorer.start(ResumeRequest(kind="resume", run="karel/none"))
    with pytest.raises(MissingError):
        explorer.stop_run("karel", "0" * 16)
    assert explorer.jobs.all() == []


def test_the_real_film_of_a_run(explorer, folder, monkeypatch):
    told = []
    monkeypatch.setattr(type(explorer.time_machine), "precompute", lambda self, run, place, say: told.append(place))
    job = explorer.start(FilmRequest(kind="film", run=f"karel/{folder.name}", index=33))
    wait_for(lambda: explorer.jobs.get(job.id).state == "done")
    assert (told[0].block, told[0].row) == (1, 1)
    assert json.loads(job.model_dump_json())["kind"] == "film"

import io
import json

import pytest

import toy_study
from ontogeny.errors import Interrupted
from ontogeny.explorer import worker
from ontogeny.explorer.answers.jobs import FilmRequest, StudyRequest


def work(store, request):
    sink = io.StringIO()
    code = worker.main(store, io.StringIO(request.model_dump_json()), sink)
    return code, [json.loads(line) for line in sink.getvalue().splitlines()]


def test_a_study_is_run_and_told_of(tmp_path):
    code, lines = work(tmp_path, StudyRequest(kind="study", study="toy_study", preset="smoke", seeds=[0]))
    assert code == 0
    assert any("training" in line["phase"] for line in lines)
    assert (tmp_path / "toy_study" / "evidence" / "smoke" / "record.yaml").is_file()


@pytest.mark.parametrize(("trouble", "code"), [("error", 1), ("interrupt", worker.STOPPED)])
def test_trouble_has_its_exit_code(tmp_path, trouble, code):
    request = StudyRequest(kind="study", study="toy_study", preset="smoke", seeds=[1], set=[f"trouble={trouble}"])
    found, lines = work(tmp_path, request)
    assert found == code
    assert (lines[-1].get("problem") == "planted trouble") == (trouble == "error")


def test_a_stop_is_no_problem(tmp_path, monkeypatch):
    def stop(trouble):
        raise Interrupted("stopped")

    monkeypatch.setattr(toy_study, "go_wrong", stop)
    request = StudyRequest(kind="study", study="toy_study", preset="smoke", seeds=[1], set=["trouble=error"])
    code, lines = work(tmp_path, request)
    assert code == worker.STOPPED
    assert "problem" not in lines[-1]


def test_films_are_not_for_it(tmp_path):
    code, lines = work(tmp_path, FilmRequest(kind="film", run="karel/0"))
    assert code == 1
    assert "FilmRequest" in lines[-1]["problem"]

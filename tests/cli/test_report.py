from pathlib import Path

import pytest

from ontogeny import cli


def test_report_without_runs_shows_the_committed_and_says_so(capsys, committed):
    assert cli.main(["report", "toy_study", "--static", "--out", "mine.html"]) == 0
    output = capsys.readouterr()
    assert output.out == "mine.html\n"
    assert "this is the committed evidence" in output.err
    assert "Weights have a size." in Path("mine.html").read_text()


def test_report_writes_its_figures_as_files(committed):
    assert cli.main(["report", "toy_study", "--static", "--out", "mine.html", "--figures", "drawn"]) == 0
    assert [path.name for path in Path("drawn").iterdir()] == ["sizes.svg"]
    assert "<svg" in Path("drawn/sizes.svg").read_text()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--out", "folder"], "--out folder: this is a folder; expected a file, for example folder/report.html"),
        (["--out", "folder", "--static"], "--out folder: this is a folder"),
        (["--out", "mine.html", "--figures", "file"], "--figures file: this is a file; expected a folder"),
    ],
)
def test_a_place_that_cannot_be_written_to_is_refused_before_anything_is(capsys, committed, arguments, message):
    Path("folder").mkdir()
    Path("file").touch()
    assert cli.main(["report", "toy_study", *arguments]) == 2
    assert message in capsys.readouterr().err
    assert sorted(path.name for path in Path().rglob("*")) == ["file", "folder"]


def test_a_report_is_the_page_with_the_study_inside(capsys, committed, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert cli.main(["report", "toy_study", "--out", "new/mine.html"]) == 0
    assert capsys.readouterr().out == "new/mine.html\n"
    page = Path("new/mine.html").read_text()
    assert 'id="ontogeny-bundle"' in page
    assert "Weights have a size." in page

import shutil

import pytest

import toy_study
from ontogeny.explorer import drawn
from ontogeny.explorer.drawn import kept_figures
from ontogeny.lab.evidence_places import choose


def never():
    raise AssertionError("it was drawn before")


def test_what_was_drawn_is_kept_until_the_evidence_changes(store, tmp_path):
    folder = choose("toy_study", store, None).folder
    evidence = toy_study.Evidence.load(folder)
    figures = kept_figures(toy_study.study, folder, lambda: toy_study.figures(evidence))
    assert kept_figures(toy_study.study, folder, never) == figures
    (kept,) = (tmp_path / "cache").rglob("*.json")
    kept.write_text("damaged")
    assert kept_figures(toy_study.study, folder, lambda: figures) == figures
    (folder / "record.yaml").write_text("another")
    assert kept_figures(toy_study.study, folder, list) == []


@pytest.mark.parametrize("room", ["statistics", "instruments", "references", "atlas"])
def test_figures_are_drawn_anew_when_a_module_that_they_may_use_is_changed(store, tmp_path, monkeypatch, room):
    folder = choose("toy_study", store, None).folder
    edited = tmp_path / "edited"
    shutil.copytree(drawn.PACKAGE / room, edited / room)
    monkeypatch.setattr(drawn, "PACKAGE", edited)
    figures = toy_study.figures(toy_study.Evidence.load(folder))
    assert kept_figures(toy_study.study, folder, lambda: figures) == figures
    with (edited / room / "__init__.py").open("a") as module:
        module.write("# edited")
    drawn.code_digest.cache_clear()  # as in a new process
    assert kept_figures(toy_study.study, folder, list) == []


def test_without_a_cache_figures_are_drawn(store, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", "/proc/nothing")
    folder = choose("toy_study", store, None).folder
    assert kept_figures(toy_study.study, folder, list) == []

import os
import shutil

import pytest

import toy_study
from ontogeny.explorer import studies as shelf_module
from ontogeny.explorer.bundle import bundle
from ontogeny.explorer.problems import MissingError
from ontogeny.explorer.studies import StudyShelf
from ontogeny.files import exclusive
from ontogeny.lab.study_run import run_study


def test_a_card_has_verdicts_and_cost(store):
    (card,) = StudyShelf(store).all()
    assert (card.id, card.preset, card.committed, card.seeds) == ("toy_study", "laptop", False, 3)
    assert card.verdicts == {"reproduced": 1}
    assert card.seconds > 0
    assert card.figure == "/api/studies/toy_study/card.svg?preset=laptop"


def test_a_cards_verdicts_figure_and_cost_are_of_one_preset(store):
    committed = store.parent / "committed"
    committed.mkdir()
    (store / "toy_study" / "evidence").rename(committed / "toy_study")
    shutil.rmtree(store / "toy_study")
    run_study(toy_study.study, store, preset="smoke", seeds=range(1), workers=1)
    shelf = StudyShelf(store)
    (card,) = shelf.all()
    assert (card.verdicts, card.preset, card.committed, card.seeds) == ({"reproduced": 1}, "laptop", True, 3)
    assert card.figure == "/api/studies/toy_study/card.svg?preset=laptop"
    page = shelf.page(toy_study.study, None)
    assert (page.verdicts, page.preset, page.committed, page.seeds) == ({"undecided": 1}, "smoke", False, 1)
    assert page.figure == "/api/studies/toy_study/card.svg?preset=smoke"
    responses = bundle("toy_study", store)["responses"]
    (carried,) = responses["/api/studies"]["studies"]
    assert (carried["preset"], carried["verdicts"]) == ("smoke", {"undecided": 1})
    assert "<svg" in responses[carried["figure"]]


def test_a_page_has_rows_tables_and_the_command(store):
    page = StudyShelf(store).page(toy_study.study, None)
    (row,) = page.rows
    assert (row.claim, row.verdict, row.study_title) == ("size", "reproduced", toy_study.study.title)
    assert [table.name for table in page.tables] == ["quantities", "sizes"]
    assert {arm.name: arm.seeds for arm in page.conditions} == {"main": [0, 1, 2], "wide": []}
    assert page.command == "ontogeny run toy_study --preset laptop --seeds 3"
    assert page.entries[0].runs[0].startswith("toy_study/")


def test_without_evidence_everything_is_undecided(tmp_path):
    shelf = StudyShelf(tmp_path)
    page = shelf.page(toy_study.study, None)
    assert (page.preset, page.tables, page.rows[0].verdict) == (None, [], "undecided")
    assert page.figure is None
    with pytest.raises(MissingError, match="ontogeny run toy_study"):
        shelf.page(toy_study.study, "laptop")


def test_damaged_evidence_is_named_and_decides_nothing(store):
    path = store / "toy_study" / "evidence" / "laptop" / "quantities.csv"
    path.write_text(path.read_text().replace("main", "mean", 1))
    shelf = StudyShelf(store)
    (card,) = shelf.all()
    assert str(path) in card.problem
    assert card.verdicts == {"undecided": 1}
    assert str(path) in shelf.ledger(toy_study.study)[0].reason


def test_who_measures_now_is_shown(store):
    with exclusive(store / "toy_study" / "evidence" / "laptop"):
        assert StudyShelf(store).all()[0].running == ["laptop"]
    assert StudyShelf(store).all()[0].running == []


def test_evidence_is_read_again_when_it_changes(store):
    shelf = StudyShelf(store)
    place = shelf.place(toy_study.study, None)
    first = shelf.evidence(place)
    assert shelf.evidence(place) is first
    record = place.folder / "record.yaml"
    os.utime(record, ns=(0, 0))  # written again: the same content at another time
    assert shelf.evidence(place) is not first


def test_claims_are_judged_once_until_evidence_changes(store, monkeypatch):
    shelf, asked = StudyShelf(store), []
    judge = shelf_module.study_ledger
    monkeypatch.setattr(shelf_module, "study_ledger", lambda *given, **more: asked.append(1) or judge(*given, **more))
    rows = shelf.ledger(toy_study.study)
    assert shelf.ledger(toy_study.study) == rows
    assert len(asked) == 1
    record = shelf.place(toy_study.study, None).folder / "record.yaml"
    os.utime(record, ns=(0, 0))
    assert shelf.ledger(toy_study.study) == rows
    assert len(asked) == 2


def test_figures_are_drawn_once(store, monkeypatch):
    shelf = StudyShelf(store)
    place = shelf.place(toy_study.study, None)
    (figure,) = shelf.figures(toy_study.study, place)
    assert figure.id == "sizes"
    assert shelf.figures(toy_study.study, place)[0] is figure


def test_names_that_do_not_exist(store):
    shelf = StudyShelf(store)
    with pytest.raises(MissingError, match="did you mean 'toy_study'"):
        shelf.find("toy_studi")
    with pytest.raises(MissingError, match="did you mean 'sizes'"):
        shelf.table(toy_study.study, shelf.place(toy_study.study, None), "size")
    with pytest.raises(MissingError, match="preset"):
        shelf.ledger(toy_study.study, "paper")

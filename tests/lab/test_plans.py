import importlib
import sys
from dataclasses import replace

import pytest

import toy_study
from ontogeny.errors import UsageError
from ontogeny.lab import plans
from ontogeny.lab.plans import plan_study

TOY = toy_study.study


def test_what_does_not_exist_is_named_with_the_nearest(tmp_path):
    with pytest.raises(UsageError, match="did you mean 'laptop'"):
        plan_study(TOY, tmp_path, preset="labtop")
    with pytest.raises(UsageError, match="arm of toy_study 'wid'; did you mean 'wide'"):
        plan_study(TOY, tmp_path, arms=["main", "wid"])
    with pytest.raises(UsageError, match="did you mean 'steps'"):
        plan_study(TOY, tmp_path, overrides=["training.step=3"])
    with pytest.raises(UsageError, match="less than or equal to 10, given 11"):
        plan_study(TOY, tmp_path, overrides=["scale=11"])
    with pytest.raises(UsageError, match="from 0 on"):
        plan_study(TOY, tmp_path, seeds=[-1])
    with pytest.raises(UsageError, match="one or more"):
        plan_study(TOY, tmp_path, seeds=[])
    assert list(tmp_path.iterdir()) == []


def test_an_arm_keeps_what_its_name_says(tmp_path):
    plan = plan_study(TOY, tmp_path, arms=["main", "wide"], overrides=["model.width=32", "scale=3"])
    main, wide = plan.cells
    assert (main.settings.model.width, main.settings.scale) == (32, 3.0)
    assert (wide.settings.model.width, wide.settings.scale) == (16, 3.0)
    assert (main.label, wide.label) == ("seed 0", "wide, seed 0")


def test_changed_settings_have_evidence_of_their_own(tmp_path):
    plain, same = plan_study(TOY, tmp_path), plan_study(TOY, tmp_path, overrides=["scale=2.0"])
    changed, other = (plan_study(TOY, tmp_path, overrides=[f"scale={scale}"]) for scale in (3, 4))
    assert (plain.preset, same.preset) == ("laptop", "laptop")
    assert changed.preset.startswith("laptop+")
    assert len({plain.evidence, changed.evidence, other.evidence}) == 3


def test_a_plan_reads_the_code_that_measures_once(tmp_path, monkeypatch):
    read = []
    monkeypatch.setattr(plans, "_source_hash", lambda measure: read.append(measure) or "a version")
    plan = plan_study(TOY, tmp_path, seeds=range(3))
    assert len({cell.folder for cell in (*plan.cells, *plan.missing)}) == 3
    assert read == [TOY.measure]


def test_another_version_of_the_study_measures_anew_but_judging_or_another_arm_does_not(tmp_path):
    package = tmp_path / "my_study"
    package.mkdir()
    source = "def measure(lab, settings, arm, seed): ...\n"
    for name in ("__init__.py", "claims.py", "figures.py"):
        (package / name).write_text(source)
    (package / "settings.py").write_text('ARMS: dict = {"main": ()}\nSIZE = 3\n')
    sys.path.insert(0, str(tmp_path))
    try:
        measure = importlib.import_module("my_study").measure
        study = replace(TOY, measure=measure)
        first = plan_study(study, tmp_path).cells[0].folder
        (package / "claims.py").write_text("# another criterion\n")
        (package / "settings.py").write_text('ARMS: dict = {\n    "main": (),\n    "other": (),\n}\nSIZE = 3\n')
        assert plan_study(study, tmp_path).cells[0].folder == first
        (package / "settings.py").write_text('ARMS: dict = {"main": ()}\nSIZE = 4\n')
        assert plan_study(study, tmp_path).cells[0].folder != first
        (package / "settings.py").write_text('ARMS: dict = {"main": ()}\nSIZE = 3\n')
        assert plan_study(study, tmp_path).cells[0].folder == first
        (package / "__init__.py").write_text(source + "# another measurement\n")
        assert plan_study(study, tmp_path).cells[0].folder != first
    finally:
        sys.path.remove(str(tmp_path))
        del sys.modules["my_study"]

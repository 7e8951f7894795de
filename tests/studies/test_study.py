import pytest

import ontogeny as og
import toy_study
from ontogeny import studies
from ontogeny.errors import UsageError


def test_every_folder_here_is_a_study_of_its_name():
    assert [study.id for study in studies.all()] == studies.names()


@pytest.mark.parametrize("name", studies.names())
def test_a_study_is_complete(name):
    study = studies.find(name)
    assert {"smoke", "laptop"} <= set(study.settings)
    assert study.arms["main"] == ()
    assert study.question.endswith("?")
    assert study.paper.url.startswith("https://")
    ids = [claim.id for claim in study.claims]
    assert len(ids) == len(set(ids)) > 0
    assert all(set(claim.presets) <= set(study.settings) for claim in study.claims)


def test_an_unknown_study_is_a_usage_error():
    with pytest.raises(UsageError, match="unknown study 'emergent'"):
        og.study("emergent")


def test_running_a_study_from_python(tmp_path, capsys):
    found = toy_study.study.run(seeds=3, store=tmp_path, workers=1)
    claims = found.claims.to_pylist()
    assert [row["verdict"] for row in claims] == ["reproduced"]
    assert found.evidence.seeds() == [0, 1, 2]
    assert "seed 2: training" in capsys.readouterr().err
    again = toy_study.study.run(seeds=[1], store=tmp_path)
    assert again.claims.to_pylist() == claims
    assert capsys.readouterr().err == ""


def test_what_the_package_offers():
    from ontogeny.lab.seeds import train_seeds
    from ontogeny.models import Transformer

    assert og.models.Transformer is Transformer
    assert og.train is train_seeds
    assert og.study is studies.find
    assert {"study", "train", "worlds", "models"} <= set(dir(og))
    with pytest.raises(AttributeError, match="no attribute 'trian'"):
        og.trian  # noqa: B018

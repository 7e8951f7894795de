import json

import pytest

from explorer.conftest import MODEL, WORLD
from ontogeny.explorer.films import SAMPLES, film
from ontogeny.lab.lab import Lab
from ontogeny.models import Transformer
from ontogeny.studies.induction.settings import PRESETS
from ontogeny.training import Spacing, Training
from ontogeny.worlds import InContext, Inputs

ROOM = 1_000_000
INDUCTION = PRESETS["smoke"]
FUNCTIONS = InContext(inputs=Inputs(features=1), examples=4, shown="interleaved")
FEW = Training(steps=2, batch=8, checkpoints=Spacing(every=2, logarithmic=False))
MANY = Training(steps=32, batch=8, checkpoints=Spacing(every=2, logarithmic=False))


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    return Lab(tmp_path_factory.mktemp("films"))


@pytest.fixture(scope="module")
def streams(lab):
    return lab.train("induction", INDUCTION.model, INDUCTION.segments, MANY, 0)


@pytest.fixture(scope="module")
def functions(lab):
    return lab.train("functions", Transformer(layers=1, width=8, heads=2, mlp=8), FUNCTIONS, MANY, 0)


@pytest.fixture
def store(lab):
    return lab.store


def steps_of(answers, part):
    return sorted({int(address.split("step=")[1].split("&")[0]) for address in answers if part in address})


@pytest.mark.parametrize(("name", "part"), [("streams", "/inspect?"), ("functions", "/functions/episode?")])
def test_a_film_holds_what_the_api_answers_at_a_few_checkpoints(request, client, explorer, name, part):
    answers = film(explorer, request.getfixturevalue(name), ROOM, compute=True)
    for address, kept in json.loads(json.dumps(answers, allow_nan=False)).items():
        answer = client.get(address)
        assert answer.status_code == 200, address
        assert kept == answer.json(), address
    assert steps_of(answers, part) == list(range(0, 33, 4))
    assert sum(part in address for address in answers) == 9 * SAMPLES


def test_heads_are_scored_where_time_is_given(explorer, streams):
    address = f"/api/runs/induction/{streams.folder.name}/heads"
    assert film(explorer, streams, ROOM, compute=True)[address]["missing"] == []


def test_less_room_takes_fewer_samples_then_fewer_checkpoints_then_no_film(explorer, streams):
    whole = film(explorer, streams, ROOM, compute=False)
    looks = [len(json.dumps(answer)) for address, answer in whole.items() if "/inspect?" in address]
    one = max(looks)
    single = film(explorer, streams, 10 * one, compute=False)
    assert len(steps_of(single, "/inspect?")) == 9
    assert sum("/sequence?" in address for address in single) < SAMPLES
    assert steps_of(film(explorer, streams, 3 * one, compute=False), "/inspect?") == [0, 16, 32]
    assert film(explorer, streams, one, compute=False) == {}


def test_a_karel_film_is_made_where_time_is_given(explorer, lab):
    run = lab.train("karel", MODEL, WORLD, FEW, 0)
    assert film(explorer, run, ROOM, compute=False) == {}
    made = film(explorer, run, ROOM, compute=True)
    (address,) = [address for address in made if "/film?" in address]
    assert [moment["step"] for moment in made[address]["moments"]] == [0, 2]
    assert film(explorer, run, 100, compute=False) == {}

"""Folders of other people's models, opened at the start: looked at by text or by token numbers, never by a path."""

import json

import numpy as np
import pytest
import torch
from fastapi.testclient import TestClient
from safetensors.torch import load_file, save_file

from explorer.own_folders import WORDS, write_model, write_tokenizer
from ontogeny import cli
from ontogeny.errors import OntogenyError, UsageError
from ontogeny.explorer.answers.inspection import Head, OwnRequest
from ontogeny.explorer.app import make_app
from ontogeny.explorer.explorer import Explorer
from ontogeny.explorer.models import Models
from ontogeny.explorer.own_models import OwnModels
from ontogeny.explorer.problems import MissingError, TooLargeError
from ontogeny.models.huggingface import load


@pytest.fixture
def folder(tmp_path):
    return write_model(tmp_path / "mine")


def opened(*folders, memory=1 << 30):
    return OwnModels.open(folders, Models(memory))


def ask(own, name="mine", **request):
    return own.inspect(name, OwnRequest(step=0, **request))


def test_token_numbers_are_typed_where_there_is_no_tokenizer(folder):
    own = opened(folder)
    (about,) = own.all().models
    assert (about.architecture, about.layers, about.heads) == ("gpt_neox", 2, 2)
    assert (about.vocabulary, about.positions) == (12, 16)
    assert not about.text
    assert "no tokenizer.json" in about.problem
    with pytest.raises(UsageError, match=r"text cannot be typed: the folder holds no tokenizer.json"):
        ask(own, text="the cat")
    seen = ask(own, tokens=[5, 1, 5])
    assert seen.positions == ["5", "1", "5"]
    with torch.no_grad():
        odds = load(folder)(torch.tensor([[5, 1, 5]]))[0].softmax(-1).numpy()
    assert [p.actual for p in seen.predictions] == ["1", "5", None]
    assert seen.predictions[0].probability == pytest.approx(odds[0, 1], abs=1e-4)
    assert seen.loss == pytest.approx(-np.log([odds[0, 1], odds[1, 5]]).mean(), abs=1e-4)
    assert seen.predictions[-1].next[0].word == str(odds[2].argmax())


def test_text_is_typed_where_the_folder_holds_a_tokenizer(folder):
    write_tokenizer(folder)
    own = opened(folder)
    assert own.all().models[0].text
    seen = ask(own, text="the cat sat on the mat")
    assert seen.positions == ["the", "cat", "sat", "on", "the", "mat"]
    assert seen.patterns == ask(own, tokens=[1, 2, 3, 4, 1, 5]).patterns
    said = {guess.word for guess in ask(own, tokens=[1], top=20).predictions[0].next}
    assert said == {*WORDS, *map(str, range(6, 12))}


def test_a_silenced_head_is_the_ablation_of_the_command_line(folder):
    from ontogeny.instruments import ablate, find_part, sequences

    tokens = np.array([[5, 1, 5, 1, 5, 2]])
    seen = ask(opened(folder), tokens=tokens[0].tolist(), ablate=[Head(layer=1, head=0)])
    model = load(folder)
    odds = ablate(model, [find_part(model, "1.0")], "zero", sequences(tokens))[0].softmax(-1).numpy()
    assert [p.probability for p in seen.ablated[:-1]] == pytest.approx(odds[np.arange(5), tokens[0, 1:]], abs=1e-4)
    assert seen.ablated_loss != seen.loss


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ({}, "either text or tokens"),
        ({"tokens": []}, "1 to 16 tokens, given 0"),
        ({"tokens": [1] * 17}, "1 to 16 tokens, given 17"),
        ({"tokens": [1, 12]}, "token 12: expected numbers from 0 to 11"),
        ({"tokens": [1], "layer": 2}, "layer 2: expected 0 to 1"),
    ],
)
def test_what_cannot_be_looked_at_is_said(folder, request_, message):
    with pytest.raises(UsageError, match=message):
        ask(opened(folder), **request_)


def test_unknown_models_and_steps_are_missing(folder):
    own = opened(folder)
    with pytest.raises(MissingError, match=r"unknown model 'other' \(opened: mine\)"):
        ask(own, "other", tokens=[1])
    with pytest.raises(MissingError, match="no checkpoint at step 3"):
        own.inspect("mine", OwnRequest(step=3, tokens=[1]))


def test_a_series_has_its_steps_and_two_of_one_name_are_told_apart(tmp_path):
    for seed, step in enumerate((0, 1000)):
        write_model(tmp_path / "a" / "mine" / f"step{step}", seed)
    own = opened(tmp_path / "a" / "mine", write_model(tmp_path / "b" / "mine"))
    assert [(about.id, about.steps) for about in own.all().models] == [("mine", [0, 1000]), ("mine (2)", [0])]
    early, late = (own.inspect("mine", OwnRequest(step=step, tokens=[1, 2, 3])) for step in (0, 1000))
    assert early.loss != late.loss


def test_memory_is_counted_as_fp32(folder):
    path = folder / "model.safetensors"
    halves = {name: value.half() for name, value in load_file(path).items()}
    save_file(halves, path, metadata={"format": "pt"})
    weights = sum(value.numel() for value in halves.values())
    with pytest.raises(TooLargeError, match="--memory"):
        ask(opened(folder, memory=3 * weights), tokens=[1])
    assert ask(opened(folder, memory=4 * weights), tokens=[1]).predictions


def test_what_is_no_model_is_said_before_anything_is_served(tmp_path, capsys, store):
    run = next((store / "karel").iterdir())
    with pytest.raises(UsageError, match="a run of ours"):
        opened(run)
    with pytest.raises(OntogenyError, match="holds no model"):
        opened(tmp_path)
    (write_model(tmp_path / "mine") / "tokenizer.json").write_text("{}")
    assert cli.main(["explore", "--no-browser", "--store", str(store), "--model", str(tmp_path / "mine")]) == 1
    assert "tokenizer.json is no tokenizer" in capsys.readouterr().err


def test_without_the_package_numbers_are_typed_and_the_extra_is_named(folder, monkeypatch):
    from ontogeny.explorer import tokens

    write_tokenizer(folder)
    monkeypatch.setattr(tokens.importlib.util, "find_spec", lambda name: None)
    assert "pip install 'ontogeny[explorer]'" in opened(folder).all().models[0].problem


def test_over_the_api_no_path_is_taken(folder, store):
    client = TestClient(make_app(Explorer(store, own=[folder])), base_url="http://localhost")
    assert [about["id"] for about in client.get("/api/models").json()["models"]] == ["mine"]
    assert client.post("/api/models/mine/inspect", json={"step": 0, "tokens": [1, 2]}).status_code == 200
    for name in (json.dumps(str(folder)), "..%2Fmine", str(folder)):
        assert client.post(f"/api/models/{name}/inspect", json={"step": 0, "tokens": [1]}).status_code in (404, 405)

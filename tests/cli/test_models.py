"""The commands on single models: heads, ablate, probe."""

import json
import re
import shlex
from pathlib import Path

import pytest

from ontogeny import cli
from ontogeny.instruments.ablation import ablate
from ontogeny.instruments.parts import head, mean_loss
from ontogeny.models import Transformer
from ontogeny.models.huggingface import save
from ontogeny.training import Spacing, Training, Trajectory, train
from ontogeny.worlds import FunctionTables, InContext, Inputs
from toys import Counter

GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "own_models.md"
CONFIG = Transformer(layers=2, width=16, heads=2, mlp=8)
SMALL = ["--sequences", "3", "--length", "12"]


@pytest.fixture(autouse=True)
def series():
    """A series of two folders in the working directory."""
    for seed in (0, 1):
        save(CONFIG.build(vocab=9, feature_size=0, length=16, seed=seed), f"series/step{seed}", "gpt_neox")


def answer(capsys, *arguments):
    assert cli.main([*arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_every_command_of_the_guide_runs(capsys, monkeypatch):
    pytest.importorskip("uvicorn", reason="needs the extra [explorer]")
    monkeypatch.setattr("ontogeny.explorer.serve._run", lambda app, listening: listening.close())  # it would serve on
    monkeypatch.setattr("webbrowser.open", lambda address: True)
    names: dict[str, object] = {}
    commands = 0
    for kind, block in re.findall(r"```(python|console)\n(.*?)```", GUIDE.read_text(), flags=re.DOTALL):
        if kind == "python":
            exec(compile(block, GUIDE.name, "exec"), names)  # our own text, from this repository
            continue
        for line in block.splitlines():
            assert cli.main(shlex.split(line.removeprefix("$ ontogeny"))) == 0, line
            commands += 1
    assert commands == 8
    assert "prefix_matching" in capsys.readouterr().out


def test_a_run_is_ablated_on_the_task_of_its_own_seed(capsys):
    world = FunctionTables(inputs=4, values=4, tables=4, blocks=4)
    training = Training(steps=3, batch=8, checkpoints=Spacing(every=3, logarithmic=False))
    train(CONFIG, world, training, seed=1, folder="tables")
    (row,) = answer(capsys, "ablate", "tables", "--parts", "0.0", "--methods", "zero", "--sequences", "8")
    model = Trajectory("tables").load(3)
    batch = world.batch(1, 0, 8, "test")
    loss = mean_loss(ablate(model, [head(0, 0)], "zero", batch), batch)
    assert row["loss"] == pytest.approx(loss, abs=1e-5)


def test_heads_of_a_folder_and_of_a_series(capsys):
    rows = answer(capsys, "heads", "series/step1", *SMALL)
    assert len(rows) == 2 * 2 * 5
    assert set(rows[0]) == {"step", "layer", "head", "meter", "score", "chance", "normalised"}
    assert {row["step"] for row in rows} == {1}
    assert {row["step"] for row in answer(capsys, "heads", "series", "--step", "all", *SMALL)} == {0, 1}
    assert cli.main(["heads", "series", "--step", "0", "--begin", "0", *SMALL]) == 0
    header, chance, *heads = capsys.readouterr().out.splitlines()
    assert header.split()[:3] == ["step", "head", "previous_token"]
    assert chance.split()[1] == "chance"
    assert [line.split()[1] for line in heads] == ["0.0", "0.1", "1.0", "1.1"]


@pytest.fixture(params=["ours", "ours with features", "theirs"])
def model(request):
    """A run of ours, one whose model sees features first, or a folder that transformers wrote; seven tokens or more."""
    if request.param == "theirs":
        pytest.importorskip("transformers")
        from peers import peer

        peer("gpt2").save_pretrained("theirs")
        return "theirs"
    world = Counter(shown="features" if "features" in request.param else "tokens")
    train(CONFIG, world, Training(steps=2, batch=4, checkpoints=Spacing(every=1)), seed=0, folder="run")
    return "run"


def test_all_commands_take_runs_of_ours_and_folders_of_others(capsys, model):
    size = ["--sequences", "3", "--length", "8"]
    meters = {row["meter"] for row in answer(capsys, "heads", model, *size)}
    assert meters > {"previous_token", "prefix_matching"}
    assert answer(capsys, "heads", model, "--composition")
    rows = answer(capsys, "ablate", model, *size)
    assert {row["method"] for row in rows} == {"zero", "mean", "resample"}
    assert {"0.0", "0.mlp"} < {row["parts"] for row in rows}
    labelled([8] * 40, vocab=7)
    rows = answer(capsys, "probe", model, "--data", "data.jsonl", "--label", "small", "--probe", "ridge")
    assert {"accuracy", "untrained", "input", "control"} < set(rows[0])
    assert [row["source"] for row in rows][:2] == ["embed", "layers.0.residual_out"]
    if model == "run":
        steps = {row["step"] for row in answer(capsys, "ablate", model, "--step", "all", "--parts", "0.1", *size)}
        assert steps == {0, 1, 2}


def test_composition(capsys):
    assert len(answer(capsys, "heads", "series", "--composition")) == 3 * 4
    assert cli.main(["heads", "series", "--composition"]) == 0
    output = capsys.readouterr()
    assert "the strongest 12 of 12 pairs" in output.err
    assert output.out.splitlines()[0].split() == ["step", "read", "by", "writer", "reader", "score", "chance"]


def test_ablation_of_parts_alone_and_together(capsys):
    rows = answer(capsys, "ablate", "series", *SMALL)
    assert len(rows) == 6 * 3
    (row,) = answer(capsys, "ablate", "series", "--parts", "0.1,1.mlp", "--methods", "mean", *SMALL)
    assert (row["parts"], row["method"]) == ("0.1 + 1.mlp", "mean")
    (row,) = answer(capsys, "ablate", "series", "--keep", "0.1,1.0", "--methods", "zero", *SMALL)
    assert row["parts"] == "0.0 + 1.1"


def labelled(lengths, vocab=9):
    lines = []
    for number, length in enumerate(lengths):
        tokens = [(number * 7 + place * place) % vocab for place in range(length)]
        lines.append(json.dumps({"tokens": tokens, "labels": {"small": ["ny"[token < 4] for token in tokens]}}))
    Path("data.jsonl").write_text("\n".join(lines))


def test_ablation_on_data_of_differing_lengths(capsys):
    labelled([5, 9, 7])
    rows = answer(capsys, "ablate", "series", "--data", "data.jsonl", "--parts", "0.1")
    assert [row["method"] for row in rows] == ["zero", "mean"]
    assert cli.main(["ablate", "series", "--data", "data.jsonl", "--methods", "resample"]) == 2
    assert "the sequences of data.jsonl differ in length" in capsys.readouterr().err


def test_probes_of_a_label(capsys):
    labelled([10] * 40)
    rows = answer(capsys, "probe", "series", "--data", "data.jsonl", "--label", "small", "--probe", "ridge")
    assert [row["source"] for row in rows] == ["embed", "layers.0.residual_out", "layers.1.residual_out"]
    assert rows[0]["accuracy"] == 1


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["heads", "nowhere"], 2, "nowhere holds no model: expected a run"),
        (["heads", "series", "--step", "5"], 2, "no checkpoint at step 5; its checkpoints: 0, 1"),
        (["heads", "series", "--step", "first"], 2, "expected a step, last or all"),
        (["heads", "series", "--step", "\u00b2"], 2, "expected a step, last or all"),
        (["heads", "series", "--length", "17"], 2, "17 positions given, but the model was built for length=16"),
        (["heads", "series", "--begin", "9"], 2, "begin 9: expected a token of the vocabulary, 0 to 8"),
        (["heads", "series", "--begin=-1"], 2, "begin -1: expected a token of the vocabulary, 0 to 8"),
        (["ablate", "series", "--parts", "0.9"], 2, "has heads 0 to 1, given 9"),
        (["ablate", "series", "--methods", "men"], 2, "did you mean 'mean'"),
        (["ablate", "series", "--parts", "0.1", "--keep", "0.1"], 2, "give one of them"),
        (["probe", "series", "--data", "none.jsonl", "--label", "x"], 2, "none.jsonl: cannot be read"),
    ],
)
def test_wrong_requests_are_one_line(capsys, unchecked, arguments, code, message):
    assert cli.main(arguments) == code
    error = capsys.readouterr().err
    assert message in error
    assert "Traceback" not in error


def test_a_model_of_vectors_is_refused(capsys):
    model = Transformer(layers=1, width=3, heads=1, mlp=0, positions="none", stream="shown")
    train(model, InContext(inputs=Inputs(features=2), examples=3), Training(steps=1, batch=2), seed=0, folder="run")
    assert cli.main(["heads", "run"]) == 2
    assert "run holds a transformer of vectors" in capsys.readouterr().err


def test_pickled_weights_are_refused(capsys):
    Path("series/step1/model.safetensors").rename("series/step1/pytorch_model.bin")
    assert cli.main(["heads", "series/step1"]) == 2
    assert "whose format runs code when it is opened" in capsys.readouterr().err


def test_a_model_that_predicts_numbers_is_not_ablated(capsys):
    world = InContext(inputs=Inputs(features=2), examples=3)
    train(Transformer(layers=1, width=8, heads=1, mlp=8), world, Training(steps=1, batch=2), seed=0, folder="run")
    assert cli.main(["ablate", "run"]) == 2
    assert "run learned to predict numbers; this command is about predicted tokens" in capsys.readouterr().err

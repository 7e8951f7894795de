import ast
import tomllib
from pathlib import Path

import pytest

from ontogeny import cli


def test_a_skeleton_is_a_package_with_entry_points_and_a_test(capsys):
    assert cli.main(["new", "study", "dice"]) == 0
    output = capsys.readouterr().out
    assert "next: pip install -e dice && ontogeny run dice --preset smoke --seeds 3" in output
    project = tomllib.loads(Path("dice/pyproject.toml").read_text())
    assert project["project"]["entry-points"]["ontogeny.studies"] == {"dice": "dice:study"}
    modules = {path.name for path in Path("dice/src/dice").iterdir()}
    assert modules == {"__init__.py", "world.py", "settings.py", "measuring.py", "claims.py", "figures.py"}
    for path in Path("dice").rglob("*.py"):
        ast.parse(path.read_text())
        assert "$" not in path.read_text()
    assert Path("dice/tests/test_dice.py").exists()


@pytest.mark.parametrize("name", ["Dice", "my-study", "class", "../up", "", "toy_study"])
def test_a_name_that_cannot_be_writes_nothing(capsys, name):
    assert cli.main(["new", "study", name]) == 2
    assert "name" in capsys.readouterr().err
    assert not list(Path().iterdir())


def test_what_is_there_is_left_alone(capsys):
    Path("dice").mkdir()
    assert cli.main(["new", "study", "dice"]) == 2
    assert "dice exists already" in capsys.readouterr().err
    assert not list(Path("dice").iterdir())
    assert cli.main(["new", "study", "dice", "--out", "elsewhere"]) == 0
    assert Path("elsewhere/src/dice/world.py").exists()

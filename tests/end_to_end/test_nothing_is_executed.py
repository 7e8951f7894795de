"""No module of the package has a way to run what a file holds: told from the source itself."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src"
MODULES = {"cloudpickle", "dill", "joblib", "marshal", "pickle", "runpy", "shelve"}
CALLS = {"__import__", "compile", "eval", "exec", "np.load", "numpy.load", "os.system", "torch.load"}
ARGUMENTS = {"allow_pickle", "shell", "trust_remote_code", "weights_only"}


def ways(tree: ast.AST) -> Iterator[str]:
    """What could execute: imports, calls, arguments."""
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from {name.name.partition(".")[0] for name in names} & MODULES
            case ast.ImportFrom(module=str(module)) if module.partition(".")[0] in MODULES:
                yield module
            case ast.Call(func=function, keywords=keywords):
                if ast.unparse(function) in CALLS:
                    yield f"{ast.unparse(function)}()"
                yield from {str(keyword.arg) for keyword in keywords} & ARGUMENTS


@pytest.mark.parametrize(
    "text",
    ["import pickle", "from joblib import load", "eval('1')", "torch.load(path)", "f(trust_remote_code=True)"],
)
def test_ways_are_seen(text: str) -> None:
    assert list(ways(ast.parse(text)))


def test_there_is_none() -> None:
    paths = sorted(SOURCE.rglob("*.py"))
    assert len(paths) > 100
    assert {path.name: found for path in paths if (found := sorted(ways(ast.parse(path.read_text()))))} == {}

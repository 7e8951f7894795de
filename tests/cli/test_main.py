import subprocess
import sys

import pytest

from ontogeny import cli

HEAVY = {"torch", "numpy", "scipy", "numba", "pyarrow", "matplotlib", "pydantic", "yaml", "rich"}


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"], ["--version"]])
def test_help_imports_nothing_heavy(arguments):
    code = f"""
import sys
from ontogeny.cli import main
try:
    main({arguments!r})
except SystemExit as end:
    assert end.code == 0
loaded = {HEAVY!r} & set(sys.modules)
assert not loaded, loaded
"""
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def test_the_package_itself_imports_nothing_heavy():
    code = f"import sys, ontogeny, ontogeny.studies, ontogeny.lab; assert not {HEAVY!r} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "toy_studi"], "did you mean 'toy_study'"),
        (["report", "toys"], "did you mean 'toy_study'"),
        (["claims", "toy-study"], "did you mean 'toy_study'"),
        (["run", "toy_study", "--preset", "smok"], "did you mean 'smoke'"),
        (["run", "toy_study", "--arms", "main,wyde"], "did you mean 'wide'"),
        (["run", "toy_study", "--set", "training.stebs=3"], "did you mean 'steps'"),
        (["run", "toy_study", "--set", "training.steps=0"], "greater than or equal to 1, given 0"),
        (["run", "toy_study", "--set", "training.steps"], "expected key=value"),
        (["run", "toy_study", "--workers", "0"], "expected 1 or more, given 0"),
        (["report", "toy_study"], "ontogeny run toy_study"),
        (["report", "toy_study", "--out", "/"], "--out /: this is a folder"),
    ],
)
def test_a_wrong_request_is_one_line_and_exit_code_2(capsys, arguments, message):
    assert cli.main(arguments) == 2
    output = capsys.readouterr()
    assert message in output.err
    assert "Traceback" not in output.err
    assert output.out == ""


def test_a_reader_who_has_seen_enough_is_no_error():
    command = f"{sys.executable} -m ontogeny.cli list | true; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")

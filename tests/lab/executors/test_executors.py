import pytest

from ontogeny.errors import UsageError
from ontogeny.lab.executors import NAMES, choose
from ontogeny.lab.executors.contract import Executor


def test_each_name_is_an_executor(tmp_path):
    assert all(isinstance(choose(name, tmp_path), Executor) for name in NAMES)


def test_what_looks_like_a_date_is_text(tmp_path):
    executor = choose("slurm", tmp_path, options=["comment=2024-13-45", "timeout_min=5"])
    assert executor._options["comment"] == "2024-13-45"
    assert executor._options["timeout_min"] == 5


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"name": "slrum"}, "did you mean 'slurm'"),
        ({"name": "local", "address": "auto"}, "--ray-address needs --executor ray"),
        ({"name": "ray", "options": ["partition=gpu"]}, "--slurm needs --executor slurm"),
        ({"name": "slurm", "options": ["partition"]}, "expected key=value"),
        ({"name": "slurm", "options": ["partition=["]}, "not readable as YAML"),
        ({"name": "slurm", "options": ["cpus_per_task=abc"]}, "expected a whole number from 1, given 'abc'"),
        ({"name": "slurm", "options": ["cpus_per_task=0"]}, "expected a whole number from 1, given 0"),
        ({"name": "slurm", "workers": 0}, "expected 1 or more, given 0"),
    ],
)
def test_what_does_not_fit_is_an_error_that_says_so(tmp_path, arguments, message):
    with pytest.raises(UsageError, match=message):
        choose(store=tmp_path, **arguments)

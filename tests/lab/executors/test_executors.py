import pytest

from ontogeny.errors import UsageError
from ontogeny.lab.executors import NAMES, choose
from ontogeny.lab.executors.contract import Executor


def test_each_name_is_an_executor(tmp_path):
    assert all(isinstance(choose(name, tmp_path), Executor) for name in NAMES)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"name": "slrum"}, "did you mean 'slurm'"),
        ({"name": "local", "address": "auto"}, "--ray-address needs --executor ray"),
        ({"name": "ray", "options": ["partition=gpu"]}, "--slurm needs --executor slurm"),
        ({"name": "slurm", "options": ["partition"]}, "expected key=value"),
        ({"name": "slurm", "options": ["partition=["]}, "not readable as YAML"),
        ({"name": "slurm", "workers": 0}, "expected 1 or more, given 0"),
    ],
)
def test_what_does_not_fit_is_an_error_that_says_so(tmp_path, arguments, message):
    with pytest.raises(UsageError, match=message):
        choose(store=tmp_path, **arguments)

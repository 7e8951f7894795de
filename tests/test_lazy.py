"""Names that are imported when first asked for."""

import subprocess
import sys

import pytest

from ontogeny.errors import UsageError
from ontogeny.lazy import importing, optional


def test_a_name_is_found_in_its_module():
    assert importing("ontogeny", {"UsageError": "errors"})("UsageError") is UsageError


def test_a_name_without_a_home_is_an_attribute_error():
    with pytest.raises(AttributeError, match=r"module 'ontogeny' has no attribute 'nothing'"):
        importing("ontogeny", {"UsageError": "errors"})("nothing")


@pytest.mark.parametrize("room", ["claims", "instruments", "lab", "models", "training", "worlds", "worlds.karel"])
def test_importing_a_room_does_not_wait_for_heavy_packages(room: str):
    program = (
        f"import sys, ontogeny.{room}; print(sorted({{'torch', 'numba', 'pyarrow', 'matplotlib'}} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_a_part_that_is_not_installed_names_its_extra():
    assert optional("json", "any").loads("1") == 1
    with pytest.raises(UsageError, match=r"no_such_engine.*pip install 'ontogeny\[engine\]'"):
        optional("no_such_engine", "engine")

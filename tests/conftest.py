"""For all tests: shapes and types are checked at run time, and parallel test processes do not share torch threads."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import jaxtyping
import pytest

SOURCE = Path(__file__).parents[1] / "src"


def _checked_modules() -> list[str]:
    """Every module of the package without compiled functions: numba takes no function that something wraps.

    The package's own `__init__` modules are left out too, since naming one would include all that is below it.
    """
    modules = [path for path in sorted((SOURCE / "ontogeny").rglob("*.py")) if path.name != "__init__.py"]
    plain = [path for path in modules if "njit" not in path.read_text()]
    return [".".join(path.relative_to(SOURCE).with_suffix("").parts) for path in plain]


# A suite started in the background of a shell inherits that Ctrl-C is ignored; tests of Ctrl-C need it as usual.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Before anything of the package is imported: only modules imported later are checked.
jaxtyping.install_import_hook(_checked_modules(), "checking.check")

if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ["OMP_NUM_THREADS"] = "1"  # also for processes that tests start

    import torch

    torch.set_num_threads(1)


@pytest.fixture
def unchecked() -> Iterator[None]:
    """Run-time type checks off: for tests of what the package itself says about a wrong shape or type."""
    jaxtyping.config.update("jaxtyping_disable", True)
    yield
    jaxtyping.config.update("jaxtyping_disable", False)

"""Names of a package that are imported when first asked for: describing things must not wait for torch or numba."""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def importing(package: str, homes: Mapping[str, str]) -> Callable[[str], Any]:
    """A package's `__getattr__`, which finds each name in the module (below the package) that `homes` gives for it.

    >>> importing("ontogeny", {"UsageError": "errors"})("UsageError").exit_code
    2
    """

    def find(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(import_module(f"{package}.{homes[name]}"), name)

    return find

"""Names of a package that are imported when first asked for: describing things must not wait for torch or numba."""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from ontogeny import plugins
from ontogeny.errors import UsageError


def importing(package: str, homes: Mapping[str, str], *, room: str | None = None) -> Callable[[str], Any]:
    """A package's `__getattr__`, which finds each name in the module (below the package) that `homes` gives for it.

    With a `room`, names that have no home are looked for among what installed packages add to it.

    >>> importing("ontogeny", {"UsageError": "errors"})("UsageError").exit_code
    2
    """

    def find(name: str) -> Any:
        if name in homes:
            return getattr(import_module(f"{package}.{homes[name]}"), name)
        if room and not name.startswith("_") and name in plugins.installed(room):
            return plugins.load(room, name)
        raise AttributeError(f"module {package!r} has no attribute {name!r}")

    return find


def optional(module: str, extra: str) -> Any:
    """A module of an optional package. Raises `UsageError` that names the extra where it is not installed."""
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        raise UsageError(
            f"{module} cannot be imported ({error}); install the optional part: pip install 'ontogeny[{extra}]'"
        ) from None

"""What `ontogeny new study` writes: a package with a world, settings, a measurement, a claim, a figure and a test."""

import keyword
import re
from importlib.resources import files
from pathlib import Path
from string import Template

from ontogeny.errors import UsageError
from ontogeny.files import write_atomic

_MODULES = ("__init__", "world", "settings", "measuring", "claims", "figures")


def write_study(name: str, folder: Path) -> list[Path]:
    """Write the package of a new study called `name` to `folder`, which must not exist; the files, in order of reading.

    Raises `UsageError` if the name is not that of a Python package in lower case, or is taken.
    """
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,63}", name) or keyword.iskeyword(name):
        raise UsageError(f"study {name!r}: expected a name of lower-case letters, digits and _")
    if folder.exists():
        raise UsageError(f"{folder} exists already; choose another name, or another place with --out")
    targets = {"README.md": "README.md", "pyproject.toml": "pyproject.toml", "test.py": f"tests/test_{name}.py"}
    targets |= {f"{module}.py": f"src/{name}/{module}.py" for module in _MODULES}
    written = []
    for source, target in targets.items():
        template = Template(files(__name__).joinpath(f"{source}.template").read_text())
        path = folder / target
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(path, template.substitute(name=name).encode())
        written.append(path)
    return written

"""The weights of a folder: one safetensors file, or several with an index. Only what is asked for is read."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from torch import Tensor

from ontogeny.errors import DamagedFileError, OntogenyError, UsageError
from ontogeny.plain import read_small

SINGLE, INDEX = "model.safetensors", "model.safetensors.index.json"
LARGEST_JSON = 2**26
"""64 MiB: no configuration and no index is larger."""


class Shards:
    """Tensors by name, wherever in the folder they are.

    Raises:
        UsageError: the folder holds no safetensors weights.
        DamagedFileError: a file is not whole, or the index and the files do not agree.
    """

    def __init__(self, folder: Path) -> None:
        self.home: dict[str, Path] = {}
        self._files: dict[Path, Any] = {}
        single, index = folder / SINGLE, folder / INDEX
        if single.exists():
            self.home = dict.fromkeys(self._open(single).keys(), single)
        elif index.exists():
            self._read_index(index)
        else:
            raise UsageError(_nothing(folder))

    def __len__(self) -> int:
        return len(self.home)

    def __iter__(self) -> Iterator[str]:
        return iter(self.home)

    def shape(self, name: str) -> tuple[int, ...]:
        return tuple(self._files[self.home[name]].get_slice(name).get_shape())

    def tensor(self, name: str) -> Tensor:
        """As it is stored, in memory of its own."""
        return self._files[self.home[name]].get_tensor(name).clone()

    def _open(self, path: Path) -> Any:
        """The file, whose header the safetensors library has held against its size."""
        if path not in self._files:
            try:
                self._files[path] = safe_open(path, framework="pt")
            except FileNotFoundError:
                raise DamagedFileError(f"{path} is missing; fetch the folder again") from None
            except (SafetensorError, OSError) as error:
                raise DamagedFileError(
                    f"{path} is not a whole safetensors file ({error}); fetch it again from where it came"
                ) from None
        return self._files[path]

    def _read_index(self, index: Path) -> None:
        places = read_json(index).get("weight_map")
        if not isinstance(places, dict) or not all(isinstance(file, str) for file in places.values()):
            raise DamagedFileError(
                f"{index}: expected 'weight_map' with a file for every tensor; fetch the folder again"
            )
        for file in sorted(set(places.values())):
            if Path(file).name != file or not file.endswith(".safetensors"):
                raise DamagedFileError(
                    f"{index}: weight_map: expected names of safetensors files in this folder, found {file!r}; "
                    "nothing outside the folder is read"
                )
            inside = self._open(index.parent / file).keys()
            self.home |= dict.fromkeys(inside, index.parent / file)
        for name, file in places.items():
            if self.home.get(name) != index.parent / file:
                raise DamagedFileError(f"{index}: {name!r} is not in {file}; fetch the folder again")


def read_json(path: Path) -> dict[str, Any]:
    """The object in a JSON file. Raises: OntogenyError if there is no such file, or no object in it."""
    try:
        found = json.loads(read_small(path, LARGEST_JSON))
    except (FileNotFoundError, NotADirectoryError):
        raise OntogenyError(
            f"{path} is missing; expected a folder that transformers or this laboratory wrote"
        ) from None
    except (ValueError, RecursionError) as error:
        raise DamagedFileError(f"{path}: not readable as JSON ({error}); fetch it again") from None
    if not isinstance(found, dict):
        raise DamagedFileError(f"{path}: expected settings in braces, found {type(found).__name__}")
    return found


def _nothing(folder: Path) -> str:
    pickled = sorted(path.name for path in folder.glob("*.bin")) + sorted(path.name for path in folder.glob("*.pt"))
    if pickled:
        return (
            f"{folder} holds {pickled[0]}, whose format runs code when it is opened, and no {SINGLE}: convert it with "
            "transformers (from_pretrained, then save_pretrained) in an environment you trust"
        )
    return f"{folder} holds neither {SINGLE} nor {INDEX}"

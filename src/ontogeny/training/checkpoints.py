"""Weights on disk: safetensors files with their SHA-256 beside them, written whole and verified when read."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor, nn

from ontogeny.errors import DamagedFileError, OntogenyError
from ontogeny.files import naming_full_disk, write_atomic
from ontogeny.plain import read_small
from ontogeny.seals import check_seal, seal_text, state

SUMS = "SHA256SUMS"
"""One line a checkpoint, in the format of the `sha256sum` command: `sha256sum -c SHA256SUMS` checks them too."""

HASH_WIDTH = 64

_LINE = re.compile(r"([0-9a-f]{64})  (([0-9]{1,18})\.safetensors)")


@dataclass(frozen=True)
class Checkpoint:
    """The weights after `step` updates."""

    step: int
    path: Path
    sha256: str


def weights(model: nn.Module) -> dict[str, Tensor]:
    """The model's parameters and buffers by name, on the CPU; weights that are tied appear once."""
    found: dict[str, Tensor] = {}
    seen: set[tuple[int, torch.Size]] = set()
    for name, value in model.state_dict().items():
        place = (value.data_ptr(), value.shape)
        if value.numel() and place in seen:
            continue
        seen.add(place)
        found[name] = value.detach().cpu().contiguous()
    return found


def set_weights(model: nn.Module, stored: Mapping[str, Tensor], source: Path) -> None:
    """Put stored weights into a model of the same shape; `source` is named when they do not fit."""
    expected = weights(model)
    for name, value in expected.items():
        if name not in stored or stored[name].shape != value.shape:
            given = tuple(stored[name].shape) if name in stored else "nothing"
            raise DamagedFileError(f"{source}: expected {name} of shape {tuple(value.shape)}, found {given}")
    if set(stored) != set(expected):
        raise DamagedFileError(f"{source}: holds {sorted(set(stored) - set(expected))[0]}, which the model lacks")
    model.load_state_dict(dict(stored), strict=False)


def list_checkpoints(folder: Path) -> list[Checkpoint]:
    """The checkpoints recorded in a run's `checkpoints` folder, by step."""
    found = []
    for number, line in enumerate(_recorded(folder), start=1):
        match = _LINE.fullmatch(line)
        if match is None:
            raise DamagedFileError(
                f"{folder / SUMS}, line {number}: expected a SHA-256 and a file name, found {line[:200]!r}"
            )
        found.append(Checkpoint(int(match[3]), folder / match[2], match[1]))
    return sorted(found, key=lambda checkpoint: checkpoint.step)


def write_checkpoint(folder: Path, step: int, model: nn.Module) -> Checkpoint:
    """Store the model's weights as the checkpoint of `step` and record their SHA-256."""
    with naming_full_disk(folder):
        folder.mkdir(exist_ok=True)
    path = folder / f"{step:08d}.safetensors"
    digest = write_tensors(path, weights(model))
    # Lines are taken over as they are: making checkpoints of them would cost more the more there are.
    _record(folder, [*(line for line in _recorded(folder) if not line.endswith(path.name)), _line(digest, path)])
    return Checkpoint(step, path, digest)


def keep_until(folder: Path, step: int) -> None:
    """Remove the checkpoints after `step`: training goes on from there and will write them again."""
    kept = [checkpoint for checkpoint in list_checkpoints(folder) if checkpoint.step <= step]
    if folder.is_dir():
        _record(folder, [_line(checkpoint.sha256, checkpoint.path) for checkpoint in kept])
        for path in set(folder.glob("*.safetensors")) - {checkpoint.path for checkpoint in kept}:
            path.unlink()


def write_tensors(path: Path, tensors: Mapping[str, Tensor]) -> str:
    """Write a safetensors file whole or not at all; its SHA-256."""
    data = safetensors.torch.save(dict(tensors))
    write_atomic(path, data)
    return hashlib.sha256(data).hexdigest()


def read_tensors(path: Path, sha256: str, remedy: str) -> dict[str, Tensor]:
    """Read a safetensors file after checking that it holds what was written; `remedy` tells the user what to do."""
    try:
        data = read_small(path, largest=None)
    except FileNotFoundError:
        raise DamagedFileError(f"{path} is missing; {remedy}") from None
    except ValueError as error:
        raise DamagedFileError(f"{path} is damaged ({error}); {remedy}") from None
    except MemoryError:
        raise OntogenyError(f"{path} has {path.stat().st_size} bytes, more than the memory holds; {remedy}") from None
    found = hashlib.sha256(data).hexdigest()
    if found != sha256:
        raise DamagedFileError(
            f"{path} is damaged: its SHA-256 is {found[:12]}..., {sha256[:12]}... was written; {remedy}"
        )
    try:
        return safetensors.torch.load(data)
    except (SafetensorError, ValueError, KeyError, TypeError, RuntimeError) as error:
        raise DamagedFileError(f"{path} is not a safetensors file ({error}); {remedy}") from None


def _recorded(folder: Path) -> list[str]:
    """The lines of a folder's sums, whose seal has been checked."""
    path = folder / SUMS
    if not path.exists():
        return []
    try:
        text = _whole(path, read_small(path)).decode()
    except ValueError as error:
        raise DamagedFileError(f"{path} is damaged ({error}); restore it or train again") from None
    return [line for line in text.splitlines() if not line.startswith("# ")]


def _whole(path: Path, data: bytes) -> bytes:
    """The sums as they were written. A list cut at a line has lost its seal, and does not name what lies beside it."""
    if state(data) == "unsealed" and any(file.name.encode() not in data for file in path.parent.glob("*.safetensors")):
        raise DamagedFileError(
            f"{path} is damaged: its seal is missing, and so are checkpoints that are there; restore it or train again"
        )
    return check_seal(path, data, "restore it or train again")


def _line(sha256: str, path: Path) -> str:
    return f"{sha256}  {path.name}"


def _record(folder: Path, lines: list[str]) -> None:
    """Write the sums, ordered by the names of their files."""
    ordered = sorted(lines, key=lambda line: line[HASH_WIDTH:])
    write_atomic(folder / SUMS, seal_text("".join(f"{line}\n" for line in ordered)))

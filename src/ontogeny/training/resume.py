"""What is needed to go on to the same bits: weights, optimiser state and counters of the newest moment stored."""

import re
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

from torch import nn

from ontogeny.errors import DamagedFileError
from ontogeny.files import naming_full_disk, write_atomic
from ontogeny.plain import load_json, read_small
from ontogeny.seals import check_seal, seal_json
from ontogeny.training.checkpoints import read_tensors, set_weights, weights, write_tensors
from ontogeny.training.optimisers import Optimisers

NEWEST = "newest.json"


@dataclass(frozen=True)
class Moment:
    """A stored moment of a training: the tensors are in `file`, whose SHA-256 is kept here."""

    step: int
    seconds: float
    """Time spent on training so far, evaluations included."""
    file: str
    sha256: str


def write_resume(folder: Path, model: nn.Module, optimisers: Optimisers, step: int, seconds: float) -> None:
    """Store this moment. It counts once `newest.json` is renamed into place; until then the one before does."""
    with naming_full_disk(folder):
        folder.mkdir(exist_ok=True)
    path = folder / f"{step:08d}.safetensors"
    tensors = {f"model/{name}": value for name, value in weights(model).items()}
    tensors |= {f"optimiser/{name}": value.cpu().contiguous() for name, value in optimisers.state().items()}
    moment = Moment(step, seconds, path.name, write_tensors(path, tensors))
    write_atomic(folder / NEWEST, seal_json(asdict(moment)))
    for old in set(folder.glob("*.safetensors")) - {path}:
        old.unlink()


def read_resume(folder: Path, model: nn.Module, optimisers: Optimisers) -> Moment | None:
    """Put the stored moment into model and optimisers; None where nothing is stored."""
    path = folder / NEWEST
    if not path.exists():
        return None
    remedy = f"remove {folder} to train from the beginning again"
    moment = read_moment(path, remedy)
    file = folder / moment.file
    stored = read_tensors(file, moment.sha256, remedy)
    parts: dict[str, dict] = {"model": {}, "optimiser": {}}
    for name, value in stored.items():
        part, _, rest = name.partition("/")
        parts.setdefault(part, {})[rest] = value
    set_weights(model, parts["model"], file)
    optimisers.restore(parts["optimiser"])
    return moment


def read_moment(path: Path, remedy: str) -> Moment:
    """What `newest.json` says; its tensors are not looked at."""
    try:
        content = load_json(check_seal(path, read_small(path), remedy))
        content.pop("seal", None)
        moment = Moment(int(content.pop("step")), float(content.pop("seconds")), **content)
        if not (re.fullmatch(r"[0-9]+\.safetensors", moment.file) and re.fullmatch("[0-9a-f]{64}", moment.sha256)):
            raise ValueError
    except (ValueError, TypeError, AttributeError, KeyError, OverflowError):
        raise DamagedFileError(f"{path} is damaged; {remedy}") from None
    return moment


def clear_resume(folder: Path) -> None:
    """Remove the stored moment: a finished run needs none."""
    (folder / NEWEST).unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)

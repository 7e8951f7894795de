"""A training of other people's: a series of folders with one model each, read as a trajectory."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ontogeny.errors import DamagedFileError, OntogenyError, UsageError
from ontogeny.models.huggingface import CONFIG, fingerprint, load, read_config
from ontogeny.models.transformer import Transformer
from ontogeny.training.checkpoints import Checkpoint
from ontogeny.training.journal import to_table
from ontogeny.training.run import CONFIG as RUN
from ontogeny.training.trajectory import Trajectory

if TYPE_CHECKING:
    import pyarrow as pa

    from ontogeny.models import TransformerModel


class Series:
    """Folders `DIR/step0`, `DIR/step1000`, ... as transformers writes them, by the number that their names end in.

    A folder that holds one model itself is a series of one, at the step in its name or 0. What a trajectory offers is
    offered here, except for what only a training of ours knows: its world and its settings.

    Every weight is read once, for its hash: published branches of different steps have held the same weights (86 of
    pythia-2.8b's held the final ones).

    Args:
        repeats: accept neighbouring checkpoints with the same weights; `repeated` names them.

    Raises:
        OntogenyError: without `repeats`, neighbours do not differ.
        UsageError: there is no such model, two folders are of one step, another architecture or size is in one of them,
            and whatever `models.huggingface.load` refuses.
    """

    def __init__(self, folder: Path | str, *, repeats: bool = False) -> None:
        self.folder = Path(folder)
        self._folders = _by_step(self.folder)
        first, *others = self._folders.values()
        architecture, described = read_config(first)
        for other in others:
            kind, found = read_config(other)
            if (kind.kind, found) != (architecture.kind, described):
                raise UsageError(
                    f"{other} holds another model than {first}: one trajectory is one architecture and size"
                )
        self.model_config: Transformer = described.config
        self.checkpoints = [Checkpoint(step, path, fingerprint(path)) for step, path in self._folders.items()]
        """By step; the hash is that of the weights, whatever files they are kept in."""
        if self.repeated and not repeats:
            pairs = ", ".join(f"{one} and {other}" for one, other in self.repeated)
            raise OntogenyError(
                f"{self.folder}: the same weights at steps {pairs}: fetch these folders again, or accept them with "
                "Series(folder, repeats=True)"
            )

    def __repr__(self) -> str:
        return f"Series({str(self.folder)!r}, {len(self.checkpoints)} checkpoints)"

    @property
    def repeated(self) -> list[tuple[int, int]]:
        """Steps that follow one another and have the same weights."""
        pairs = zip(self.checkpoints, self.checkpoints[1:], strict=False)
        return [(one.step, other.step) for one, other in pairs if one.sha256 == other.sha256]

    @property
    def done(self) -> bool:
        return True

    def load(self, step: int) -> "TransformerModel":
        """The model after `step` updates, in fp32 on the CPU, in evaluation mode; its weights are verified first."""
        found = {checkpoint.step: checkpoint for checkpoint in self.checkpoints}
        if step not in found:
            raise UsageError(f"{self.folder} has no checkpoint at step {step}; its checkpoints: {_listed(found)}")
        path = found[step].path
        if fingerprint(path) != found[step].sha256:
            raise DamagedFileError(f"{path} has changed since this series was opened; open it again")
        return load(path)

    def metrics(self) -> "pa.Table":
        """No rows: such folders keep no metrics."""
        return to_table([])

    @property
    def world(self) -> Any:
        raise UsageError(f"{self.folder} was not trained here: it has no world; give data of your own")


def open_trajectory(folder: Path | str) -> Trajectory | Series:
    """A run of ours, or other people's models: whichever the folder holds."""
    if (Path(folder) / RUN).exists():
        return Trajectory(folder)
    return Series(folder)


def _by_step(folder: Path) -> dict[int, Path]:
    """The model folders by step."""
    if (folder / CONFIG).exists():
        return {_step(folder) or 0: folder}
    found: dict[int, Path] = {}
    for path in sorted(folder.iterdir()) if folder.is_dir() else []:
        step = _step(path)
        if step is None or not (path / CONFIG).exists():
            continue
        if step in found:
            raise UsageError(f"{found[step]} and {path} are both step {step}; expected one folder a step")
        found[step] = path
    if not found:
        raise UsageError(
            f"{folder} holds no model: expected a run ({RUN}), a folder with {CONFIG} and safetensors, or a series of "
            "such folders whose names end in the step, as step0, step1000"
        )
    return dict(sorted(found.items()))


def _step(path: Path) -> int | None:
    number = re.search(r"(\d{1,12})$", path.name)
    return int(number[1]) if number else None


def _listed(steps: dict[int, Checkpoint]) -> str:
    return ", ".join(map(str, steps))

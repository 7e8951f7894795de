"""A run is a value: model, world, training and seed. Its plain form is stored with it, its hash is its name."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from operator import index
from pathlib import Path
from typing import Any

from ontogeny import plugins
from ontogeny.configuration import from_plain, to_plain, validate
from ontogeny.errors import DamagedFileError, OntogenyError, UsageError, unknown_name
from ontogeny.files import write_atomic
from ontogeny.plain import dump_yaml, load_yaml, read_small
from ontogeny.seals import check_seal, seal_text
from ontogeny.training.settings import Training

CONFIG = "config.yaml"


_HOME = {
    "transformer": ("models", "Transformer"),
    "perceptrons": ("models", "Perceptrons"),
    "recurrent": ("models", "Recurrent"),
    "karel": ("worlds", "Karel"),
    "sparse_features": ("worlds", "SparseFeatures"),
    "teacher": ("worlds", "Teacher"),
    "hierarchy": ("worlds", "Hierarchy"),
    "addition": ("worlds", "Addition"),
    "associative_recall": ("worlds", "AssociativeRecall"),
    "function_tables": ("worlds", "FunctionTables"),
    "lego_chains": ("worlds", "LegoChains"),
    "marked_goals": ("worlds", "MarkedGoals"),
    "lego_questions": ("worlds", "LegoQuestions"),
    "majority": ("worlds", "Majority"),
    "markov_chains": ("worlds", "MarkovChains"),
    "mixture": ("worlds", "Mixture"),
    "modular_shift": ("worlds", "ModularShift"),
    "modular_sums": ("worlds", "ModularSums"),
    "repeated_segments": ("worlds", "RepeatedSegments"),
    "sorting": ("worlds", "Sorting"),
    "sparse_parity": ("worlds", "SparseParity"),
    "stages": ("worlds", "Stages"),
    "in_context": ("worlds", "InContext"),
    "prior_data": ("worlds", "PriorData"),
    "prior_tables": ("worlds", "PriorTables"),
    "classification": ("worlds", "Classification"),
    "text": ("worlds", "Text"),
}


def _finder(room: str, name: str) -> Callable[[], type]:
    return lambda: getattr(import_module(f"ontogeny.{room}"), name)


KINDS: dict[str, Callable[[], type]] = {kind: _finder(*home) for kind, home in _HOME.items()}
"""The configuration class behind each `kind` of model and world in a stored run; imported when first needed.

A stored run names kinds of this table, or of worlds and models that the user has installed (see `ontogeny.plugins`),
so that opening somebody else's store executes nothing of theirs.
"""


@dataclass(frozen=True)
class Run:
    """What is trained: everything that the weights follow from."""

    model: Any
    """A model configuration, with `build(vocab=, feature_size=, length=, seed=)`."""
    world: Any
    """A world that is a configuration too (see `ontogeny.worlds.world.World`)."""
    training: Training
    seed: int
    """A whole number; those of numpy become Python's."""

    def __post_init__(self) -> None:
        try:
            object.__setattr__(self, "seed", index(self.seed))
        except TypeError:
            raise UsageError(f"seed: expected a whole number, given {self.seed!r}") from None

    def plain(self) -> dict[str, Any]:
        """Nested dicts, lists, numbers and strings."""
        parts = {name: to_plain(validate(getattr(self, name))) for name in ("model", "world", "training")}
        return {"kind": "run", **parts, "seed": self.seed}

    @property
    def hash(self) -> str:
        """16 hexadecimal digits that name the run: equal exactly when all of its settings are equal."""
        text = json.dumps(self.plain(), sort_keys=True, separators=(",", ":"), allow_nan=False)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def build(self) -> Any:
        """The untrained model (torch.nn.Module), a pure function of the run."""
        world = self.world
        return self.model.build(
            vocab=len(world.vocabulary), feature_size=world.feature_size, length=world.length, seed=self.seed
        )


def read_run(folder: Path) -> Run:
    """The run stored in a folder; a folder that holds none, or a damaged one, is an error that says so."""
    path = folder / CONFIG
    data = _read_plain(folder)
    try:
        parts = {name: _build(data[name], f"{name}s", f"{path}: {name}") for name in ("model", "world")}
        training = from_plain(Training, data["training"], where=f"{path}: training")
        if type(data["seed"]) is not int:
            raise DamagedFileError(f"{path}: seed: expected a whole number, found {data['seed']!r:.80}")
        return Run(**parts, training=training, seed=data["seed"])
    except KeyError as error:
        raise DamagedFileError(f"{path}: {error.args[0]!r} is missing; restore the file or train again") from None


def claim(folder: Path, run: Run) -> None:
    """Write what was asked into the folder, or make sure that the folder already holds exactly this run."""
    path = folder / CONFIG
    asked = run.plain()
    if not path.exists():
        refuse_foreign(folder)
        write_atomic(path, seal_text(dump_yaml(asked)))
    difference = _difference(_read_plain(folder), asked)
    if difference:
        name, there, here = difference
        raise UsageError(
            f"{folder} holds another run: {name} is {there!r} there, {here!r} was asked; choose another folder"
        )


def refuse_foreign(folder: Path) -> None:
    """Raise if the folder holds something that is not a run: nothing is written among other people's files."""
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file; expected the folder of a run, or a new name")
    for name in ("checkpoints", "resume", "measurements"):
        if (folder / name).is_symlink():
            raise UsageError(f"{folder / name} is a link that leads out of the run; nothing is written through it")
    if not folder.is_dir() or (folder / CONFIG).exists():
        return
    others = sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))
    if others:
        raise UsageError(f"{folder} is not a run: it holds {others[0]!r} but no {CONFIG}; choose another folder")


def _read_plain(folder: Path) -> dict[str, Any]:
    path = folder / CONFIG
    try:
        data = load_yaml(check_seal(path, read_small(path), "restore it or train again"))
    except (FileNotFoundError, NotADirectoryError):
        raise OntogenyError(f"{folder} is not a run: it has no {CONFIG}; give the folder that a run wrote") from None
    except ValueError as error:
        raise DamagedFileError(f"{path} is not readable as YAML ({error}); restore it or train again") from None
    if not isinstance(data, dict) or data.get("kind") != "run":
        raise OntogenyError(f"{path} does not describe a run: expected 'kind: run'; give the folder that a run wrote")
    return data


def _build(plain: Any, room: str, where: str) -> Any:
    kind = str(plain.get("kind")) if isinstance(plain, dict) else "None"
    if kind in KINDS:
        return from_plain(KINDS[kind](), plain, where=where)
    added = plugins.installed(room)
    if kind not in added:
        raise unknown_name(f"kind ({where})", kind, [*KINDS, *added])
    return from_plain(plugins.load(room, kind), plain, where=where)


def _difference(there: Any, here: Any, name: str = "") -> tuple[str, Any, Any] | None:
    """The first setting in which two plain forms differ."""
    if not (isinstance(there, dict) and isinstance(here, dict)):
        return None if there == here else (name, there, here)
    for key in [*here, *(key for key in there if key not in here)]:
        found = _difference(there.get(key), here.get(key), f"{name}.{key}" if name else key)
        if found:
            return found
    return None

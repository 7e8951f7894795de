"""What a run of a study comes to, before anything is computed: a cell for each arm and seed, and where each is kept.

<store>/<study>/seeds/<hash>/          one seed of one arm, as evidence of its own; never changed once written
<store>/<study>/evidence/<preset>/     all seeds and arms of a preset, gathered; what claims are judged on
"""

import ast
import hashlib
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from ontogeny.configuration import content_hash, override
from ontogeny.errors import UsageError, unknown_name
from ontogeny.lab.lab import Lab
from ontogeny.lab.measurements import digest
from ontogeny.lab.results import SeedResult

if TYPE_CHECKING:
    from ontogeny.claims import Claim

NOT_MEASURING = ("claims.py", "figures.py")
"""Modules of a study that judge and draw: changing them asks for no new measurement."""
CHOICES = {"PRESETS", "ARMS"}
"""What a study's module may set besides: of these a cell's own settings count, not the others beside them."""


@runtime_checkable
class Measurable(Protocol):
    """What this room needs to know of a study (see `ontogeny.studies.Study`)."""

    @property
    def id(self) -> str: ...
    @property
    def settings(self) -> Mapping[str, Any]: ...
    @property
    def arms(self) -> Mapping[str, tuple[str, ...]]: ...
    @property
    def claims(self) -> "tuple[Claim, ...]": ...
    @property
    def measure(self) -> Callable[[Lab, Any, str, int], SeedResult]: ...


@dataclass(frozen=True)
class Cell:
    """One seed of one arm: what it is measured with, and the folder that will hold what was measured."""

    arm: str
    seed: int
    settings: Any
    folder: Path

    @property
    def label(self) -> str:
        """How progress and errors call it."""
        return f"seed {self.seed}" if self.arm == "main" else f"{self.arm}, seed {self.seed}"

    @property
    def done(self) -> bool:
        """Whether it has been measured."""
        return self.folder.is_dir()


@dataclass(frozen=True)
class Plan:
    """What a run of a study comes to, before anything is computed."""

    study: Measurable
    store: Path
    preset: str
    """The preset's name; where settings were changed, followed by `+` and 8 digits that name them."""
    base: Any
    """The settings that every arm starts from."""
    overrides: tuple[str, ...]
    asked: tuple[tuple[str, int], ...]
    """Arm and seed of every cell asked for."""

    @property
    def evidence(self) -> Path:
        """The folder of the evidence."""
        return self.store / self.study.id / "evidence" / self.preset

    @property
    def seeds(self) -> Path:
        """The folder of the seeds, of all presets."""
        return self.store / self.study.id / "seeds"

    @property
    def cells(self) -> list[Cell]:
        """What was asked for, cell by cell."""
        return [self.cell(arm, seed) for arm, seed in self.asked]

    @property
    def missing(self) -> list[Cell]:
        """The cells that nobody has measured yet."""
        return [cell for cell in self.cells if not cell.done]

    @cached_property
    def _source(self) -> str:
        return _source_hash(self.study.measure)

    def cell(self, arm: str, seed: int) -> Cell:
        """The cell of this arm and seed. An arm's own overrides come last: the arm stays what its name says."""
        settings = override(self.base, self.study.arms[arm])
        key = [self.study.id, self.preset, arm, seed, content_hash(settings), self._source]
        return Cell(arm, seed, settings, self.seeds / digest(key))


def plan_study(
    study: Measurable,
    store: Path,
    *,
    preset: str = "laptop",
    seeds: Sequence[int] = (0,),
    arms: Sequence[str] = ("main",),
    overrides: Sequence[str] = (),
) -> Plan:
    """Settle preset, arms and overrides; computes nothing. Raises `UsageError` for whatever does not exist."""
    if preset not in study.settings:
        raise unknown_name(f"preset of {study.id}", preset, study.settings)
    for arm in arms:
        if arm not in study.arms:
            raise unknown_name(f"arm of {study.id}", arm, study.arms)
    if not seeds or min(seeds) < 0:
        raise UsageError(f"seeds: expected one or more numbers from 0 on, given {list(seeds)}")
    given = study.settings[preset]
    base = override(given, overrides)
    label = preset if base == given else f"{preset}+{content_hash(base)[:8]}"
    asked = tuple((arm, seed) for arm in dict.fromkeys(arms) for seed in dict.fromkeys(seeds))
    return Plan(study, store, label, base, tuple(overrides), asked)


def _source_hash(measure: Callable[..., Any]) -> str:
    """A name for the code that measures: the modules of the study's package, without those that judge or draw."""
    file = Path(inspect.getfile(measure))
    packaged = getattr(inspect.getmodule(measure), "__package__", "")
    modules = sorted(file.parent.rglob("*.py")) if packaged else [file]
    content = hashlib.sha256()
    for module in modules:
        if module.name not in NOT_MEASURING:
            content.update(_without_choices(module.read_bytes()))
    return content.hexdigest()[:16]


def _without_choices(source: bytes) -> bytes:
    """The lines of a module that do not set `CHOICES`."""
    lines = source.splitlines(keepends=True)
    for statement in reversed(ast.parse(source).body):
        targets = getattr(statement, "targets", [getattr(statement, "target", None)])
        if CHOICES & {target.id for target in targets if isinstance(target, ast.Name)}:
            del lines[statement.lineno - 1 : statement.end_lineno]
    return b"".join(lines)

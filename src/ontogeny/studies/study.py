"""What a study is: a question, a paper, settings at four scales, claims, how to measure one seed, what to draw."""

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ontogeny.lab.results import SeedResult

if TYPE_CHECKING:
    import pyarrow as pa

    from ontogeny.atlas import Figure
    from ontogeny.claims import Claim, Evidence
    from ontogeny.lab.executors.contract import Executor
    from ontogeny.lab.lab import Lab

__all__ = ["Findings", "Paper", "SeedResult", "Study"]


@dataclass(frozen=True)
class Paper:
    """Where the claims were published."""

    title: str
    authors: str
    year: int
    venue: str
    url: str
    code: str | None = None
    """Address of the authors' own code, where there is one."""


@dataclass(frozen=True)
class Findings:
    """What running a study yields: its evidence, and each claim held against it."""

    evidence: "Evidence"
    rows: list[dict[str, Any]]
    """The ledger's rows, one a claim (see `ontogeny.claims.ledger_rows`)."""
    store: Path | None = None
    """Where the evidence is kept, if it is."""

    @property
    def claims(self) -> "pa.Table":
        """The ledger as a table."""
        import pyarrow as pa

        return pa.Table.from_pylist(self.rows)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        """What a notebook shows (see `ontogeny.explorer.notebook`)."""
        from ontogeny.explorer.notebook import shown

        return shown(self.evidence.study, self.store, self.evidence.preset, self.rows)


@dataclass(frozen=True)
class Study:
    """One paper, held against what we measure.

    `measure(lab, settings, arm, seed)` is an ordinary module-level function: it asks the lab for runs and
    measurements, and returns what is kept of this seed. It computes nothing that the lab has already.
    """

    id: str
    title: str
    question: str
    paper: Paper
    family: str
    settings: Mapping[str, Any]
    """The configuration at each preset: smoke, laptop, overnight, paper."""
    claims: "tuple[Claim, ...]"
    measure: "Callable[[Lab, Any, str, int], SeedResult]"
    figures: "Callable[[Evidence], Sequence[Figure]]"
    arms: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: {"main": ()})
    """Conditions: name to the overrides (`key=value`, as in --set) that make it differ from the preset."""

    def run(
        self,
        preset: str = "laptop",
        seeds: int | Iterable[int] = 1,
        *,
        arms: Sequence[str] = ("main",),
        overrides: Sequence[str] = (),
        store: Path | str = "runs",
        workers: int | None = None,
        executor: "Executor | None" = None,
        track: Sequence[str] = (),
    ) -> Findings:
        """Run the study and judge its claims. What was measured before is found, not measured again.

        `seeds` is how many (0, 1, ...) or which; `overrides` are `key=value` texts; `executor` is where it runs
        (see `ontogeny.lab.executors.choose`), by default this machine, `workers` at a time; `track` names sinks for
        the metrics, such as `tensorboard:logs`. Progress goes to standard error.
        """
        from ontogeny.lab.progress import showing_progress
        from ontogeny.lab.study_run import run_study

        numbers = range(seeds) if isinstance(seeds, int) else list(seeds)
        with showing_progress(sys.stderr) as notify:
            evidence = run_study(
                self,
                Path(store),
                preset=preset,
                seeds=numbers,
                arms=arms,
                overrides=overrides,
                workers=workers,
                executor=executor,
                track=track,
                notify=notify,
            )
        return replace(self.judge(evidence), store=Path(store))

    def judge(self, evidence: "Evidence") -> Findings:
        """Hold each claim against evidence of this study."""
        from ontogeny.claims import ledger_rows

        return Findings(evidence, ledger_rows(self.id, self.claims, evidence))

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        """What a notebook shows: the evidence in `runs`, or else what is committed."""
        from ontogeny.explorer.notebook import shown
        from ontogeny.studies.ledger import study_ledger

        store = Path("runs")
        return shown(self.id, store, None, study_ledger(self, store))

"""The time machine of one store: films from what is kept, moments and edits computed when they are asked for."""

from collections.abc import Callable
from dataclasses import dataclass, field

from ontogeny.configuration import configuration, to_plain
from ontogeny.explorer.answers import karel as answers
from ontogeny.explorer.keeper import Keeper
from ontogeny.explorer.measured import Measured, Tables
from ontogeny.explorer.models import Models, checkpoint_at
from ontogeny.explorer.problems import MissingError
from ontogeny.explorer.time_machine import moments, probing, worlds
from ontogeny.explorer.time_machine.edits import Case, edited
from ontogeny.explorer.time_machine.probing import Probes, Probing
from ontogeny.explorer.time_machine.worlds import Place
from ontogeny.studies.emergent_semantics.meaning import EGOCENTRIC, FEATURES, MEANINGS
from ontogeny.training import Checkpoint, Trajectory
from ontogeny.worlds import Batch, Karel

MOMENTS, PROBES = "time machine", "time machine probes"
"""The names of what is kept of a checkpoint."""
MOMENTS_KEPT = 1024


@configuration
class Written:
    """What a kept block of moments follows from, beside its checkpoint."""

    split: str
    block: int
    probing: Probing


@dataclass(frozen=True)
class TimeMachine:
    """Answers about runs whose world is Karel, through shared memory."""

    models: Models
    measured: Measured
    batches: Keeper
    """Blocks of specifications."""
    shown: Keeper = field(default_factory=lambda: Keeper(MOMENTS_KEPT))
    """What was put together for the page: scrubbing again costs nothing."""

    def about(self, run: Trajectory) -> answers.TimeMachine:
        """What the time machine of a run offers."""
        world = karel_of(run)
        probed = probing.beliefs_of(world)
        return answers.TimeMachine(
            run=run_id(run),
            world=to_plain(world),
            words=list(worlds.instruction_words(world)),
            steps=[checkpoint.step for checkpoint in run.checkpoints],
            layers=run.model_config.layers,
            meanings=[answers.Meaning(name=name, words=worlds.words_under(name)) for name in MEANINGS],
            features=[_feature(world, name) for name in FEATURES],
            examples=world.examples,
            probed=list(probed.examples),
            splits=list(worlds.SPLITS),
            specifications=worlds.SPECIFICATIONS,
        )

    def specification(self, run: Trajectory, place: Place) -> answers.Specification:
        """What the model is shown, and what it is not."""
        world = karel_of(run)
        return worlds.specification(world, place, worlds.one_of(self._block(run, place).hidden, place.row))

    def film(self, run: Trajectory, place: Place) -> answers.Film:
        """All moments that are kept of a specification; the steps of those that are not."""
        found, missing = [], []
        for checkpoint in run.checkpoints:
            tables = self.measured.find(run.folder, checkpoint, MOMENTS, _settings(run, place))
            if tables is None:
                missing.append(checkpoint.step)
            else:
                found.append(self._moment(run, place, checkpoint, tables))
        shown = self.specification(run, place)
        return answers.Film(run=run_id(run), specification=shown, moments=found, missing=missing)

    def moment(self, run: Trajectory, place: Place, step: int) -> answers.Moment:
        """One specification at one checkpoint, computed if it is not kept."""
        checkpoint = checkpoint_at(run, step)
        return self._moment(run, place, checkpoint, self._tables(run, place, checkpoint))

    def precompute(self, run: Trajectory, place: Place, say: Callable[[int, int], None]) -> None:
        """Keep a block at every checkpoint; `say(done, total)` is called between them, and may raise to stop."""
        checkpoints = run.checkpoints
        for done, checkpoint in enumerate(checkpoints):
            say(done, len(checkpoints))
            self._tables(run, place, checkpoint)
        say(len(checkpoints), len(checkpoints))

    def edit(self, run: Trajectory, request: answers.EditRequest) -> answers.Edited:
        """What the model writes after the state it holds was changed. Raises: UsageError for what cannot be."""
        world = karel_of(run)
        place = Place.of(request.split, request.index)
        checkpoint = checkpoint_at(run, request.step)
        case = Case(
            world=world,
            seed=run.seed,
            batch=self._block(run, place),
            row=place.row,
            model=self.models.get(run, checkpoint),
            tables=self._tables(run, place, checkpoint),
        )
        return edited(case, request, lambda layer: self._probes(run, checkpoint, probing.handles_of(world, layer)))

    def _moment(self, run: Trajectory, place: Place, checkpoint: Checkpoint, tables: Tables) -> answers.Moment:
        key = (checkpoint.sha256, checkpoint.step, _settings(run, place), place.row)
        batch = self._block(run, place)
        return self.shown.get(key, lambda: moments.moment(karel_of(run), batch, place.row, checkpoint.step, tables))

    def _tables(self, run: Trajectory, place: Place, checkpoint: Checkpoint) -> Tables:
        settings = _settings(run, place)

        def make() -> Tables:
            probes = self._probes(run, checkpoint, settings.probing)
            return moments.written(self.models.get(run, checkpoint), karel_of(run), self._block(run, place), probes)

        return self.measured.get(run.folder, checkpoint, MOMENTS, settings, make)

    def _probes(self, run: Trajectory, checkpoint: Checkpoint, wanted: Probing) -> Probes:
        def make() -> Tables:
            fitted = probing.fit(self.models.get(run, checkpoint), run.run, wanted)
            return {"probes": probing.to_table(fitted)}

        tables = self.measured.get(run.folder, checkpoint, PROBES, wanted, make)
        return probing.from_table(tables["probes"])

    def _block(self, run: Trajectory, place: Place) -> Batch:
        key = (run.run.hash, place.split, place.block)
        return self.batches.get(key, lambda: place.batch(karel_of(run), run.seed))


def _settings(run: Trajectory, place: Place) -> Written:
    return Written(split=place.split, block=place.block, probing=probing.beliefs_of(karel_of(run)))


def _feature(world: Karel, name: str) -> answers.Feature:
    return answers.Feature(
        name=name,
        family="egocentric" if name in EGOCENTRIC else "absolute",
        labels=worlds.class_labels(world, name),
        editable=name in probing.EDITABLE,
    )


def karel_of(run: Trajectory) -> Karel:
    """The run's world. Raises: MissingError where it is another."""
    if not isinstance(run.world, Karel):
        raise MissingError(f"{run_id(run)} was not trained on Karel: there is no time machine for {run.world.kind!r}")
    return run.world


def run_id(run: Trajectory) -> str:
    """`name/hash`."""
    return f"{run.folder.parent.name}/{run.folder.name}"

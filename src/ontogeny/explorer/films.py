"""What a report carries of a run's training: the answers that its time machine asks for, by their addresses.

A film of a Karel run takes a probe a checkpoint and is made only where that is asked for; looks into stream models and
the predictions of models of functions are made when they are carried.
"""

import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

from pydantic import BaseModel

from ontogeny.explorer.answers.inspection import InspectRequest
from ontogeny.explorer.explorer import Explorer
from ontogeny.explorer.problems import MissingError
from ontogeny.explorer.time_machine.machine import run_id
from ontogeny.explorer.time_machine.worlds import Place
from ontogeny.training import Trajectory

Answers = dict[str, Any]
"""Plain answers by their addresses."""

Follow = Callable[[int, list[int]], Iterator[tuple[str, BaseModel]]]
"""Of one sample at some steps: addresses and answers."""

MOMENTS = 9
"""Checkpoints of a film, evenly chosen, the first and the last among them; Karel's are all that there are."""
SAMPLES = 4
"""Sequences or functions that are followed through training, as far as there is room."""


def film(explorer: Explorer, run: Trajectory, room: int, *, compute: bool) -> Answers:
    """The film of a run in at most so many bytes of JSON; nothing where it has none, or there is no room for it.

    `compute`: also make what takes more than seconds.

    Raises: MissingError where the run's model is none that a time machine shows; DamagedFileError.
    """
    if run.world.kind == "karel":
        return _karel(explorer, run, room, compute)
    return _functions(explorer, run, room) if run.world.kind == "in_context" else _streams(explorer, run, room, compute)


def as_sent(answer: BaseModel) -> Any:
    """Exactly what the API sends."""
    return json.loads(answer.model_dump_json())


def size_of(answer: BaseModel) -> int:
    """Bytes of an answer as JSON."""
    return len(answer.model_dump_json().encode())


def run_address(run: str) -> str:
    """Where the answers about the run `name/hash` are."""
    return f"/api/runs/{quote(run)}"


def _karel(explorer: Explorer, run: Trajectory, room: int, compute: bool) -> Answers:
    machine, address = explorer.time_machine, run_address(run_id(run))
    if compute:
        machine.precompute(run, Place.of("test", 0), _silent)
    found = machine.film(run, Place.of("test", 0))
    if not found.moments or size_of(found) > room:
        return {}
    return {
        f"{address}/karel": as_sent(machine.about(run)),
        f"{address}/karel/film?split=test&index=0": as_sent(found),
    }


def _streams(explorer: Explorer, run: Trajectory, room: int, compute: bool) -> Answers:
    address, inspector = run_address(run_id(run)), explorer.inspector
    fixed = {f"{address}/bench": as_sent(inspector.bench(run, run_id(run)))} | _heads(explorer, run, compute)

    def looks(index: int, steps: list[int]) -> Iterator[tuple[str, BaseModel]]:
        yield f"{address}/sequence?split=test&index={index}", inspector.sequence(run, "test", index)
        for step in steps:
            request = InspectRequest(step=step, index=index)
            yield f"{address}/inspect?step={step}&split=test&index={index}", inspector.inspect(run, request)

    largest = size_of(inspector.inspect(run, InspectRequest(step=run.checkpoints[-1].step)))
    return _followed(fixed, looks, _spread(run, min(MOMENTS, room // largest)), room)


def _heads(explorer: Explorer, run: Trajectory, compute: bool) -> Answers:
    """The scores of heads, where they can be scored."""
    machine = explorer.stream_machine
    try:
        if compute:
            machine.precompute(run, _silent)
        return {f"{run_address(run_id(run))}/heads": as_sent(machine.heads(run))}
    except MissingError:
        return {}


def _functions(explorer: Explorer, run: Trajectory, room: int) -> Answers:
    address, machine = run_address(run_id(run)), explorer.function_machine

    def episodes(index: int, steps: list[int]) -> Iterator[tuple[str, BaseModel]]:
        for step in steps:
            yield f"{address}/functions/episode?step={step}&index={index}", machine.episode(run, step, "test", index)

    largest = size_of(machine.episode(run, run.checkpoints[-1].step, "test", 0))
    fixed = {f"{address}/functions": as_sent(machine.about(run))}
    return _followed(fixed, episodes, _spread(run, min(MOMENTS, room // largest)), room)


def _followed(fixed: Answers, follow: Follow, steps: list[int], room: int) -> Answers:
    """What is carried anyway, and as many samples at these steps as there is room for; nothing if there is for none."""
    if len(steps) < 2:
        return {}
    found = dict(fixed)
    for index in range(SAMPLES):
        sample = list(follow(index, steps))
        room -= sum(size_of(answer) for _, answer in sample)
        if room < 0 and index:
            break
        found |= {address: as_sent(answer) for address, answer in sample}
    return found


def _silent(done: int, total: int) -> None:
    """Progress that nobody is told of."""


def _spread(run: Trajectory, count: int) -> list[int]:
    """So many steps of the run's checkpoints, evenly chosen from the first to the last."""
    steps = [checkpoint.step for checkpoint in run.checkpoints]
    if count >= len(steps):
        return steps
    return [steps[round(place * (len(steps) - 1) / (count - 1))] for place in range(count)] if count > 1 else []

import asyncio
import json

from ontogeny.explorer.answers.jobs import Live
from ontogeny.explorer.live import Changes, events
from ontogeny.explorer.runs import RunShelf


def parsed(event):
    head, data, *_ = event.splitlines()
    assert head == "event: live"
    return Live.model_validate_json(data.removeprefix("data: "))


def test_at_first_what_is_running_then_what_has_changed(store):
    runs = RunShelf(store).all()
    now = [runs]
    changes = Changes(lambda: Live(runs=now[0], jobs=[]))
    assert parsed(changes.next()).runs == []
    assert changes.next() is None
    running = runs[0].model_copy(update={"status": "running", "step": 3})
    now[0] = [running, *runs[1:]]
    assert parsed(changes.next()).runs == [running]
    assert changes.next() is None
    now[0] = runs
    assert parsed(changes.next()).runs == [runs[0]]


def test_strings_stay_inside_their_event(store):
    hostile = RunShelf(store).all()[0].model_copy(update={"status": "running", "name": "a\n\nevent: live\ndata: {}"})
    event = Changes(lambda: Live(runs=[hostile], jobs=[])).next()
    assert event.count("\n") == 3
    assert json.loads(event.splitlines()[1].removeprefix("data: "))["runs"][0]["name"] == hostile.name


def test_a_quiet_stream_beats():
    async def first(count):
        stream = events(Changes(lambda: Live(runs=[], jobs=[])), every=0.001, heartbeat=0.003)
        return [await anext(stream) for _ in range(count)]

    told = asyncio.run(first(3))
    assert told[0].startswith("event: live")
    assert told[1:] == [": nothing new\n\n"] * 2

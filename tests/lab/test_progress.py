import io

import pytest

from ontogeny.lab import progress
from ontogeny.lab.notices import Notice
from ontogeny.lab.progress import Bars, PhaseClock, PlainLines, duration, figures, showing_progress


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(progress, "time", clock)
    return clock


def test_plain_lines_come_at_once_for_a_new_phase_and_then_every_ten_seconds(clock):
    stream = io.StringIO()
    tell = PlainLines(stream)
    for second in range(25):
        clock.now = 100.0 + second
        tell(Notice("seed 0", "training", second, 100, {"loss": 1.5, "accuracy": 0.25}))
    tell(Notice("seed 0", "probing"))
    tell(Notice("seed 1", "training", 0, 100))
    assert stream.getvalue().splitlines() == [
        "seed 0: training  0/100  loss 1.500  accuracy 25.0%",
        "seed 0: training  10/100  loss 1.500  accuracy 25.0%  1 min 30 s left",
        "seed 0: training  20/100  loss 1.500  accuracy 25.0%  1 min 20 s left",
        "seed 0: probing",
        "seed 1: training  0/100",
    ]


def test_time_left_follows_the_pace_of_this_phase_alone(clock):
    estimate = PhaseClock().seconds_left
    assert estimate(Notice("a", "one", 50, 100)) is None  # went on from 50: no pace yet
    clock.now += 10
    assert estimate(Notice("a", "one", 60, 100)) == pytest.approx(40)
    assert estimate(Notice("b", "one", 60, 100)) is None
    clock.now += 10
    assert estimate(Notice("a", "two", 1, 3)) is None
    clock.now += 10
    assert estimate(Notice("a", "two", 2, 3)) == pytest.approx(10)
    assert estimate(Notice("a", "two", 0, 0)) is None
    assert estimate(Notice("a", "two", 2, 3, seconds_left=7.0)) == 7.0


def test_figures_that_are_not_there_yet_are_not_shown():
    assert figures({"loss": float("nan"), "tokens_per_second": 12345.6, "other": 1.0}) == "12,346 tokens/s"


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0 s"), (59.6, "1 min 0 s"), (3599, "59 min 59 s"), (7320, "2 h 2 min")]
)
def test_durations(seconds, text):
    assert duration(seconds) == text


def test_bars_show_each_task_with_its_phase():
    from rich.console import Console
    from rich.progress import Progress

    console = Console(file=io.StringIO(), force_terminal=True)
    with Progress(console=console) as shown:
        bars = Bars(shown)
        bars(Notice("seed 0", "training", 3, 10, {"loss": 2.0}, 65.0))
        bars(Notice("seed 1", "training", 1, 10))
        bars(Notice("seed 0", "probing"))
        second, first = shown.tasks
    assert (first.fields["name"], first.description, first.total) == ("seed 0", "probing", None)
    assert (second.fields["name"], second.completed, second.total) == ("seed 1", 1, 10)


def test_without_a_terminal_lines_are_plain():
    stream = io.StringIO()
    with showing_progress(stream) as notify:
        notify(Notice("seed 0", "training", 1, 2, {"loss": 1.0}, 3.0))
    assert stream.getvalue() == "seed 0: training  1/2  loss 1.000  3 s left\n"


def test_in_a_terminal_there_are_bars():
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    stream = Terminal()
    with showing_progress(stream) as notify:
        notify(Notice("seed 0", "training", 1, 2, {"loss": 1.0}, 3.0))
    assert "seed 0" in stream.getvalue()
    assert "loss 1.000" in stream.getvalue()

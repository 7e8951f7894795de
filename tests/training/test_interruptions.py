"""Ctrl-C, or a file, as a flag."""

import signal
import threading
from pathlib import Path

import pytest

from ontogeny.training.interruptions import STOP, ask_to_stop, interruptions


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_is_noted_and_the_second_stops(number: signal.Signals, tmp_path: Path) -> None:
    before = signal.getsignal(number)
    with interruptions(tmp_path) as interrupted:
        assert not interrupted()
        signal.raise_signal(number)
        assert interrupted()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(number)
    assert signal.getsignal(number) is before


def test_other_threads_leave_signals_alone(tmp_path: Path) -> None:
    before = signal.getsignal(signal.SIGINT)
    seen: list[bool] = []

    def inside() -> None:
        with interruptions(tmp_path) as interrupted:
            seen.extend([interrupted(), signal.getsignal(signal.SIGINT) is before])

    thread = threading.Thread(target=inside)
    thread.start()
    thread.join()
    assert seen == [False, True]


def test_a_file_asks_as_well_and_is_gone_afterwards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ontogeny.training.interruptions.LOOKING_SECONDS", 0)
    ask_to_stop(tmp_path)  # meant for a training before this one
    with interruptions(tmp_path) as interrupted:
        assert not interrupted()
        ask_to_stop(tmp_path)
        assert interrupted()
    assert not (tmp_path / STOP).exists()

"""Tests as evidence: carried out by pytest, and kept by what they show."""

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_WORSE = {"passed": 0, "skipped": 1, "failed": 2}


class Seen:
    """A pytest plugin that notes how each test ended; one of many cases is as good as the worst of them."""

    def __init__(self) -> None:
        self.outcomes: dict[str, str] = {}
        self.reasons: dict[str, str] = {}
        """Why a test was skipped."""
        self.counted: Counter[str] = Counter()
        """Numbers that the tests recorded (`record_property`), summed."""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when != "call" and report.outcome == "passed":
            return
        test = report.nodeid.partition("[")[0]
        self.outcomes[test] = max(self.outcomes.get(test, "passed"), report.outcome, key=_WORSE.__getitem__)
        if report.outcome == "skipped" and isinstance(report.longrepr, tuple):
            self.reasons[test] = report.longrepr[2].removeprefix("Skipped: ")
        self.counted.update({name: value for name, value in report.user_properties if isinstance(value, int)})


def carried_out(tests: Sequence[str]) -> Seen:
    """Carry out tests: files, or single ones as `FILE::NAME`."""
    os.chdir(ROOT)
    seen = Seen()
    pytest.main(["-n", "0", "-p", "no:cacheprovider", *dict.fromkeys(tests)], plugins=[seen])
    return seen


def outcomes(shown_by: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """How that came out which each of these sentences is shown by; what was not carried out at all has failed."""
    seen = carried_out([test for tests in shown_by.values() for test in tests])
    found = {}
    for told, tests in shown_by.items():
        worst = max(tests, key=lambda test: _WORSE[seen.outcomes.get(test, "failed")])
        found[told] = seen.outcomes.get(worst, "failed")
        if worst in seen.reasons:
            found[told] += f": {seen.reasons[worst]}"
    return found


def any_failed(outcomes: Mapping[str, str]) -> bool:
    return any(outcome == "failed" for outcome in outcomes.values())

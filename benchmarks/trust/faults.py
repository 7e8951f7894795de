"""Which faults a store survives: the tests that plant them, run and kept by what they show.

Run with `python benchmarks/trust/faults.py` (under a minute; some mount a file system, which takes root).
"""

import os
import sys
from pathlib import Path

import pytest
from results import keep

TESTS = Path(__file__).parents[2] / "tests" / "end_to_end" / "test_faults.py"


class Outcomes:
    """A pytest plugin that notes how each test ended."""

    def __init__(self) -> None:
        self.of: dict[str, str] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" or report.outcome != "passed":
            name = report.location[2].partition("[")[0].removeprefix("test_").replace("_", " ")
            worst = {"failed": 2, "skipped": 1, "passed": 0}
            self.of[name] = max(self.of.get(name, "passed"), report.outcome, key=worst.__getitem__)


def main() -> None:
    os.chdir(TESTS.parents[2])
    seen = Outcomes()
    pytest.main(["-n", "0", "-p", "no:cacheprovider", str(TESTS)], plugins=[seen])
    keep("faults", {"outcomes": seen.of})
    sys.exit(any(outcome == "failed" for outcome in seen.of.values()))


if __name__ == "__main__":
    main()

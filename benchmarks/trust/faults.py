"""Which faults a store survives: the tests that plant them, run and kept by what they show.

Run with `python benchmarks/trust/faults.py` (under two minutes; some mount a file system, which takes root).
"""

import sys

from results import keep
from shown import any_failed, carried_out


def main() -> None:
    seen = carried_out(["tests/end_to_end/test_faults.py"])
    outcomes = {test.rpartition("::test_")[2].replace("_", " "): outcome for test, outcome in seen.outcomes.items()}
    keep("faults", {"outcomes": outcomes})
    sys.exit(any_failed(outcomes))


if __name__ == "__main__":
    main()

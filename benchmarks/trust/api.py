"""How many requests the explorer's API answers as its own description says, whatever is asked.

Run with `python benchmarks/trust/api.py [EXAMPLES]` (300 each for every address, request and kind of data take some
minutes): the test of the API with more examples, and the requests counted.
"""

import os
import sys

from results import keep
from shown import any_failed, carried_out

TEST = "tests/explorer/test_schema.py"


def main() -> None:
    os.environ["ONTOGENY_API_EXAMPLES"] = sys.argv[1] if len(sys.argv) > 1 else "300"
    seen = carried_out([TEST])
    failed = any_failed(seen.outcomes) or not seen.outcomes
    keep("api", {"requests": seen.counted["requests"], "failed": failed})
    sys.exit(failed)


if __name__ == "__main__":
    main()

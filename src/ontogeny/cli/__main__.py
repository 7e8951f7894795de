"""`python -m ontogeny.cli`, the same as `ontogeny`."""

import sys

from ontogeny.cli import main

sys.exit(main())

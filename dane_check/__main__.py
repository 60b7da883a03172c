"""`python -m dane_check` is `dane-check`."""

import sys

from dane_check.cli import main

sys.exit(main())

"""`python -m tui.cli` is the command `ssm-tui`."""

import sys

from tui.cli import main

sys.exit(main())

"""Entry point of `python -m digits_nb`."""

import sys

from digits_nb.cli import main

if __name__ == "__main__":
    sys.exit(main())

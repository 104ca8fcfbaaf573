"""`make bench`: every benchmark, one after the other, their figures kept in benchmarks/results.

`$PICTURES` names the folders of labelled pictures, separated by spaces; a name that has a space in it stands
in quotes of its own. Without it, what needs pictures is left out. It comes through the environment because it
would not survive make's and the shell's reading of it.
"""

import os
import shlex
import subprocess
import sys
from pathlib import Path

BENCHMARKS = Path(__file__).resolve().parent.parent / "benchmarks"

# What is timed comes first, while the machine is cool; what takes longest comes last.
TIMED = (
    "latency",
    "panel",
    "phone",
    "batch",
    "cold",
    "service",
    "fuzz",
    "training",
    "printed",
    "nondigits",
    "situations",
)
OF_PICTURES = ("wild", "pages", "ladder")


def main() -> None:
    """Run them, and stop at the first that fails."""
    try:
        folders = [
            str(Path(name).expanduser().absolute()) for name in shlex.split(os.environ.get("PICTURES", ""))
        ]
    except ValueError:
        sys.exit("PICTURES has a quote without its partner: write PICTURES=\"folder 'a folder'\".")
    commands = [[name] for name in TIMED]
    if folders:
        commands += [[name, "--pictures", *folders] for name in OF_PICTURES]
    for name, *options in commands:
        print(f"\n{name}", flush=True)
        command = [sys.executable, str(BENCHMARKS / f"{name}.py"), "--save", *options]
        if code := subprocess.run(command, check=False).returncode:
            sys.exit(code)
    print("\nThe figures are kept; `make figures` puts them into the pages if all are of one model.")
    if not folders:
        print(f"{', '.join(OF_PICTURES)} need PICTURES and were left out: what is kept of them is older.")


if __name__ == "__main__":
    main()

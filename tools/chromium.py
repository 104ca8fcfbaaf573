"""Print the path of a Chromium for the browser tests: one that is here, or else one that is installed now.

Looked for, in this order: `$CHROMIUM`, the usual names on `$PATH`, Playwright's own. If none is here, it is
installed: by apt where there is one and the user is root, else by Playwright, into the environment that
runs this. Exits with 1 and a sentence when none can be had.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
APT = (["apt-get", "update", "-qq"], ["apt-get", "install", "-qq", "-y", "chromium"])
PLAYWRIGHT = ([sys.executable, "-m", "playwright", "install", "chromium"],)

os.environ.setdefault("PLAYWRIGHT_BROWSERS_PATH", "0")  # inside the environment, with all the rest


def starts(program: str | None) -> bool:
    """Whether there is such a program and it tells its version; some systems ship a stub that does not."""
    path = shutil.which(program or "")
    return bool(path) and not subprocess.run([path, "--version"], check=False, capture_output=True).returncode


def candidates() -> Iterator[str]:
    """Where a Chromium may be."""
    from playwright.sync_api import sync_playwright

    yield from filter(None, map(shutil.which, NAMES))
    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    yield path


def find() -> str | None:
    """The path of a Chromium that is here and starts."""
    return next(filter(starts, candidates()), None)


def install(who: str, commands: tuple[list[str], ...]) -> str | None:
    """Run `commands` until one fails, then look again; what they say goes to standard error."""
    print(f"There is no Chromium here: installing {who}.", file=sys.stderr)
    for command in commands:
        if subprocess.run(command, check=False, stdout=sys.stderr).returncode:
            break
    return find()


def main() -> None:
    """Find, or else install and find."""
    if named := os.environ.get("CHROMIUM"):
        if not starts(named):
            sys.exit(f"$CHROMIUM names {named!r}, which does not start: name another, or unset it.")
        print(shutil.which(named))
        return
    path = find()
    if not path and os.geteuid() == 0 and shutil.which("apt-get"):
        path = install("the system's", APT)
    if not path:
        path = install("Playwright's own", PLAYWRIGHT)
    if not path:
        sys.exit(
            "The browser tests need a Chromium, and none could be found or installed: "
            "install Chromium or Google Chrome, or name its program in $CHROMIUM."
        )
    print(path)


if __name__ == "__main__":
    main()

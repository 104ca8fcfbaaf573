"""`make run`: train if there is no model yet, read a picture, say what came out and where things are.

The picture is what `$IMAGE` names, a path or a URL, and a sample if it names nothing. It comes through the
environment because a path with spaces, quotes or dollar signs survives no shell's reading of it.
"""

import os
import subprocess
import sys
from pathlib import Path

from digits_nb import ModelNotFound, ModelStore, paths, read_result

NOTEBOOKS = Path(__file__).resolve().parent.parent / "notebooks"
SAMPLE = paths.samples() / "seven-dark-on-white.png"


def query(image: str) -> tuple[str, str]:
    """The parameter of infer.ipynb that `image` belongs to, and its value."""
    if "://" in image:
        return "url", image
    # absolute, so that no path begins like an option or like the `@file` of the command line
    return "path", str(Path(image).expanduser().absolute())


def run(notebook: str, *parameters: str) -> Path:
    """Run one of our notebooks as anybody would, and end with its exit code if it failed.

    Its progress and its errors are on standard error; what it found is told here.
    """
    output = paths.outputs() / notebook
    command = [sys.executable, "-m", "digits_nb", "run", str(NOTEBOOKS / notebook), str(output), *parameters]
    if code := subprocess.run(command, check=False, stdout=subprocess.DEVNULL).returncode:
        sys.exit(code)
    return output


def near(path: Path) -> str:
    """The path as one would type it from here."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def main() -> None:
    """Do the main job, end to end."""
    store = ModelStore()
    try:
        store.resolve("latest")
    except ModelNotFound:
        missing = "no model that this release reads" if store.has_older() else "no model"
        print(f"There is {missing} yet: training one, which takes about a minute.", flush=True)
        run("train.ipynb")
    image = os.environ.get("IMAGE") or str(SAMPLE)
    print(f"Reading {image}", flush=True)
    output = run("infer.ipynb", "-p", *query(image))
    found = read_result(output)
    notebooks = [near(paths.outputs() / name) for name in ("train.ipynb", "infer.ipynb")]
    certainty = "is" if found["certain"] else "may be"
    print(f"\nThe digit {certainty} {found['digit']}, with a confidence of {found['confidence']:.1%}.")
    print(f"Model version  {found['model_version']}")
    print(f"Model          {near(store.file(found['model_version']))}")
    print(f"Notebooks      {', '.join(name for name in notebooks if Path(name).exists())}")


if __name__ == "__main__":
    main()

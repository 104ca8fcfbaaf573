"""Many pictures: how many a second recognize_many reads, the ancestor reads one by one, and Pillow decodes.

    python benchmarks/batch.py [--pictures 2000] [--rounds 5] [--save]

The pictures are PNG files of 128×128 pixels, digits drawn by code. Each way goes through all of them in turn,
recognize_many with a worker on every core, there before the clock starts.
"""

import argparse
import tempfile
from pathlib import Path

import ancestor
import cv2
import joblib
import numpy as np
import results
from PIL import Image
from tqdm.auto import tqdm
from turns import in_turn

import digits_nb as dn
from digits_nb.recognition import default_model
from digits_nb.training.styles import STYLES
from digits_nb.training.synthetic_digits import draw

SIDE, HEIGHT = 128, 88


def main() -> None:
    """Print pictures a second, and how many times the others that is."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pictures", type=int, default=2000, help="how many (default: 2000)")
    parser.add_argument("--rounds", type=int, default=5, help="times each, in turn (default: 5)")
    results.add_option(parser)
    given = parser.parse_args()
    model, old = default_model(), ancestor.fit()
    with tempfile.TemporaryDirectory() as folder:
        paths = _draw(given.pictures, Path(folder))
        times = in_turn(
            {
                "recognize_many": lambda: _read(paths, model),
                "the ancestor": lambda: [ancestor.read_file(path, old) for path in paths],
                "decoding alone": lambda: [Image.open(path).load() for path in paths],
            },
            given.rounds,
        )
    rates = {name: given.pictures / float(np.median(taken)) for name, taken in times.items()}
    ours = rates["recognize_many"]
    rows = {
        name: {"pictures_a_second": rate, "recognize_many_against_it": ours / rate}
        for name, rate in rates.items()
    }
    for name, rate in rates.items():
        print(f"{name:14} {rate:7,.0f} pictures a second, ratio {ours / rate:.2f}")
    if given.save:
        results.save("batch", rows, model)


def _read(paths: list[Path], model: dn.DigitModel) -> None:
    with joblib.parallel_config(n_jobs=-1):
        for _ in dn.recognize_many(({"path": path} for path in paths), model):
            pass


def _draw(count: int, folder: Path) -> list[Path]:
    """Files of pictures: dark on paper in slanting light, as saved by a scanner or a drawing program."""
    rng = np.random.default_rng(0)
    paper = np.broadcast_to(np.linspace(235, 215, SIDE), (SIDE, SIDE))
    paths = [folder / f"{number}.png" for number in range(count)]
    for number, path in enumerate(tqdm(paths, desc="drawing", leave=False)):
        digit = number % 10
        drawn = draw(digit, int(rng.integers(len(STYLES[digit]))), rng)
        scale = HEIGHT / max(drawn.shape)
        drawn = np.clip(cv2.resize(drawn, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC), 0, 1)
        ink = np.zeros((SIDE, SIDE))
        height, width = drawn.shape
        top, left = (SIDE - height) // 2, (SIDE - width) // 2
        ink[top : top + height, left : left + width] = drawn
        gray = (paper + ink * (40 - paper)).astype(np.uint8)
        Image.fromarray(gray).convert("RGB").save(path)
    return paths


if __name__ == "__main__":
    main()

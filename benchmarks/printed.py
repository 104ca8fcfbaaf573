"""Printed digits: all ten, in ten faces of matplotlib that nothing was trained on.

python benchmarks/printed.py [--save]
"""

import argparse

import numpy as np
import results

import digits_nb as dn
from digits_nb.recognition import load_model
from digits_nb.training.synthetic_digits import FACES as TRAINED
from digits_nb.training.synthetic_digits import set_type

FACES = (
    "DejaVuSans-Bold",
    "DejaVuSans-Oblique",
    "DejaVuSansMono-BoldOblique",
    "DejaVuSerif",
    "DejaVuSerif-Bold",
    "DejaVuSerif-Italic",
    "STIXGeneralItalic",
    "STIXGeneralBolIta",
    "cmb10",
    "cmtt10",
)


def sheet(digit: int, face: str) -> np.ndarray:
    """A digit, black in the middle of a white sheet."""
    return np.pad(np.uint8(255 * (1 - set_type(str(digit), face))), 32, constant_values=255)


def measure(model: dn.DigitModel) -> dict[str, dict[str, object]]:
    """Of each face: how many of the ten digits are read right, and what the others are taken for."""
    rows = {}
    for face in FACES:
        answers = list(dn.recognize_many((sheet(digit, face) for digit in range(10)), model))
        read = [
            answer.digit if isinstance(answer, dn.Answer) else type(answer).__name__ for answer in answers
        ]
        wrong = [f"{digit} as {other}" for digit, other in enumerate(read) if other != digit]
        rows[face] = {"digits": 10, "right": 10 - len(wrong), "mistakes": wrong}
    right, mistakes = (
        sum((row[name] for row in rows.values()), start) for name, start in (("right", 0), ("mistakes", []))
    )
    return rows | {"all": {"digits": 10 * len(FACES), "right": right, "mistakes": mistakes}}


def main() -> None:
    """Print what is read right in each face."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    results.add_option(parser)
    given = parser.parse_args()
    if trained := set(FACES) & set(TRAINED):
        parser.exit(1, f"These faces were trained on: {', '.join(sorted(trained))}.\n")
    model = load_model()
    rows = measure(model)
    print(f"model {model.version}")
    for face, row in rows.items():
        print(f"{face:28} {row['right']:3} of {row['digits']}", *row["mistakes"], sep="  ")
    if given.save:
        results.save("printed", rows, model)


if __name__ == "__main__":
    main()

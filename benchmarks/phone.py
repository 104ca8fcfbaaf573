"""A phone's photo of 12 megapixels to a label, against what Pillow takes to decode it at one eighth.

python benchmarks/phone.py [--rounds 30] [--save]
"""

import argparse
from io import BytesIO

import cv2
import numpy as np
import results
from PIL import Image
from turns import in_turn

import digits_nb as dn
from digits_nb.recognition import default_model
from digits_nb.training.synthetic_digits import Variability, draw

WIDTH, HEIGHT = 4032, 3024
QUALITY = 90


def main() -> None:
    """Print both times and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=30, help="times each, in turn (default: 30)")
    results.add_option(parser)
    given = parser.parse_args()
    photo, model = _photo(), default_model()
    answer = dn.recognize({"bytes": photo}, model)
    print(f"{WIDTH} × {HEIGHT} pixels, {len(photo) / 1e6:.1f} MB: {answer.digit}, {answer.confidence:.1%}")
    times = in_turn(
        {
            "digits_nb": lambda: dn.recognize({"bytes": photo}, model).digit,
            "one eighth": lambda: _decode_at_one_eighth(photo),
        },
        given.rounds,
    )
    ours, least = (float(np.median(taken)) for taken in times.values())
    for name, taken in zip(times, (ours, least), strict=True):
        print(f"{name:10} p50 {taken * 1e3:.1f} ms")
    print(f"digits_nb / one eighth: p50 {ours / least:.2f}")
    if given.save:
        row = {"ours_ms": ours * 1e3, "one_eighth_ms": least * 1e3, "ratio": ours / least}
        results.save("phone", {"p50": row}, model)


def _decode_at_one_eighth(photo: bytes) -> None:
    image = Image.open(BytesIO(photo))
    image.draft("RGB", (image.width // 8, image.height // 8))
    image.load()


def _photo() -> bytes:
    """A 7 in blue ink on warm paper with texture, grain, and a shadow across it."""
    rng = np.random.default_rng(0)
    fibres = rng.normal(0, 10, (HEIGHT // 8, WIDTH // 8)).astype(np.float32)
    light = cv2.resize(fibres, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
    light += rng.normal(0, 5, light.shape).astype(np.float32)
    light += np.linspace(215, 150, WIDTH, dtype=np.float32)
    light -= np.linspace(0, 30, HEIGHT, dtype=np.float32)[:, None]
    none = Variability(jitter=0, bend=0, turn=0, slant=0, aspect=0, proportions=(0, 0), pen=(0.1, 0.1))
    digit = draw(7, 0, rng, none)
    digit = cv2.resize(digit, None, fx=32, fy=32, interpolation=cv2.INTER_CUBIC)
    ink = np.zeros_like(light)
    height, width = digit.shape
    ink[800 : 800 + height, 1500 : 1500 + width] = np.clip(digit, 0, 1)
    paper = np.dstack([light + shade for shade in (8, 2, -14)])
    pen = np.array([40, 50, 110], np.float32)
    photo = np.clip(paper + ink[..., None] * (pen - paper), 0, 255).astype(np.uint8)
    file = BytesIO()
    Image.fromarray(photo).save(file, "JPEG", quality=QUALITY)
    return file.getvalue()


if __name__ == "__main__":
    main()

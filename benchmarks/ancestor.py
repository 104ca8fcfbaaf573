"""The demo that this project revives: its model and its steps, as others are measured against them.

It trains `SVC(gamma=0.001)` on the first half of scikit-learn's digits and takes a picture to its model by
resizing it: a temporary file, grey, inverted, 8×8 by bicubic interpolation, divided to 0..16.
"""

import base64
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image
from sklearn.datasets import load_digits
from sklearn.svm import SVC

HALF = 898


def fit() -> SVC:
    """The ancestor's model."""
    data, labels = load_digits(return_X_y=True)
    return SVC(gamma=0.001).fit(data[:HALF], labels[:HALF])


def read(encoded: str, model: SVC) -> int:
    """The ancestor's answer to a base64 picture."""
    with tempfile.NamedTemporaryFile(suffix=".png") as file:
        file.write(base64.b64decode(encoded))
        file.flush()
        return read_file(file.name, model)


def read_file(path: str | Path, model: SVC) -> int:
    """The ancestor's answer to a file."""
    return int(model.predict(grid(Image.open(path)).reshape(1, 64))[0])


def grid(image: Image.Image) -> np.ndarray:
    """The ancestor's 8×8 grid of a picture, 0..16."""
    gray = 255 - np.asarray(image.convert("L"))
    return np.asarray(Image.fromarray(gray).resize((8, 8), Image.Resampling.BICUBIC), np.float64) / 255 * 16

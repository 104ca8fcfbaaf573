"""Make a folder of labelled pictures from MNIST's test images, dark on white, for wild.py.

    python benchmarks/fetch_mnist.py DIR [--count 1000]

Fetches `mnist_784` from OpenML: needs a network. The pictures are for measuring; nothing is trained on them.
"""

import argparse
from pathlib import Path

import numpy as np
from PIL import Image
from sklearn.datasets import fetch_openml
from tqdm.auto import tqdm

TRAINING_IMAGES = 60_000
"""MNIST's test images come after its training images in OpenML's table."""


def main() -> None:
    """Write the first test images into sub-folders 0…9."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument("--count", type=int, default=1000, help="how many (default: 1000; at most 10000)")
    given = parser.parse_args()
    try:
        images, labels = fetch_openml(
            "mnist_784", version=1, return_X_y=True, as_frame=False, parser="liac-arff"
        )
    except OSError as error:
        parser.exit(1, f"OpenML cannot be reached ({error}): fetch_mnist.py needs a network.\n")
    chosen = slice(TRAINING_IMAGES, TRAINING_IMAGES + given.count)
    for number, (image, label) in enumerate(zip(tqdm(images[chosen]), labels[chosen], strict=True)):
        path = given.folder / label / f"{number:05}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(255 - image.reshape(28, 28).astype(np.uint8)).save(path)
    print(f"{number + 1} pictures are in {given.folder}: python benchmarks/wild.py --pictures {given.folder}")


if __name__ == "__main__":
    main()

"""Small pictures of digits, drawn for tests."""

import cv2
import numpy as np


def one(height: int = 100) -> np.ndarray:
    picture = np.full((height, 80), 240, np.uint8)
    cv2.line(picture, (40, 20), (40, height - 20), 30, 8)
    return picture


def zero() -> np.ndarray:
    picture = np.full((100, 80), 240, np.uint8)
    cv2.ellipse(picture, (40, 50), (18, 30), 0, 0, 360, 30, 7)
    return picture

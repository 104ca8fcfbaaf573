"""Styles of handwritten digits: the paths that `digits_nb.training.synthetic_digits` starts from.

A style is the path of a pen as text: points `x,y` in heights of the digit (x to the right, y downward), which
a smooth curve joins. A `*` makes a point a corner; a `|` lifts the pen. All styles were written for this
project, and no picture was traced. Some were added after looking at pictures of MNIST that were misread. They
stand in `styles.txt`, a line each.
"""

from importlib.resources import files


def _read() -> dict[int, tuple[str, ...]]:
    lines = files(__package__).joinpath("styles.txt").read_text(encoding="utf-8").splitlines()
    styles = [line.split(maxsplit=1) for line in lines if line and not line.startswith("#")]
    return {digit: tuple(path for name, path in styles if name == str(digit)) for digit in range(10)}


STYLES = _read()
"""Digit → its styles, in the order of the file."""

"""One base64 PNG of 128×128 to a label, against the ancestor's steps in the same run.

python benchmarks/latency.py [--rounds 1000]
"""

import argparse
import base64
from io import BytesIO

import ancestor
import numpy as np
from PIL import Image
from turns import in_turn

import digits_nb as dn
from digits_nb import places
from digits_nb.recognition import default_model

SIDE = 128


def main() -> None:
    """Print both latencies and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=1000, help="queries each, in turn (default: 1000)")
    rounds = parser.parse_args().rounds
    encoded = _sample()
    model, old = default_model(), ancestor.fit()
    ways = {
        "digits_nb": lambda: dn.recognize({"base64": encoded}, model).digit,
        "ancestor": lambda: ancestor.read(encoded, old),
    }
    times = in_turn(ways, rounds, warm_up=20)
    p50, p99 = ({name: np.percentile(taken, q) * 1e3 for name, taken in times.items()} for q in (50, 99))
    for name in ways:
        print(f"{name:10} p50 {p50[name]:.3f} ms, p99 {p99[name]:.3f} ms")
    ratios = (f"{name} {q['digits_nb'] / q['ancestor']:.2f}" for name, q in (("p50", p50), ("p99", p99)))
    print(f"digits_nb / ancestor: {', '.join(ratios)}")


def _sample() -> str:
    path = next(path for path in sorted(places.samples().iterdir()) if path.name.startswith("seven"))
    file = BytesIO()
    dn.open_image({"path": path}).convert("RGB").resize((SIDE, SIDE), Image.Resampling.LANCZOS).save(
        file, "PNG"
    )
    return base64.b64encode(file.getvalue()).decode()


if __name__ == "__main__":
    main()

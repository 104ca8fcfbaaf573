"""One base64 PNG of 128×128 to a label, against the ancestor's steps in the same run.

python benchmarks/latency.py [--rounds 1000] [--save]
"""

import argparse
import base64
from io import BytesIO

import ancestor
import numpy as np
import results
from PIL import Image
from turns import in_turn

import digits_nb as dn
from digits_nb import paths
from digits_nb.recognition import default_model

SIDE = 128


def main() -> None:
    """Print both latencies and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=1000, help="queries each, in turn (default: 1000)")
    results.add_option(parser)
    given = parser.parse_args()
    rounds = given.rounds
    encoded = _sample()
    model, old = default_model(), ancestor.fit()
    ways = {
        "digits_nb": lambda: dn.recognize({"base64": encoded}, model).digit,
        "ancestor": lambda: ancestor.read(encoded, old),
    }
    times = in_turn(ways, rounds, warm_up=20)
    rows = {}
    for name, share in (("p50", 50), ("p99", 99)):
        ours, old_ones = (float(np.percentile(taken, share)) for taken in times.values())
        rows[name] = {"ours_ms": ours * 1e3, "ancestor_ms": old_ones * 1e3, "ratio": ours / old_ones}
    for name, column in zip(ways, ("ours_ms", "ancestor_ms"), strict=True):
        print(f"{name:10} p50 {rows['p50'][column]:.3f} ms, p99 {rows['p99'][column]:.3f} ms")
    print(f"digits_nb / ancestor: p50 {rows['p50']['ratio']:.2f}, p99 {rows['p99']['ratio']:.2f}")
    if given.save:
        results.save("latency", rows, model)


def _sample() -> str:
    path = next(path for path in sorted(paths.samples().iterdir()) if path.name.startswith("seven"))
    file = BytesIO()
    dn.open_image({"path": path}).convert("RGB").resize((SIDE, SIDE), Image.Resampling.LANCZOS).save(
        file, "PNG"
    )
    return base64.b64encode(file.getvalue()).decode()


if __name__ == "__main__":
    main()

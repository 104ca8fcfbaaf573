"""Fuzzer of the way from a file to an answer: broken pictures, each read within a second and 200 MB.

    python benchmarks/fuzz.py [--files 100000] [--first 0] [--processes 2] [--save]

The samples, made small, are saved in every format that is read. File n is one of these, broken at random with
the seed n. Each must end in an answer or a DigitsError. One that does not, or that takes too long, is named
by its number, and --first n --files 1 repeats it. The exit status is then 1, as it is if a library printed
anything.
"""

import argparse
import faulthandler
import os
import resource
import sys
import tempfile
import warnings
import zlib
from collections import Counter
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from io import BytesIO
from multiprocessing import get_context
from pathlib import Path
from random import Random
from time import perf_counter, process_time

import pillow_heif
import results
from PIL import Image
from tqdm.auto import tqdm

import digits_nb as dn
from digits_nb import paths
from digits_nb.recognition import default_model

MAX_SECONDS = 1.0  # of processor time, because other programs may use the machine too
MAX_MB = 200
HANG_S = 60  # after so many seconds a file counts as one that never ends
SIDE = 48  # pixels: in a small file most changes hit something that matters
CHUNK = 250  # files that a process reads in one go

FORMS: tuple[tuple[str, str, dict[str, object]], ...] = (
    ("PNG", "L", {}),
    ("PNG", "RGBA", {}),
    ("PNG", "P", {"transparency": 0}),
    ("PNG", "RGB", {"save_all": True}),
    ("JPEG", "L", {}),
    ("JPEG", "RGB", {"progressive": True}),
    ("JPEG", "CMYK", {}),
    ("MPO", "RGB", {"save_all": True}),
    ("GIF", "P", {}),
    ("GIF", "P", {"save_all": True}),
    ("WEBP", "RGB", {}),
    ("WEBP", "RGBA", {"lossless": True}),
    ("WEBP", "RGB", {"save_all": True}),
    ("BMP", "RGB", {}),
    ("BMP", "1", {}),
    ("TIFF", "RGB", {}),
    ("TIFF", "RGB", {"compression": "tiff_lzw"}),
    ("TIFF", "L", {"compression": "tiff_deflate"}),
    ("TIFF", "1", {"compression": "group4"}),
    ("TIFF", "RGB", {"compression": "jpeg"}),
    ("TIFF", "F", {}),
    ("TIFF", "I;16", {"big_tiff": True}),
    ("HEIC", "RGB", {}),
    ("HEIC", "RGBA", {"tile_size": 64}),
)
ENDS = (b"\xff" * 4, bytes(4), b"\x7f\xff\xff\xff", b"\0\1\0\0", b"\0\0\xff\xff", b"\x80\0\0\0")


@dataclass
class Tally:
    """The outcomes of some of the files."""

    outcomes: Counter[str] = field(default_factory=Counter)
    slowest: tuple[float, int] = (0.0, -1)  # seconds, and the file
    largest: tuple[float, int] = (0.0, -1)  # MB, and the file
    escaped: list[str] = field(default_factory=list)

    def add(self, other: "Tally") -> None:
        """Add the files of another tally."""
        self.outcomes += other.outcomes
        self.slowest, self.largest = max(self.slowest, other.slowest), max(self.largest, other.largest)
        self.escaped += other.escaped


def main() -> None:
    """Print the outcomes, the slowest and the largest file, and the errors that are no DigitsError."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", type=int, default=100_000, help="how many (default: 100000)")
    parser.add_argument("--first", type=int, default=0, help="the number of the first (default: 0)")
    parser.add_argument("--processes", type=int, default=2, help="at the same time (default: 2)")
    results.add_option(parser)
    options = parser.parse_args()
    default_model()
    start, whole = perf_counter(), Tally()
    last = options.first + options.files
    with tempfile.NamedTemporaryFile() as output:
        with (
            # fresh processes, so that their memory holds nothing of this one
            ProcessPoolExecutor(options.processes, get_context("spawn"), _prepare, (output.name,)) as pool,
            tqdm(total=options.files, unit="file", disable=None) as progress,
        ):
            chunks = [(at, min(at + CHUNK, last)) for at in range(options.first, last, CHUNK)]
            running = [pool.submit(_run, *chunk) for chunk in chunks]
            with suppress(BrokenProcessPool):  # a process crashed or hung, and its output says where
                for done in as_completed(running):
                    whole.add(done.result())
                    progress.update(done.result().outcomes.total())
        printed = Path(output.name).read_text(errors="replace")
    print(f"{whole.outcomes.total():,} of {options.files:,} files in {perf_counter() - start:.0f} s")
    print("outcomes:", ", ".join(f"{name} {count:,}" for name, count in whole.outcomes.most_common()))
    print(f"slowest: {whole.slowest[0]:.3f} s of the processor, file {whole.slowest[1]}")
    print(f"largest: {whole.largest[0]:.0f} MB above an idle process, file {whole.largest[1]}")
    print("escaped:", "; ".join(whole.escaped[:20]) or "nothing")
    print("printed:", printed[:2_000] or "nothing")
    if options.save:
        figures = {
            "answers": whole.outcomes["answer"],
            "refused": whole.outcomes.total() - whole.outcomes["answer"] - len(whole.escaped),
            "escaped": len(whole.escaped),
            "slowest_s": whole.slowest[0],
            "largest_mb": whole.largest[0],
        }
        results.save("fuzz", {f"{whole.outcomes.total():,} files": figures})
    kept = whole.slowest[0] <= MAX_SECONDS and whole.largest[0] <= MAX_MB
    sys.exit(whole.outcomes.total() < options.files or not kept or bool(whole.escaped or printed))


def mutant(number: int) -> bytes:
    """Return file `number`: a picture file with random changes."""
    rng = Random(number)  # noqa: S311 (no secret)
    data = bytearray(rng.choice(_seeds()))
    for _ in range(rng.choice((1, 1, 2, 4, 16))):
        # half of the changes hit the headers, but few the first bytes, without which it is no picture at all
        at = min(rng.randrange(len(data)) if rng.random() < 0.5 else rng.randrange(6, 72), len(data) - 1)  # noqa: PLR2004
        match rng.randrange(8):
            case 0:
                data[at] = rng.randrange(256)
            case 1:
                data[at] ^= 1 << rng.randrange(8)
            case 2:
                data[at : at + 4] = rng.choice(ENDS)
            case 3:
                del data[at : at + rng.randrange(1, 9)]
            case 4:
                data[at:at] = rng.randbytes(rng.randrange(1, 9))
            case 5:
                del data[at + 1 :]
            case 6:
                data[at:at] = data[at : at + rng.randrange(1, 200)] * rng.choice((1, 2, 50))
            case 7:
                other = rng.choice(_seeds())
                data[at:] = other[rng.randrange(len(other)) :]
        data = data or bytearray(1)
    # a PNG with a wrong checksum would be refused before anything interesting happens
    return _with_checksums(bytes(data)) if rng.random() < 0.5 else bytes(data)  # noqa: PLR2004


@cache
def _seeds() -> list[bytes]:
    notes = Image.Exif()
    notes[0x0112] = 6  # on its side
    seeds = []
    for path in sorted(paths.samples().iterdir()):
        if path.suffix == ".py":
            continue
        seeds.append(path.read_bytes())
        image = dn.open_image({"path": path}).convert("RGB")
        image.thumbnail((SIDE, SIDE))
        for form, mode, options in FORMS:
            file = BytesIO()
            seed = image.convert("I").convert(mode) if mode == "I;16" else image.convert(mode)
            more = {"append_images": [seed.rotate(90)] * 2} if "save_all" in options else {}
            if form == "HEIC":
                pillow_heif.from_pillow(seed).save(file, exif=notes.tobytes(), **options)
            elif form in {"GIF", "BMP"}:
                seed.save(file, form, **options, **more)
            else:
                seed.save(file, form, exif=notes, **options, **more)
            seeds.append(file.getvalue())
    return seeds


def _with_checksums(data: bytes) -> bytes:
    """Correct the checksums of a PNG's chunks; any other file stays as it is."""
    if not data.startswith(b"\x89PNG\r\n\x1a\n"):
        return data
    fixed, at = bytearray(data), 8
    while at + 12 <= len(data):
        end = at + 8 + int.from_bytes(data[at : at + 4])
        if end + 4 > len(data):
            break
        fixed[end : end + 4] = zlib.crc32(data[at + 4 : end]).to_bytes(4)
        at = end + 4
    return bytes(fixed)


def _prepare(output: str) -> None:
    """Prepare a process: what Python and libraries in C print goes to the file `output`."""
    with Path(output).open("ab") as stream:
        os.dup2(stream.fileno(), 1)
        os.dup2(stream.fileno(), 2)
    warnings.simplefilter("error")
    for seed in _seeds()[-len(FORMS) :]:  # a format's first file loads its decoder, and that does not count
        with suppress(dn.DigitsError):
            dn.recognize({"bytes": seed}, default_model())


def _run(first: int, last: int) -> Tally:
    tally = Tally()
    model, idle = default_model(), _idle_mb()
    for number in range(first, last):
        data = mutant(number)
        faulthandler.dump_traceback_later(HANG_S, exit=True)
        start = process_time()
        try:
            dn.recognize({"bytes": data}, model)
            outcome = "answer"
        except dn.DigitsError as error:
            outcome = type(error).__name__
        except BaseException as error:  # noqa: BLE001 (what the fuzzer looks for)
            outcome = "escaped"
            tally.escaped.append(f"{type(error).__name__} of file {number}")
        tally.slowest = max(tally.slowest, (process_time() - start, number))
        faulthandler.cancel_dump_traceback_later()
        tally.outcomes[outcome] += 1
        if (above := _peak_mb() - idle) > tally.largest[0]:
            tally.largest = (above, number)
    return tally


@cache
def _idle_mb() -> float:
    return _peak_mb()


def _peak_mb() -> float:
    """Return the largest memory of this process so far."""
    status = Path("/proc/self/status")
    if status.exists():  # on Linux, getrusage also counts the process before it started this program
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1e3
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)


if __name__ == "__main__":
    main()

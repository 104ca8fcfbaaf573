"""Figures of scores: probabilities, accuracies, reliability, and what each change contributes."""

import numpy as np
from matplotlib.ticker import PercentFormatter
from numpy.typing import ArrayLike

from digits_nb.evaluation.figures import Rows
from digits_nb.plots.figure import Figure, counted

BLUE, ORANGE = "#0072b2", "#d55e00"
LEAST = 0.005  # probabilities below it would be labelled 0 %

# Okabe and Ito's, which people with any kind of colour blindness tell apart, those first that differ most in
# lightness; the marks differ too
LOOKS = (
    ("#0072b2", "o"),
    ("#d55e00", "s"),
    ("#009e73", "^"),
    ("#cc79a7", "D"),
    ("#56b4e9", "v"),
    ("#000000", "P"),
)


def ladder(
    rows: Rows, *, title: str = "From the usual example to the shipped model, one change at a time"
) -> Figure:
    """Draw the accuracy after each change, a line for each folder.

    Parameters
    ----------
    rows
        Rung → folder → share of its pictures that are read right, 0..1; from the lowest rung upward, as
        `digits_nb.evaluation.figures.rows` gives them. Every rung has the same folders.
    title
        What the figure shows.
    """
    rungs = list(rows)
    folders = list(rows[rungs[0]]) if rungs else []
    said = "; ".join(
        f"{rung}: {', '.join(f'{name} {share:.0%}' for name, share in shares.items())}"
        for rung, shares in rows.items()
    )
    alt = f"{title}: {counted(len(rungs), 'rung')}" + (f"; {said}" if said else "")
    ladder = Figure((9, 0.34 * len(rungs) + 1.6), title, alt)
    ax = ladder.subplots()
    for number, name in enumerate(folders):
        colour, mark = LOOKS[number % len(LOOKS)]
        shares = [row[name] for row in rows.values()]
        ax.plot(shares, range(len(rungs)), color=colour, marker=mark, markersize=5, linewidth=1.2, label=name)
    ax.set(xlabel="read right", xlim=(0, 1), ylabel="one change at a time")
    ax.set_yticks(range(len(rungs)), rungs)
    ax.invert_yaxis()
    ax.xaxis.set_major_formatter(PercentFormatter(1))
    ax.grid(color="#ddd")
    ax.spines[["top", "right"]].set_visible(False)
    if folders:
        ax.legend(title="pictures")
    return ladder


def bars(probabilities: ArrayLike, *, title: str = "How sure the model is of each digit") -> Figure:
    """Draw the ten probabilities (10,) of 0..1, the largest in a colour of its own."""
    probabilities = np.asarray(probabilities, dtype=float)
    best = int(probabilities.argmax())
    said = ", ".join(f"{digit} {p:.1%}" for digit, p in enumerate(probabilities))
    bars = Figure((6, 2.6), title, f"{title}: {said}")
    ax = bars.subplots()
    colours = [ORANGE if digit == best else BLUE for digit in range(10)]
    drawn = ax.bar(range(10), probabilities * 100, color=colours)
    ax.bar_label(drawn, ["" if p < LEAST else f"{p:.0%}" for p in probabilities], fontsize=9)
    ax.set(
        xlabel="digit", ylabel="probability in %", xticks=range(10), ylim=(0, 112), yticks=range(0, 101, 25)
    )
    ax.spines[["top", "right"]].set_visible(False)
    return bars


def accuracies(
    shares: ArrayLike, intervals: ArrayLike, *, title: str = "How many of each digit are read right?"
) -> Figure:
    """Draw the share (10,) of 0..1 of each digit that was read right, and its interval (10, 2).

    A share of None, of a digit that was not asked for, is left out.
    """
    shares, intervals = np.array(shares, dtype=float), np.asarray(intervals, dtype=float)
    asked = np.flatnonzero(~np.isnan(shares))
    shares, (low, high) = shares[asked], intervals[asked].T
    said = ", ".join(
        f"{digit} {share:.0%} ({least:.0%} to {most:.0%})"
        for digit, share, least, most in zip(asked, shares, low, high, strict=True)
    )
    accuracies = Figure((6, 2.8), title, f"{title}: {said}")
    ax = accuracies.subplots()
    reach = np.clip([shares - low, high - shares], 0, None) * 100
    ax.errorbar(asked, shares * 100, reach, fmt="o", color=BLUE, ecolor=ORANGE, capsize=4)
    ax.set(xlabel="digit that was written", ylabel="read right in %", xticks=range(10))
    ax.set(xlim=(-0.5, 9.5), ylim=(None, 102))
    ax.grid(axis="y", color="#ddd")
    ax.spines[["top", "right"]].set_visible(False)
    return accuracies


def reliability(
    confidence: ArrayLike, accuracy: ArrayLike, *, title: str = "Can its confidence be believed?"
) -> Figure:
    """Draw how often answers of some mean confidence (n,) of 0..1 were right: an accuracy (n,) of 0..1."""
    confidence, accuracy = np.asarray(confidence, dtype=float), np.asarray(accuracy, dtype=float)
    said = ", ".join(f"{c:.0%} sure, {a:.0%} right" for c, a in zip(confidence, accuracy, strict=True))
    reliability = Figure((5, 4), title, f"{title}: {said}")
    ax = reliability.subplots()
    ax.plot([0, 100], [0, 100], color=ORANGE, linestyle="--", label="as it should be")
    ax.plot(confidence * 100, accuracy * 100, "o-", color=BLUE, label="as measured")
    ax.set(xlabel="mean confidence in %", ylabel="right answers in %", xlim=(0, 102), ylim=(0, 102))
    ax.legend()
    return reliability

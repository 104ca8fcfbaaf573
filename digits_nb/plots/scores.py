"""Figures of scores: probabilities, accuracies, reliability, and the effect of each change."""

import numpy as np
from matplotlib.ticker import PercentFormatter
from numpy.typing import ArrayLike

from digits_nb.evaluation.benchmark_results import Rows
from digits_nb.plots.figure import Figure, count_noun

BLUE, ORANGE = "#0072b2", "#d55e00"

LEAST = 0.005
"""Smaller probabilities get no label, since it would be 0 %."""

STYLES = ((BLUE, "o"), (ORANGE, "s"), ("#009e73", "^"), ("#cc79a7", "D"), ("#56b4e9", "v"), ("#000000", "P"))
"""Colours and markers of lines.

The colours are Okabe and Ito's, which people with any kind of colour blindness tell apart; those come first
that differ most in lightness.
"""


def ladder(
    rows: Rows, *, title: str = "From the usual example to the shipped model, one change at a time"
) -> Figure:
    """Draw the accuracy after each change, a line for each folder of pictures.

    Parameters
    ----------
    rows
        Change → folder → share of its pictures that are read right, 0..1; the first change first, as
        `digits_nb.evaluation.benchmark_results.rows` gives them. Every change has the same folders.
    title
        What the figure shows.
    """
    folders = list(next(iter(rows.values()), {}))
    details = [count_noun(len(rows), "rung")]
    for rung, row in rows.items():
        details.append(f"{rung}: {', '.join(f'{name} {share:.0%}' for name, share in row.items())}")
    ladder = Figure((9, 0.34 * len(rows) + 1.6), title, "; ".join(details))
    ax, places = ladder.subplots(), range(len(rows))
    for number, name in enumerate(folders):
        colour, marker = STYLES[number % len(STYLES)]
        shares = [row[name] for row in rows.values()]
        ax.plot(shares, places, color=colour, marker=marker, markersize=5, linewidth=1.2, label=name)
    ax.set(xlabel="read right", xlim=(0, 1), ylabel="one change at a time")
    ax.set_yticks(places, list(rows))
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
    details = ", ".join(f"{digit} {share:.1%}" for digit, share in enumerate(probabilities))
    bars = Figure((6, 2.6), title, details)
    ax = bars.subplots()
    drawn = ax.bar(range(10), probabilities * 100, color=BLUE)
    drawn[int(probabilities.argmax())].set_facecolor(ORANGE)
    ax.bar_label(drawn, ["" if share < LEAST else f"{share:.0%}" for share in probabilities], fontsize=9)
    ax.set(xlabel="digit", ylabel="probability in %", xticks=range(10))
    ax.set(ylim=(0, 112), yticks=range(0, 101, 25))
    ax.spines[["top", "right"]].set_visible(False)
    return bars


def accuracies(
    shares: ArrayLike, intervals: ArrayLike, *, title: str = "How many of each digit are read right?"
) -> Figure:
    """Draw the share (10,), 0..1, of each digit that was read right, and its interval (10, 2).

    A digit whose share is None, since no picture showed it, is left out.
    """
    shares, intervals = np.array(shares, dtype=float), np.asarray(intervals, dtype=float)
    digits = np.flatnonzero(~np.isnan(shares))
    shares, (low, high) = shares[digits], intervals[digits].T
    details = ", ".join(
        f"{digit} {share:.0%} ({least:.0%} to {most:.0%})"
        for digit, share, least, most in zip(digits, shares, low, high, strict=True)
    )
    accuracies = Figure((6, 2.8), title, details)
    ax = accuracies.subplots()
    errors = np.clip([shares - low, high - shares], 0, None) * 100
    ax.errorbar(digits, shares * 100, errors, fmt="o", color=BLUE, ecolor=ORANGE, capsize=4)
    ax.set(xlabel="digit that was written", ylabel="read right in %", xticks=range(10))
    ax.set(xlim=(-0.5, 9.5), ylim=(None, 102))
    ax.grid(axis="y", color="#ddd")
    ax.spines[["top", "right"]].set_visible(False)
    return accuracies


def reliability(
    confidence: ArrayLike, accuracy: ArrayLike, *, title: str = "Can its confidence be believed?"
) -> Figure:
    """Draw the accuracy (n,), 0..1, of groups of answers over their mean confidence (n,), 0..1."""
    confidence, accuracy = np.asarray(confidence, dtype=float), np.asarray(accuracy, dtype=float)
    details = ", ".join(f"{c:.0%} sure, {a:.0%} right" for c, a in zip(confidence, accuracy, strict=True))
    reliability = Figure((5, 4), title, details)
    ax = reliability.subplots()
    ax.plot([0, 100], [0, 100], color=ORANGE, linestyle="--", label="as it should be")
    ax.plot(confidence * 100, accuracy * 100, "o-", color=BLUE, label="as measured")
    ax.set(xlabel="mean confidence in %", ylabel="right answers in %", xlim=(0, 102), ylim=(0, 102))
    ax.legend()
    return reliability

"""The figure of a ladder: what each change was good for, on each folder of pictures."""

from matplotlib.ticker import PercentFormatter

from digits_nb.figure import Figure, counted
from digits_nb.measurements import Rows

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
        `digits_nb.measurements.load` gives them. Every rung has the same folders.
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

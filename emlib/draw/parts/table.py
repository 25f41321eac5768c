"""Tables in pictures: rows of a name on the left and a number on the right, each row in its colour."""

from emlib.draw import style

__all__ = ["write_row"]


def write_row(axes, y, name="", number="", colour=style.INK, left=0.0, right=1.0, size=style.SMALL, weight="bold"):
    """Write one row of a table.

    Parameters
    ----------
    axes : Axes
    y, left, right : float
        The baseline, where the name begins and where the number ends, in fractions of the axes.
    name, number : str
        What to write; both texts may be changed later.
    colour, size, weight
        Looks of both, but the number is never bold.

    Returns
    -------
    name, number : Text
    """
    put = dict(transform=axes.transAxes, va="baseline", color=colour, fontsize=size)
    return (axes.text(left, y, name, ha="left", weight=weight, **put), axes.text(right, y, number, ha="right", **put))

"""Small real data, shipped with the library."""

from importlib.resources import files

import numpy as np

__all__ = ["old_faithful", "two_coins"]


def old_faithful():
    """Old Faithful: 272 eruptions of the geyser in Yellowstone, 1985.

    Returns
    -------
    array (272, 2)
        Duration of the eruption and waiting time to the next, both in minutes.

    Notes
    -----
    R's ``datasets::faithful``; Härdle (1991), Azzalini and Bowman (1990).
    """
    return _read("old_faithful.csv")


def two_coins():
    """Five sets of ten tosses, each set from one of two coins.

    Returns
    -------
    array (5, 2)
        Heads and tails of each set.

    Notes
    -----
    Do and Batzoglou (2008), What is the expectation maximization algorithm?, Nature Biotechnology 26, figure 1.
    """
    return _read("two_coins.csv")


def _read(name):
    with (files("emlib.datasets") / name).open(encoding="utf-8") as file:
        return np.loadtxt(file, delimiter=",", skiprows=1)

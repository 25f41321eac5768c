"""k-means++ seeds: where a mixture may start."""

import numpy as np


def kmeans_plus_plus(x, k, rng, weights=None):
    """Choose k distinct points, each far from those before it.

    Parameters
    ----------
    x : array (N, D)
    k : int
    rng : numpy Generator
    weights : array (N,), optional
        How often each point counts, above 0. Whole numbers draw what repeated points would.

    Returns
    -------
    seeds : array (k,)
        Row numbers of the chosen points.
    nearest : array (N,)
        For each point, which seed is nearest to it, 0 … k − 1.

    Raises
    ------
    ValueError
        If x has fewer than k distinct points.

    Notes
    -----
    Arthur and Vassilvitskii (2007). Distances are in units of each column's standard deviation,
    so that the choice does not depend on the units of x.
    """
    if weights is None:
        centre, spread, first = x.mean(axis=0), x.std(axis=0), int(rng.integers(len(x)))
    else:
        centre = weights @ x / weights.sum()
        spread, first = np.sqrt(weights @ (x - centre) ** 2 / weights.sum()), _one_of(weights, rng)
    scaled = (x - centre) / np.where(spread > 0, spread, 1)
    seeds, distances = [first], []
    while True:
        distances.append(np.sum((scaled - scaled[seeds[-1]]) ** 2, axis=1))
        if len(seeds) == k:
            return np.array(seeds), np.argmin(distances, axis=0)
        smallest = np.min(distances, axis=0)
        if not smallest.any():
            raise ValueError(f"x has only {len(seeds)} distinct points; K = {k} needs as many: take a smaller K")
        smallest = smallest if weights is None else weights * smallest
        seeds.append(int(rng.choice(len(x), p=smallest / smallest.sum())))


def _one_of(weights, rng):
    """A row number, drawn with weights; with whole numbers the one that rng.integers draws among repeated rows."""
    upto = np.cumsum(weights)
    whole = upto[-1] < 2**53 and (weights == np.floor(weights)).all()
    at = rng.integers(int(upto[-1])) if whole else rng.random() * upto[-1]
    return min(int(np.searchsorted(upto, at, side="right")), len(weights) - 1)

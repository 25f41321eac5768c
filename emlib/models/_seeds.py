"""k-means++ seeds: where a mixture may start."""

import numpy as np


def kmeans_plus_plus(x, k, rng):
    """Choose k distinct points, each far from those before it.

    Parameters
    ----------
    x : array (N, D)
    k : int
    rng : numpy Generator

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
    spread = x.std(axis=0)
    scaled = (x - x.mean(axis=0)) / np.where(spread > 0, spread, 1)
    seeds, distances = [int(rng.integers(len(x)))], []
    while True:
        distances.append(np.sum((scaled - scaled[seeds[-1]]) ** 2, axis=1))
        if len(seeds) == k:
            return np.array(seeds), np.argmin(distances, axis=0)
        smallest = np.min(distances, axis=0)
        if not smallest.any():
            raise ValueError(f"x has only {len(seeds)} distinct points; K = {k} needs as many: take a smaller K")
        seeds.append(int(rng.choice(len(x), p=smallest / smallest.sum())))

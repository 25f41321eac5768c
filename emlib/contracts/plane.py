"""How much probability a density of two real numbers holds: each component summed on a grid of its own."""

import numpy as np

__all__ = ["plane", "quadrant"]


def plane(density, data, tolerance=1e-7):
    """(probability of the plane, of the box that holds the data, how far both may be off); None if it cannot be summed.

    Each component on a grid of its own, in the axes of its own curvature: right for smooth bumps, however narrow or
    slanted; anything else does not come to rest as the grid grows finer, and is not summed.
    """
    low, high = data.min(axis=0), data.max(axis=0)
    total = inside = error = 0.0
    table = density(data)
    for k in range(table.shape[1]):
        if not np.isfinite(table[:, k]).any():
            return None
        found = _bump(density, k, data[np.argsort(-table[:, k])[: max(len(data) // 4, 3)]])
        if found is None:
            return None
        centre, axes = found
        before = None
        for n in (24, 48, 96):
            u = np.linspace(-5.5, 5.5, 2 * n + 1)
            grid, weight = np.sinh(u), np.cosh(u) * (u[1] - u[0])
            points = centre + np.stack(np.meshgrid(grid, grid, indexing="ij"), axis=-1).reshape(-1, 2) @ axes.T
            p = np.exp(density(points)[:, k]) * np.outer(weight, weight).ravel() * abs(np.linalg.det(axes))
            if before is not None and abs(p.sum() - before) <= max(tolerance, 1e-6 * p.sum()):
                break
            before = p.sum()
        else:
            return None
        square = p.reshape(len(u), len(u))
        edge = square[[0, -1]].sum() + square[:, [0, -1]].sum()
        if not edge <= 1e-6 * max(p.sum(), 1e-300):
            return None
        total, error = total + p.sum(), error + abs(p.sum() - before) + edge
        inside += p[((points >= low) & (points <= high)).all(axis=1)].sum()
    return float(total), float(inside), float(error)


def quadrant(density, data, tolerance=1e-7):
    """`plane` of two positive numbers: summed over their logarithms, as what starts at 0 with a step is no bump.

    (probability, of the box that holds the data, how far both may be off, whether x ends at 0); None if it cannot be
    summed. It ends at 0 where the model says −∞ beyond, or a density that does not fall off there.
    """
    if not (data > 0).all():
        return None

    def of_logs(u):
        return density(np.exp(u)) + u.sum(axis=1, keepdims=True)
    with np.errstate(over="ignore", invalid="ignore"):
        found = plane(of_logs, np.log(data), tolerance)
    if found is None:
        return None
    far = 10 * np.abs(data).max(axis=0)
    here, ends = density.total(np.median(data, axis=0)[None])[0], True
    for sign in ((-1, 1), (1, -1), (-1, -1)):
        there = density.total(np.array([np.where(np.array(sign) < 0, -far, np.median(data, axis=0))]))[0]
        ends = ends and bool(there == 0 or there > here)
    return *found, ends


def _bump(density, k, data):
    """(peak, axes) of one column: where Newton's steps end, and the root of the inverse curvature; None if no bump."""
    def value(points):
        return density(np.asarray(points))[:, k]
    centre = np.average(data, axis=0)
    axes = np.diag(np.maximum(data.std(axis=0), 1e-9 * np.maximum(np.abs(centre), 1e-300)))
    for _ in range(60):
        e = np.vstack([np.zeros(2), np.eye(2), -np.eye(2), [[1, 1], [-1, -1], [1, -1], [-1, 1]]])
        v = value(centre + e @ axes.T)
        if not np.isfinite(v).all():
            axes = axes / 4
            if np.abs(axes).max() < 1e-12 * np.abs(centre).max():
                return None
            continue
        slope = (v[1:3] - v[3:5]) / 2
        cross = (v[5] + v[6] - v[7] - v[8]) / 4
        bend = -np.array([[v[1] + v[3] - 2 * v[0], cross], [cross, v[2] + v[4] - 2 * v[0]]])
        values, vectors = np.linalg.eigh(bend)
        if values[0] <= 1e-9 * max(abs(values[1]), 1e-12):
            best = int(np.argmax(v))
            if best == 0:
                return None if values[1] < 1e-3 and values[0] <= 0 else (centre, axes)
            centre, axes = centre + axes @ e[best], axes * 2
            continue
        root = vectors / np.sqrt(values)
        step = root @ (root.T @ slope)
        away = float(np.sqrt(step @ bend @ step))
        for back in (1.0, 0.5, 0.25, 0.0):
            if value((centre + axes @ (back * step))[None])[0] >= v[0]:
                break
        centre, old = centre + axes @ (back * step), axes
        axes = axes @ root
        if back * away < 1e-2 and np.all(np.abs(np.linalg.svd(np.linalg.solve(old, axes))[1] - 1) < 0.1):
            return centre, axes
    return None

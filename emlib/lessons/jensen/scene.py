"""Jensen's inequality on the logarithm itself: the ratios t_k = p(x, z=k|θ)/q(z=k), and the gap that is the KL.

The ratios are points of the curve log t, each with weight q_k. Their mean lies straight above or below
E_q[t] = p(x|θ), whatever q: so one abscissa carries everything (W15, W16). On the curve there is log E_q[t], in the
polygon of the points E_q[log t], and between them a gap (W17) that closes when all ratios are the same (W18).
"""

import math
from dataclasses import dataclass

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.patches import Polygon
from matplotlib.patheffects import withStroke

from emlib import words
from emlib.bound import Bound, bound, log_posterior
from emlib.draw import style
from emlib.draw.parts.marks import Gap, put_marker
from emlib.draw.parts.q_bars import QBars
from emlib.draw.parts.table import write_row
from emlib.draw.scene import Part, Together
from emlib.draw.style import nats, tiny

RING = 22           # diameter of a marker in points; the filled area inside is the fraction q_k of the ring's
WIDEST = 4.0        # the window shows ratios up to so many times p(x|θ)
DEEPEST = 6.0       # and logarithms down to so many nats below log p(x|θ), if the model needs them
TINY = 1e-100       # a q below this counts as 0


@dataclass(frozen=True, eq=False)
class Ratios:
    """One point x and a choice of q: the ratios, and both sides of Jensen's inequality.

    Attributes
    ----------
    q, posterior, t : arrays (K,)
        t = p(x, z|θ)/q(z).
    mean : float
        E_q[t], which is p(x|θ) for every q (W16).
    log_mean, mean_log : float
        log E_q[t] and E_q[log t], in nats (W17).
    bound : Bound
        The identity at q, from its own formulas.
    """

    q: np.ndarray
    posterior: np.ndarray
    t: np.ndarray
    mean: float
    log_mean: float
    mean_log: float
    bound: Bound

    @property
    def gap(self):
        """log E_q[t] − E_q[log t], in nats: the KL, found without the posterior."""
        return self.log_mean - self.mean_log

    @classmethod
    def of(cls, log_joint, q):
        """The ratios for log p(x, z=k|θ), array (K,), and q, array (K,).

        Raises
        ------
        ValueError
            If q is not a distribution or has a 0 (it is a divisor here, W4), or p(x|θ) is no ordinary number.
        """
        log_joint, q = np.asarray(log_joint, dtype=float), np.asarray(q, dtype=float)
        b = bound(log_joint[None], q[None])
        if not (q > TINY).all():
            raise ValueError(f"q is 0 for z number {int(np.argmin(q)) + 1}: a ratio cannot be divided by 0 (W4); "
                             "give it a little, such as 0.001")
        if not (np.isfinite(log_joint).all() and abs(b.log_lik) < 300):
            raise ValueError("log_joint: p(x, z|θ) must be positive and p(x|θ) between e^−300 and e^300 "
                             "to be drawn on a linear axis")
        q = q / q.sum()
        t = np.exp(log_joint - np.log(q))
        mean = float(q @ t)
        return cls(q, np.exp(log_posterior(log_joint[None]))[0], t, mean, math.log(mean), float(q @ np.log(t)), b)


class JensenCurve(Part):
    """The logarithm, the ratios on it and the gap. The state is a `Ratios` of the same point x as `ratios`.

    Parameters
    ----------
    labels : sequence of 2 to 4 strings
        What the values of z are called.
    ratios : Ratios
        Any state: the window is chosen from its p(x|θ) and its log p(x, z|θ), which q does not change. A ratio
        beyond the window is an arrow at the edge, and its number stands in the table.
    """

    rect = (0.12, 0.16, 0.5, 0.72)

    def __init__(self, labels, ratios):
        self.labels, self.p = tuple(labels), ratios.mean
        log_p, lowest = math.log(self.p), float(np.min(np.log(ratios.t) + np.log(ratios.q)))
        self.right = WIDEST * self.p
        self.bottom, self.top = max(lowest - 0.35, log_p - DEEPEST), log_p + math.log(WIDEST) + 0.35

    def build_in(self, axes):
        axes.set(xlim=(0, self.right), ylim=(self.bottom, self.top), xlabel=words.of("jensen").RATIO)
        axes.locator_params(axis="x", nbins=4)
        axes.locator_params(axis="y", nbins=5)
        axes.text(0, 1.04, "log r", transform=axes.transAxes, fontsize=style.SMALL, color="#333333", ha="right")
        grid = np.geomspace(self.right * 1e-4, self.right, 400)
        axes.plot(grid, np.log(grid), color=style.INK, linewidth=2)
        # the tangent at p(x|θ), which lies above the curve everywhere: the proof in one line
        ends = np.array([0, self.right])
        axes.plot(ends, math.log(self.p) + (ends - self.p) / self.p, color="#a0a0a0", linewidth=1.2)
        axes.axvline(self.p, color="#888888", linewidth=1.2, linestyle=(0, (4, 3)), zorder=0.5)
        self._hull = Polygon(np.zeros((3, 2)), closed=True, facecolor="#dcebf5", edgecolor="#6aaad2", linewidth=1.2,
                             alpha=0.8)
        axes.add_patch(self._hull)
        self._gap = Gap(axes, 0.022 * self.right)
        mark = dict(linestyle="", clip_on=False)
        self._rings, self._fills, self._arrows = ([axes.plot([], [], **mark)[0] for _ in self.labels] for _ in range(3))
        for k in range(len(self.labels)):
            dark = style.component(k)
            self._rings[k].set(marker=style.marker(k), markersize=RING, markerfacecolor="none", markeredgecolor=dark,
                               markeredgewidth=1.6)
            self._fills[k].set(marker=style.marker(k), markerfacecolor=dark, markeredgewidth=0)
            self._arrows[k].set(marker=">", markersize=12, markerfacecolor=dark, markeredgewidth=0)
        self._below, = axes.plot([], [], "s", color=style.ELBO, markersize=10, markeredgewidth=0, clip_on=False)
        self._above, = axes.plot([], [], "o", color=style.LOG_LIK, markersize=10, markeredgewidth=0, clip_on=False)
        self._mean = axes.text(0.98 * self.p, self.top + 0.04 * (self.top - self.bottom), "", ha="left",
                               fontsize=style.SMALL, weight="bold")
        return [self._hull, self._gap.patch, *self._rings, *self._fills, *self._arrows, self._below, self._above,
                self._mean, *self._build_table(axes)]

    def _build_table(self, axes):
        """Both sides of the inequality, and the ratios, as numbers beside the picture."""
        figure = axes.get_figure(root=True)
        height = axes.get_position().height * figure.get_figheight() * 72
        width = axes.get_position().width * figure.get_figwidth() * 72
        row, left, right = 1.72 * style.SMALL / height, 1 + 22 / width, 1 + 172 / width
        say, numbers = words.of("jensen"), []
        names = (("log E[r]", style.LOG_LIK), ("E[log r]", style.ELBO), (say.GAP, style.KL), ("KL(q‖p)", style.KL))
        for i, (name, colour) in enumerate(names):
            y = 1.0 - (i + 0.35) * row - (0.3 * row if i >= 2 else 0)
            numbers.append(write_row(axes, y, name, "", colour, left, right, style.NORMAL)[1])
        rule = 1.0 - 1.82 * row
        axes.add_line(Line2D([left, right], [rule, rule], transform=axes.transAxes, color="#888888", linewidth=1,
                             clip_on=False))
        self._residual = write_row(axes, 1 - 4.55 * row, say.DIFFER_BY, "", "#555555", left, right, weight="normal")[1]
        self._values = []
        for k, label in enumerate(self.labels):
            y = 1 - (6.3 + k) * row
            axes.plot([left + 5 / width], [y + 4.5 / height], style.marker(k), transform=axes.transAxes, clip_on=False,
                      color=style.component(k), markersize=9, markeredgewidth=0)
            self._values.append(write_row(axes, y, label, "", style.INK, left + 17 / width, right, weight="normal")[1])
        self._numbers = numbers
        return [*numbers, self._residual, *self._values]

    def update(self, state):
        if len(state.q) != len(self.labels):
            raise ValueError(f"q has {len(state.q)} entries; this picture has {len(self.labels)} labels")
        log_t = np.log(state.t)
        points = np.c_[state.t, log_t][np.argsort(state.t)]
        self._hull.set_xy(cut(points, 1.5 * self.right))
        out = 0
        for k, (t, y, q) in enumerate(zip(state.t, log_t, state.q, strict=True)):
            inside = t <= self.right
            shown = max(y, self.bottom)
            for line in (self._rings[k], self._fills[k]):
                line.set_data([t], [shown])
                line.set_visible(bool(inside))
            self._fills[k].set_markersize(RING * math.sqrt(q))
            self._arrows[k].set_visible(not inside)
            self._arrows[k].set_data([self.right], [self.top - (0.07 * out) * (self.top - self.bottom)])
            out += not inside
            self._values[k].set_text(f"r = {ratio(t)}{'' if inside else ' ▶'}")
        self._above.set_data([state.mean], [state.log_mean])
        low = put_marker(self._below, state.mean, state.mean_log, (self.bottom, self.top), "s")
        self._gap.put(self.p, low, state.log_mean)
        self._mean.set_text(f"E[r] = {ratio(state.mean)} = p(x|θ)")
        for text, value in zip(self._numbers, (state.log_mean, state.mean_log, state.gap, state.bound.kl), strict=True):
            text.set_text(nats(value, 3))
        self._residual.set_text(tiny(state.gap - state.bound.kl))

    def sentence(self, state):
        q, t = (", ".join(f(v) for v in values) for f, values in ((lambda v: f"{v:.2f}", state.q), (ratio, state.t)))
        sides = {"log_mean": state.log_mean, "mean_log": state.mean_log, "gap": state.gap, "kl": state.bound.kl}
        return words.of("jensen").SENTENCE.format(q=q, t=t, **{name: nats(value, 3) for name, value in sides.items()})


class JensenScene(Together):
    """q as bars, and beside them Jensen's inequality; 900 by 400 pixels.

    Parameters
    ----------
    labels : sequence of 2 to 4 strings
    ratios : Ratios
        Any state of the point x to be shown: it sets the window (see `JensenCurve`).
    """

    def __init__(self, labels, ratios):
        super().__init__([(QBars(labels), (0.045, 0.155, 0.255, 0.73)),
                          (JensenCurve(labels, ratios), (0.375, 0.155, 0.35, 0.73))], size=(9.0, 4.0))

    def build(self, figure):
        artists = super().build(figure)
        for number in self.parts[0][0]._values:         # wider than their bars here: keep them clear of the others
            number.set_path_effects([withStroke(linewidth=3, foreground="white")])
        return artists

    def sentence(self, state):
        return self.parts[1][0].sentence(state)


def ratio(t):
    """A ratio for the eye: three digits that count, no exponent before a million.

    >>> ratio(0.0661), ratio(13.2), ratio(142.4), ratio(3e7)
    ('0.066', '13.2', '142', '3e7')
    """
    if t >= 1e6 or t < 5e-4:
        mantissa, exponent = f"{t:.0e}".split("e")
        return f"{mantissa}e{int(exponent)}".replace("-", "−")
    return f"{t:.3f}" if t < 10 else f"{t:.1f}" if t < 100 else f"{t:.0f}"


def cut(points, right):
    """The polygon `points`, array (K, 2), without what lies beyond x = right (far corners overflow a drawing)."""
    kept = []
    for a, b in zip(points, np.roll(points, -1, axis=0), strict=True):
        if a[0] <= right:
            kept.append(a)
        if (a[0] <= right) != (b[0] <= right):
            kept.append(a + (b - a) * ((right - a[0]) / (b[0] - a[0])))
    return np.array(kept)

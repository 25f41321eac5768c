"""log p(x|θ) as the distance of two curves over z: log p(x,z|θ) and log p(z|x,θ) (W1–W5).

z may be one of K labels (stems) or a number (curves). The distance is drawn below, and q below that; a table says
the same at one z, and averaged over q.
"""

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.patches import Polygon
from matplotlib.ticker import MaxNLocator

from emlib import words
from emlib.draw import style
from emlib.draw.parts.identity_bar import tick_label
from emlib.draw.parts.marks import put_marker
from emlib.draw.scene import Scene
from emlib.draw.style import nats
from emlib.lessons.identity.model import log_normal
from emlib.lessons.identity.two_terms import EDGE, VIEWS, minus

JOINT = "#3B2E8C"           # log p(x,z|θ): indigo, solid, discs; the other term is green, dashed, squares


class OverZScene(Scene):
    """Two terms over z, their difference, q, and the table. The state is an `OverZ`.

    Parameters
    ----------
    limits : (float, float)
        Nats shown of the two terms.
    difference : (float, float)
        Nats shown of their difference.
    labels : sequence of K strings, optional
        What the values of z are called; without them z is a number.
    """

    size = (9.0, 5.2)

    def __init__(self, limits, difference, labels=None):
        self.limits, self.difference, self.labels = limits, difference, None if labels is None else tuple(labels)

    def build(self, figure):
        left, width, say = 0.075, 0.475, words.of("identity")
        terms, difference, q = (figure.add_axes((left, bottom, width, height))
                                for bottom, height in ((0.52, 0.40), (0.32, 0.13), (0.085, 0.15)))
        for axes, limits in ((terms, self.limits), (difference, self.difference),
                             (q, (0, 1.15 if self.labels else 1.7))):
            axes.set(xlim=(-0.5, len(self.labels) - 0.5) if self.labels else (-EDGE, EDGE), ylim=limits)
            axes.yaxis.set_major_locator(MaxNLocator(5 if axes is terms else 2, steps=[1, 2, 4, 5, 10]))
            axes.yaxis.set_major_formatter(lambda v, _: tick_label(v))
            if self.labels:
                axes.set_xticks(range(len(self.labels)), self.labels)
                axes.tick_params(axis="x", length=0)
            if axes is not q:
                axes.tick_params(axis="x", labelbottom=False)
        small = dict(fontsize=style.SMALL, va="baseline")
        named = ((difference, 1.12, say.DIFFERENCE, style.LOG_LIK), (q, 1.1, "q(z)", style.Q_INK))
        for axes, at, text, colour in named:
            axes.text(0, at, text, color=colour, transform=axes.transAxes, weight="bold", **small)
        if not self.labels:
            q.text(1, 1.1, "z", transform=q.transAxes, ha="right", color="#555555", **small)
        self._title = figure.text(left - 0.055, 0.955, "", fontsize=style.LARGE, weight="bold")

        line = self.labels is None
        joint = dict(color=JOINT, linewidth=2.5, marker="" if line else "o", markersize=11,
                     linestyle="-" if line else "")
        other = dict(color=style.POSTERIOR, linewidth=2.5, marker="" if line else "s", markersize=11,
                     linestyle="--" if line else "", markerfacecolor="white", markeredgewidth=2.5)
        self._first, self._second = terms.plot([], [], **joint)[0], terms.plot([], [], **other)[0]
        self._gaps = [terms.add_line(Line2D([], [], color="#bbbbbb", linewidth=3)) for _ in self.labels or ()]
        self._flat = difference.plot([], [], color=style.LOG_LIK, linewidth=2.5 if line else 1,
                                     marker="" if line else "o", markersize=9)[0]
        self._average = difference.plot([], [], "D", color=style.Q_INK, markersize=11, clip_on=False)[0]
        self._q = [q.add_patch(Polygon(np.zeros((3, 2)), facecolor=style.Q, alpha=0.6 if line else 1, linewidth=0))
                   for _ in self.labels or (0,)]
        self._q_values = [q.text(0, 0, "", ha="center", va="bottom", color=style.Q_INK,
                                  fontsize=style.SMALL)
                          for _ in self.labels or ()]
        grips = [dict(linewidth=4)] * len(self.labels) if self.labels else [dict(marker=m, markersize=11) for m in "o>"]
        self._grips = [q.add_line(Line2D([], [], color=style.Q_INK, **grip)) for grip in grips]
        # the z looked at: one line through all, the distance thick between the two terms
        self._at = [axes.axvline(0, color="#888888", linewidth=1.2, linestyle=":") for axes in (terms, difference, q)]
        self._distance = terms.add_line(Line2D([], [], color=style.LOG_LIK, linewidth=4))
        self._ends = [terms.plot([], [], marker, color=colour, markersize=11)[0]
                      for marker, colour in (("o", JOINT), ("s", style.POSTERIOR))]
        self._spot = difference.plot([], [], "o", color=style.LOG_LIK, markersize=11, clip_on=False)[0]
        return [self._title, *self._gaps, self._first, self._second, self._flat, *self._q, *self._q_values, *self._at,
                self._average, *self._grips, self._distance, *self._ends, self._spot, *self._table(figure)]

    def _table(self, figure):
        """The texts of the table on the right; fixed columns, right-aligned numbers."""
        names, at, over, say = 0.595, 0.875, 0.985, words.of("identity")
        rows = [0.87, 0.79, 0.72, 0.64]
        put = dict(va="baseline", fontsize=style.NORMAL)
        self._where = figure.text(at, rows[0], "", ha="right", weight="bold", **put)
        figure.text(over, rows[0], say.AVERAGE, ha="right", weight="bold", color=style.Q_INK, **put)
        self._names = [figure.text(names, y, "", color=colour, **put)
                       for y, colour in zip(rows[1:], (JOINT, style.POSTERIOR, style.LOG_LIK), strict=True)]
        self._numbers = [[figure.text(x, y, "", ha="right", color=colour, **put) for x in (at, over)]
                         for y, colour in zip(rows[1:], (JOINT, style.POSTERIOR, style.LOG_LIK), strict=True)]
        for y, sign in zip(rows[2:], "−=", strict=True):
            figure.text(names - 0.012, y, sign, ha="right", **put)
        figure.add_artist(Line2D([names - 0.03, over], [0.695, 0.695], color=style.INK, linewidth=1))
        self._itself = figure.text(names, 0.555, "", **put)
        self._verdict = figure.text(names, 0.495, "", weight="bold", **put)
        figure.text(names, 0.385, say.PRODUCT_RULE, color="#555555", **put)
        columns = (names, names + 0.15, names + 0.30)
        for x, name in zip(columns, ("p(x,z|θ)", "= p(z|x,θ)", "· p(x|θ)"), strict=True):
            figure.text(x, 0.32, name, **put)
        self._product = [figure.text(x, 0.26, "", **put) for x in columns]
        return [self._where, *self._names, *(n for row in self._numbers for n in row), self._itself, self._verdict,
                *self._product]

    def update(self, state):
        if (state.spread is None) != (self.labels is not None) or (self.labels and len(self.labels) != len(state.z)):
            raise ValueError("state: its z are not the labels of this picture")
        say, (first, second, result) = words.of("identity"), VIEWS[state.view]
        self._title.set_text(say.VIEWS[state.view])
        lo, hi = self.limits
        self._first.set_data(state.z, state.first)
        self._second.set_data(state.z, state.second)
        for k, gap in enumerate(self._gaps):
            gap.set_data([k, k], np.clip([state.first[k], state.second[k]], lo, hi))
        self._flat.set_data(state.z, state.difference)
        for line in self._at:
            line.set_xdata([state.pick] * 2)
        self._distance.set_data([state.pick] * 2, np.clip(state.here, lo, hi))
        for end, value in zip(self._ends, state.here, strict=True):
            end.set_data([state.pick], [value])
        self._draw_q(state)
        put_marker(self._spot, state.pick, minus(*state.here), self.difference, "o")
        put_marker(self._average, self._centre(state), minus(*state.mean), self.difference, "D")
        self._where.set_text(say.AT.format(z=self._called(state)))
        for text, name in zip(self._names, (first, second, result), strict=True):
            text.set_text(name)
        columns = zip((*state.here, minus(*state.here)), (*state.mean, minus(*state.mean)), strict=True)
        for texts, values in zip(self._numbers, columns, strict=True):
            for text, value in zip(texts, values, strict=True):
                text.set_text(nats(value, 3))
        self._itself.set_text(say.LOG_LIK_ITSELF.format(log_lik=nats(state.log_lik, 3)))
        self._verdict.set_text(verdict(state))
        self._verdict.set_color(style.LOG_LIK if state.same else style.KL)
        for text, value, sign in zip(self._product, state.density, ("", "= ", "· "), strict=True):
            text.set_text(sign + small(value))

    def _draw_q(self, state):
        if self.labels is None:
            self._q[0].set_xy(np.r_[np.c_[state.z, state.q], [[state.z[-1], 0], [state.z[0], 0]]])
            mean, sd = state.spread
            for grip, (z, density) in zip(self._grips, handles_of_normal(mean, sd), strict=True):
                grip.set_data([z], [density])
            return
        for k, (bar, grip, text, value) in enumerate(zip(self._q, self._grips, self._q_values, state.q, strict=True)):
            bar.set_xy([(k - 0.2, 0), (k - 0.2, value), (k + 0.2, value), (k + 0.2, 0)])
            grip.set_data([k - 0.2, k + 0.2], [value, value])
            text.set_position((k + 0.3, min(value, 0.9)))
            text.set_text(f"{value:.2f}")

    def _centre(self, state):
        """Where the diamond of the average stands: at q's mean."""
        return state.spread[0] if self.labels is None else float(state.z @ state.q)

    def _called(self, state):
        return f"z = {nats(state.pick)}" if self.labels is None else self.labels[int(state.pick)]

    def sentence(self, state):
        say, (first, second, result) = words.of("identity"), VIEWS[state.view]

        def sum_up(values):
            return say.SUM.format(first=nats(values[0], 3), second=nats(values[1], 3),
                                  difference=nats(minus(*values), 3))

        return say.SENTENCE.format(view=say.VIEWS[state.view], first=first, second=second, result=result,
                                   z=self._called(state), here=sum_up(state.here), mean=sum_up(state.mean),
                                   log_lik=nats(state.log_lik, 3), verdict=verdict(state))


def verdict(state):
    """Whether the difference is log p(x|θ) everywhere, in words."""
    say = words.of("identity")
    if np.isnan(state.difference).any():
        return say.SAME_WHERE_POSITIVE if state.same else say.NOT_SAME_WHERE_POSITIVE
    return say.SAME if state.same else say.NOT_SAME


def handles_of_normal(mean, sd):
    """Where a normal density is taken by hand, array (2, 2) of (z, density): at its top, and one sd to the right."""
    z = np.array([mean, mean + sd])
    return np.column_stack([z, np.exp(log_normal(z, mean, sd))])


def small(value):
    """A density for the eye, three significant digits: "0.0328", "1.2e−7"."""
    return f"{value:#.3g}".replace("e-0", "e-").replace("-", "−")

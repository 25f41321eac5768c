"""The identity as a bar: log p(x|θ) = ELBO + KL, the course's emblem (W8).

The bar runs from −∞ (a torn edge: logarithms of densities have no natural zero, so none is drawn) up to the
ELBO, filled; from there to the line log p(x|θ), hatched, lies the KL. The numbers stand above, in fixed columns.

A log-likelihood of −1130 with a KL of 0.3 has to be readable. So the line stands still, and the scale is chosen
for the largest KL: in absolute nats where every state has the same log-likelihood (only q moves), in nats from
the line where θ moves too. How far the line itself has climbed is for the numbers, and for `Ascent`, to say.
"""
import itertools
import math

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.path import Path
from matplotlib.ticker import MaxNLocator
from matplotlib.transforms import blended_transform_factory

from emlib import words
from emlib.draw import style
from emlib.draw.scene import Part
from emlib.draw.style import nats, tiny

TIGHT = 1e-9        # relative to log-lik: a KL below this is rounding, and is called 0


class IdentityBar(Part):
    """The identity of one state, as a bar of fixed scale.

    A state is a `Bound`, or anything with a `.bound` (a `Step`).

    Parameters
    ----------
    limits : (float, float)
        The window in nats. It never moves, so that states can be compared; what falls outside is said with an
        arrow and its number.
    from_line : bool
        False: `limits` are nats on the scale of log p(x|θ), and the line moves when θ does. True: they count
        from log p(x|θ), at 0, and the line stands still.
    size : (float, float)
        Inches at 100 dots per inch.
    """

    rect = (0.05, 0.06, 0.90, 0.88)

    def __init__(self, limits, from_line=False, size=(9.0, 2.4)):
        lo, hi = (float(v) for v in limits)
        if not (math.isfinite(lo) and math.isfinite(hi) and lo < hi):
            raise ValueError(f"limits: {limits!r} is not a finite, increasing pair of nats; "
                             "IdentityBar.for_bounds(bounds) chooses one")
        self.limits, self.from_line, self.size = (lo, hi), bool(from_line), tuple(size)

    @classmethod
    def for_bounds(cls, bounds, **options):
        """A bar whose fixed line and scale suit `bounds` (Bounds or Steps): every finite KL fits in its window."""
        limits, from_line = scale_for(bounds)
        return cls(limits, from_line, **options)

    def build_in(self, axes):
        figure = axes.get_figure(root=True)
        width, height = (72 * side for side in axes.get_position().size * figure.get_size_inches())   # points
        big = style.LARGE if width > 450 else style.NORMAL
        row = 1.45 * big

        # Rows, in points from the top: names, numbers, notes, bar, tick labels, unit and residual.
        def at(points):
            return 1 - points / height
        bar_top, floor = at(2 * row + 22), 26 + style.SMALL * 1.5
        self._bar = (floor / height, bar_top)
        if (bar_top - floor / height) * height < 10:
            needed = 2 * row + 32 + floor
            raise ValueError(f"size: the identity bar needs {needed:.0f} points of height, and has {height:.0f}; "
                             "make the figure or its rect taller")

        axes.set(xlim=self.limits, ylim=(0, 1), yticks=[])
        axes.spines[["left", "bottom"]].set_visible(False)
        axes.spines["bottom"].set_visible(True)
        axes.spines["bottom"].set_position(("axes", self._bar[0] - 5 / height))
        axes.set_xticks(*ticks_within(self.limits, width))
        axes.tick_params(axis="x", length=4, pad=2)

        put = dict(transform=axes.transAxes, va="baseline")
        # right edges of the three numbers; nine characters fit in each column, an operator between
        column = 5.75 * big
        step = min(8.2 * big, (width - column) / 2)
        columns = [(column + i * step) / width for i in range(3)]
        names = (("log p(x|θ)", style.LOG_LIK), ("ELBO", style.ELBO), ("KL", style.KL))
        for x, (name, colour) in zip(columns, names, strict=True):
            axes.text(x, at(0.8 * row), name, color=colour, ha="right", fontsize=big, weight="bold", **put)
        for x, sign in zip(columns, "=+", strict=False):
            middle = x + (step - column) / 2 / width
            axes.text(middle, at(1.8 * row), sign, ha="center", fontsize=big, color="#555555", **put)
        self._numbers = [axes.text(x, at(1.8 * row), "", color=colour, ha="right", fontsize=big, **put)
                         for x, (_, colour) in zip(columns, names, strict=True)]
        say = words.of("kit")
        unit = say.NATS_FROM_LINE if self.from_line else say.NATS
        axes.text(0, 3 / height, unit, fontsize=style.SMALL, color="#555555", **put)
        self._residual = axes.text(1, 3 / height, "", fontsize=style.SMALL, color="#555555", ha="right", **put)
        note = dict(fontsize=style.SMALL, transform=axes.transAxes, va="baseline")
        self._left = axes.text(0, bar_top + 7 / height, "", ha="left", **note)
        self._right = axes.text(1, bar_top + 7 / height, "", ha="right", **note)

        # The bar: x in nats, y in fractions of the axes; both ends torn, the left one always seen.
        place = blended_transform_factory(axes.transData, axes.transAxes)
        low, high = self._bar
        options = dict(transform=place, linewidth=0)
        self._elbo = Rectangle((0, low), 0, high - low, facecolor=style.ELBO, **options)
        self._kl = Rectangle((0, low), 0, high - low, **style.GAP, **options)
        torn = Path(torn_outline(low, high, 5 / width))
        for patch in (self._elbo, self._kl):
            axes.add_patch(patch)
            patch.set_clip_path(torn, axes.transAxes)
        self._line = Line2D([0, 0], [low - 5 / height, high + 5 / height], transform=place, color=style.LOG_LIK,
                            linewidth=3.5, clip_on=False)
        axes.add_line(self._line)
        middle = (low + high) / 2
        inside = dict(va="center_baseline", fontsize=style.SMALL, weight="bold")
        self._elbo_label = axes.text(14 / width, middle, "ELBO", color="white", transform=axes.transAxes, **inside)
        self._kl_label = axes.text(0, middle, "KL", color=style.KL, ha="center", transform=place, **inside,
                                   bbox=dict(boxstyle="round,pad=0.15", facecolor="white", edgecolor="none"))
        lo, hi = self.limits
        self._point = (hi - lo) / width             # nats to one point of length
        return [self._elbo, self._kl, self._line, *self._numbers, self._residual, self._left, self._right,
                self._elbo_label, self._kl_label]

    def update(self, state):
        b, say = bound_of(state), words.of("kit")
        lo, hi = self.limits
        for text, value in zip(self._numbers, (b.log_lik, b.elbo, b.kl), strict=True):
            text.set_text(nats(value))
        self._residual.set_text(say.RESIDUAL.format(residual=tiny(b.residual)))

        finite = math.isfinite(b.elbo)
        origin = b.log_lik if self.from_line else 0.0
        line = b.log_lik - origin
        top = min(max(line, lo), hi)
        split = min(max(b.elbo - origin, lo), hi) if finite else lo
        self._elbo.set_visible(finite and split > lo)
        self._elbo.set_x(lo)
        self._elbo.set_width(split - lo)
        self._kl.set_visible(finite and top > split)
        self._kl.set_x(split)
        self._kl.set_width(max(top - split, 0))
        self._line.set_visible(lo <= line <= hi)
        self._line.set_xdata([top, top])

        left, right = [], []
        if not finite:
            left.append(say.NO_BAR)
        for name, value in (("ELBO", b.elbo), ("log p(x|θ)", b.log_lik)):
            if math.isfinite(value) and not lo <= value - origin <= hi:
                (left if value - origin < lo else right).append(f"{name} {nats(value)}")
        self._left.set_text("◀ " + ", ".join(left) if left else "")
        self._right.set_text(", ".join(right) + " ▶" if right else "")

        self._elbo_label.set_visible(finite and (split - lo) / self._point > 62)
        self._kl_label.set_visible(finite and (top - split) / self._point > 36)
        self._kl_label.set_x((split + top) / 2)

    def sentence(self, state):
        return sentence_of(state)


def bound_of(state):
    """The Bound of a state: itself, or its `.bound`."""
    b = getattr(state, "bound", state)
    if not all(hasattr(b, name) for name in ("log_lik", "elbo", "kl", "residual")):
        raise ValueError(f"state: a {type(state).__name__} has no log_lik, elbo and kl; give a Bound or a Step")
    return b


def scale_for(bounds):
    """Choose the scale of an identity bar: limits (lo, hi) in nats, and whether they count from log p(x|θ).

    Parameters
    ----------
    bounds : sequence of Bound or Step
        The states to be shown.

    Returns
    -------
    limits, from_line : (float, float), bool
        See `IdentityBar`.

    Raises
    ------
    ValueError
        If no state has a finite log-likelihood.
    """
    bounds = [bound_of(b) for b in bounds]
    absolute = window(bounds)
    log_liks = np.array([b.log_lik for b in bounds if math.isfinite(b.log_lik)])
    size = max(1.0, np.abs(log_liks).max())
    widest = max((b.kl for b in bounds if math.isfinite(b.kl)), default=0.0)
    # from the line if it moves, or if ticks on the scale of log-lik would need more digits than an eye reads
    if np.ptp(log_liks) <= TIGHT * size and widest >= 1e-4 * size:
        return absolute, False
    if widest <= TIGHT * size:                      # every KL is 0: use a window of one nat
        widest = 1.0
    return (-1.25 * widest, 0.08 * widest), True


def window(bounds):
    """Limits (lo, hi) in nats that hold every finite ELBO and log-likelihood, with room for a piece of ELBO."""
    pairs = [(b.elbo, b.log_lik) for b in map(bound_of, bounds)]
    values = np.array([v for v in np.ravel(pairs) if math.isfinite(v)])
    if not values.size:
        raise ValueError("bounds: no finite log-likelihood among them, so there is no scale to draw on")
    lo, hi = float(values.min()), float(values.max())
    span = hi - lo if hi - lo > TIGHT * max(1.0, abs(hi)) else 1.0
    return lo - 0.25 * span, hi + 0.08 * span


def tick_label(value):
    """A tick in nats: as short as its digits allow, with a true minus sign."""
    return f"{value:.6g}".replace("-", "−")


def ticks_within(limits, width):
    """Ticks and their labels for `limits` on an axis `width` points long, none overlapping or hanging over an end."""
    lo, hi = limits
    for bins in (6, 5, 4, 3, 2, 1):
        ticks = [t for t in MaxNLocator(bins, steps=[1, 2, 5, 10]).tick_values(lo, hi) if lo <= t <= hi]
        half = [0.33 * style.SMALL * len(tick_label(t)) for t in ticks]
        place = [(t - lo) / (hi - lo) * width for t in ticks]
        kept = [i for i in range(len(ticks)) if half[i] <= place[i] <= width - half[i]]
        if all(place[j] - place[i] > half[i] + half[j] + 8 for i, j in itertools.pairwise(kept)):
            break
    return [ticks[i] for i in kept], [tick_label(ticks[i]) for i in kept]


def torn_outline(low, high, depth, teeth=3):
    """Vertices (…, 2) of the unit-wide strip low ≤ y ≤ high whose two ends are zigzags `depth` deep."""
    y = np.linspace(low, high, 2 * teeth + 1)
    x = depth * (np.arange(len(y)) % 2)
    return np.concatenate([np.c_[x, y], np.c_[1 - x[::-1], y[::-1]], [[x[0], y[0]]]])


def sentence_of(state):
    """The identity at `state` in one sentence, with its numbers: "Iteration 3, after E: …"."""
    b, say = bound_of(state), words.of("kit")
    numbers = {"log_lik": nats(b.log_lik), "elbo": nats(b.elbo), "kl": tiny(b.kl) if abs(b.kl) < 0.005 else nats(b.kl)}
    if math.isinf(b.kl):
        sentence = say.INFINITE_KL.format(**numbers)
    elif abs(b.kl) <= TIGHT * max(1.0, abs(b.log_lik)):
        sentence = say.ZERO_KL.format(**numbers)
    else:
        sentence = say.IDENTITY.format(**numbers)
    if not hasattr(state, "kind"):
        return sentence
    return say.SENTENCE_AT_STEP.format(when=say.HALF_STEP.format(t=state.t, kind=state.kind), sentence=sentence)

"""How log p(x|θ) and the ELBO climb, half-step by half-step (W24)."""
import numpy as np
from matplotlib.collections import PolyCollection
from matplotlib.ticker import MaxNLocator

from emlib import words
from emlib.draw import style
from emlib.draw.parts.identity_bar import bound_of, sentence_of, tick_label
from emlib.draw.parts.marks import names_above, put_marker
from emlib.draw.scene import Part


class Ascent(Part):
    """log p(x|θ) and the ELBO over the half-steps, up to the one shown; the hatched gap between them is the KL.

    An E-step lifts the ELBO to the log-likelihood; an M-step lifts both, and the ELBO less. A state is a `Step`;
    its own bound is drawn, so a step that is not among `steps` (a mean dragged by hand) is shown as it is.

    Parameters
    ----------
    steps : sequence of Step
        The trajectory: what lies before a state is drawn from it.
    limits : (float, float), optional
        Of the vertical axis, in nats; by default everything finite in `steps`, except a start so far below the
        rest that it would flatten it. What lies outside is an arrow at the edge.
    """

    size = (9.0, 3.6)
    rect = (0.12, 0.18, 0.85, 0.68)

    def __init__(self, steps, limits=None):
        steps = list(steps)
        if not steps:
            raise ValueError("steps: empty; give the half-steps of a fit, such as fit(model, x).steps")
        self._where = np.array([position(step) for step in steps])
        if (np.diff(self._where) <= 0).any():
            raise ValueError("steps: not in order; give them as the fit made them, (1, E), (1, M), (2, E), …")
        self._values = np.array([(step.bound.log_lik, step.bound.elbo) for step in steps], dtype=float)
        self.limits = tuple(float(v) for v in (limits or _limits(self._values)))

    def build_in(self, axes):
        last = max(self._where[-1], 1.0)
        axes.set(xlim=(0.5 - 0.04 * last, last + 0.04 * last), ylim=self.limits, xlabel=words.of("kit").ITERATION)
        axes.xaxis.set_major_locator(MaxNLocator(6, integer=True, min_n_ticks=1))
        axes.yaxis.set_major_locator(MaxNLocator(3, steps=[1, 2, 5, 10]))
        axes.yaxis.set_major_formatter(lambda v, _: tick_label(v))
        names_above(axes, [("log p(x|θ)", style.LOG_LIK), ("ELBO", style.ELBO), ("KL", style.KL)])
        self._gap = PolyCollection([], linewidths=0, **style.GAP)
        axes.add_collection(self._gap, autolim=False)
        crowded = len(self._where) > 40
        dots = dict(markersize=0 if crowded else 4)
        self._elbo, = axes.plot([], [], color=style.ELBO, linewidth=3, marker="s", **dots)
        self._log_lik, = axes.plot([], [], color=style.LOG_LIK, linewidth=1.6, marker="o", **dots)
        # the current pair: a dot inside a square where they touch
        now = dict(linestyle="", markeredgewidth=0, clip_on=False)
        self._now_elbo, = axes.plot([], [], "s", color=style.ELBO, markersize=12, **now)
        self._now_log_lik, = axes.plot([], [], "o", color=style.LOG_LIK, markersize=7, **now)
        return [self._gap, self._elbo, self._log_lik, self._now_elbo, self._now_log_lik]

    def update(self, state):
        b, now = bound_of(state), position(state)
        before = self._where < now
        t = np.append(self._where[before], now)
        log_lik, elbo = np.append(self._values[before], [(b.log_lik, b.elbo)], axis=0).T
        shown = np.where(np.isfinite(elbo), elbo, np.nan)           # −∞ breaks the line
        self._log_lik.set_data(t, log_lik)
        self._elbo.set_data(t, shown)
        low = np.where(np.isfinite(elbo), elbo, self.limits[0])
        self._gap.set_verts([np.r_[np.c_[t, log_lik], np.c_[t, low][::-1]]] if len(t) > 1 else [])
        for line, value, usual in ((self._now_log_lik, b.log_lik, "o"), (self._now_elbo, b.elbo, "s")):
            put_marker(line, now, value, self.limits, usual)

    def sentence(self, state):
        return sentence_of(state)


def position(step):
    """Where a half-step stands on the axis of iterations: (t, "E") at t − ½, (t, "M") at t."""
    if not hasattr(step, "t") or getattr(step, "kind", None) not in ("E", "M"):
        raise ValueError(f"state: a {type(step).__name__} has no t and kind; give a Step of em() or fit()")
    return step.t - (0.5 if step.kind == "E" else 0.0)


def _limits(values):
    """Vertical limits for log-lik and ELBO, array (S, 2)."""
    finite = values[np.isfinite(values)]
    if not finite.size:
        raise ValueError("steps: no finite log-likelihood among them, so there is no scale to draw on")
    lo, hi = finite.min(), finite.max()
    if len(values) > 2:
        # a bad start may lie a thousand nats below the first M-step; the rest of the climb matters more
        rest = values[1:][np.isfinite(values[1:])]
        if rest.size and hi - lo > 4 * (hi - rest.min()) > 0:
            lo = rest.min()
    room = 0.08 * (hi - lo) if hi - lo > 1e-6 * max(1.0, abs(hi)) else 0.5
    return lo - room, hi + room

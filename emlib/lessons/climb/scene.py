"""The bound under the log-likelihood, for a model with one free number θ: tangency and ascent (W10–W14, W24).

Every curve is computed: log p(x|θ) and L(q, θ) at each θ of a grid, from the model's own log_joint.
"""

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.ticker import MaxNLocator

from emlib import words
from emlib.bound import bound
from emlib.draw import style
from emlib.draw.parts.identity_bar import sentence_of, tick_label
from emlib.draw.parts.marks import Gap, names_above, put_marker
from emlib.draw.parts.table import write_row
from emlib.draw.scene import Part, Together
from emlib.draw.style import nats
from emlib.lessons.climb.states import derivatives, relations

SUPERSCRIPT = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
BETWEEN = {"kl": (4, "≥"), "m_step": (6, "≥"), "e_step": (8, "=")}      # the row of a relation and its sign


class Curves(Part):
    """log p(x|θ) over θ, the bound under it, and where both stand. The state is an `Iteration`.

    Parameters
    ----------
    x : array (N, D)
    model : model
        Any model of the family: it is moved over the grid by ``at(theta)``.
    limits : (float, float)
        The window of θ.
    label : str
        What θ is, with its unit.
    with_q_function : bool
        Draw Q(θ, θᵗ) too: the bound without the entropy of q (W12).
    """

    rect = (0.11, 0.15, 0.85, 0.74)

    def __init__(self, x, model, limits, label="θ", with_q_function=False):
        lo, hi = (float(v) for v in limits)
        if not (np.isfinite([lo, hi]).all() and lo < hi):
            raise ValueError(f"limits: {limits!r} is not a finite, increasing pair of numbers θ")
        self.x, self.limits, self.label = np.asarray(x, dtype=float), (lo, hi), label
        self.with_q_function = with_q_function
        self.grid = np.linspace(lo, hi, 241)
        log_joint = np.stack([model.at(theta).log_joint(self.x) for theta in self.grid])        # (G, N, K)
        self.log_lik = np.logaddexp.reduce(log_joint, axis=2).sum(axis=1)
        self._log_joint = log_joint.reshape(len(self.grid), -1)
        span = np.ptp(self.log_lik)
        below = 0.22 if with_q_function else 0.12
        self.window = self.log_lik.min() - below * span, self.log_lik.max() + 0.06 * span

    def q_function(self, steps):
        """Q(θ) = E_q[log p(x, z|θ)] over the grid for the q of each step, array (G, S), in nats (W13)."""
        return self._log_joint @ np.stack([s.q.ravel() for s in steps], axis=1)

    def elbo(self, steps):
        """L(q, θ) over the grid for the q of each step, array (G, S), in nats (W12)."""
        return self.q_function(steps) + [s.bound.entropy for s in steps]

    def build_in(self, axes):
        axes.set(xlim=self.limits, ylim=self.window, xlabel=self.label)
        axes.yaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))
        axes.yaxis.set_major_formatter(lambda v, _: tick_label(v))
        q_function = words.of("climb").Q_FUNCTION, style.ELBO
        names_above(axes, [("log p(x|θ)", style.LOG_LIK), ("L(q̂,θ)", style.ELBO),
                           q_function if self.with_q_function else ("KL", style.KL)], y=1.05)
        self._past = LineCollection([], colors=style.ELBO, linewidths=1.2, alpha=0.3)
        axes.add_collection(self._past, autolim=False)
        axes.plot(self.grid, self.log_lik, color=style.LOG_LIK, linewidth=2.2)
        self._tangent, = axes.plot([], [], color="#909090", linewidth=1.5)
        self._q_function, = axes.plot([], [], color=style.ELBO, linewidth=1.6, linestyle=(0, (4, 3)))
        self._bound, = axes.plot([], [], color=style.ELBO, linewidth=3)
        self._gap = Gap(axes, 0.016 * (self.limits[1] - self.limits[0]))
        self._maximiser, = axes.plot([], [], color="#888888", linewidth=1.2, linestyle=(0, (4, 3)))
        self._dots, = axes.plot([], [], "o", color="#8a8a8a", markersize=5, markeredgewidth=0)
        self._tangency, = axes.plot([], [], "o", markersize=16, markerfacecolor="none",
                                    markeredgecolor=style.LOG_LIK, markeredgewidth=1.6)
        self._maximum, = axes.plot([], [], "^", markersize=11, markerfacecolor="white", markeredgecolor=style.ELBO,
                                   markeredgewidth=2)
        self._elbo, = axes.plot([], [], "s", color=style.ELBO, markersize=10, markeredgewidth=0, clip_on=False)
        self._log_lik, = axes.plot([], [], "o", color=style.LOG_LIK, markersize=8, markeredgewidth=0, clip_on=False)
        return [self._past, self._tangent, self._q_function, self._bound, self._maximiser, self._gap.patch,
                self._dots, self._tangency, self._maximum, self._elbo, self._log_lik]

    def update(self, state):
        e, lo = state.e, self.window[0]
        curve = self.elbo([e])[:, 0]
        self._bound.set_data(self.grid, curve)
        self._past.set_segments([np.c_[self.grid, c] for c in self.elbo(state.past).T] if state.past else [])
        self._dots.set_data([s.model.theta for s in state.past], [s.bound.log_lik for s in state.past])
        theta, log_lik = e.model.theta, e.bound.log_lik
        half_width = 0.09 * np.ptp(self.limits)
        half_rise = derivatives(e, self.x)[0] * half_width
        # a steep tangent stays short
        short = min(1.0, 0.2 * (self.window[1] - lo) / abs(half_rise)) if half_rise else 1.0
        self._tangent.set_data([theta - short * half_width, theta + short * half_width],
                               [log_lik - short * half_rise, log_lik + short * half_rise])
        self._tangency.set_data([theta], [log_lik])
        best = e.model.m_step(self.x, e.q)
        self._maximum.set_data([best.theta], [bound(best.log_joint(self.x), e.q).elbo])
        self._q_function.set_data((self.grid, curve - e.bound.entropy) if self.with_q_function else ([], []))
        self._maximiser.set_data(([best.theta] * 2, self.window) if self.with_q_function else ([], []))
        b = state.bound
        elbo = put_marker(self._elbo, state.theta, b.elbo, self.window, "s")
        self._gap.put(state.theta, elbo, b.log_lik)
        self._log_lik.set_data([state.theta], [b.log_lik])

    def sentence(self, state):
        return sentence_of(state.step)


class Table(Part):
    """Rows of a name and a number below one another, each in its colour, instead of axes."""

    def write(self, axes, rows):
        """Lay out rows (name, colour, indent) and return the texts: names and numbers, both free to change."""
        axes.set_axis_off()
        figure = axes.get_figure(root=True)
        line = 1.72 * style.SMALL / (axes.get_position().height * figure.get_figheight() * 72)
        texts = [write_row(axes, 1 - (i + 0.8) * line, name, colour=colour, left=0.07 * indent,
                           weight="normal" if indent else "bold") for i, (name, colour, indent) in enumerate(rows)]
        names, numbers = zip(*texts, strict=True)
        names[0].set_fontsize(style.LARGE)
        return names, numbers


class Relations(Table):
    """The three relations of W24, ticked with their numbers. The state is an `Iteration`."""

    def build_in(self, axes):
        plain = "#333333"
        rows = [("", style.INK, 0), ("", plain, 0), ("", plain, 0), ("", style.LOG_LIK, 0), ("", plain, 1),
                ("", style.ELBO, 0), ("", plain, 1), ("", style.ELBO, 0), ("", plain, 1), ("", style.LOG_LIK, 0)]
        self._names, self._numbers = self.write(axes, rows)
        return [*self._names, *self._numbers]

    def update(self, state):
        e, m = state.e, state.m
        old, new = (f"θ{str(t).translate(SUPERSCRIPT)}" for t in (e.t - 1, e.t))
        names = [words.of("kit").HALF_STEP.format(t=e.t, kind=state.step.kind), f"{old} = {nats(e.model.theta)}", "",
                 f"log p(x|{new})", "", f"L(q̂,{new})", "", f"L(q̂,{old})", "", f"log p(x|{old})"]
        numbers = ["", f"{new} = {nats(m.model.theta)}" if m else "", "", "", "", "", "", nats(e.bound.elbo), "",
                   nats(e.bound.log_lik)]
        reasons = words.of("climb").REASONS
        for r in relations(state):
            row, sign = BETWEEN[r.name]
            names[row] = f"{sign} {'✓' if r.holds else '✗'}  {reasons[r.name, r.holds]}"
            numbers[row] = ("+" if r.difference > 0 and nats(r.difference) != "0.00" else "") + nats(r.difference)
        if m:
            numbers[3], numbers[5] = nats(m.bound.log_lik), nats(m.bound.elbo)
        for text, value in zip([*self._names, *self._numbers], [*names, *numbers], strict=True):
            text.set_text(value)
        for row in (3, 5):
            self._names[row].set_alpha(1 if m else 0.35)        # not there yet

    def sentence(self, state):
        return sentence_of(state.step)


class Tangency(Table):
    """Value and derivative of both curves where they touch; where L and Q have their maximum.

    The state is an `Iteration` after E.
    """

    def __init__(self, curves):
        self.curves = curves

    def build_in(self, axes):
        say = words.of("climb")
        rows = ((say.AT_THE_TANGENCY, style.INK, 0), ("log p(x|θᵗ)", style.LOG_LIK, 0), ("L(q̂,θᵗ)", style.ELBO, 0),
                (say.DERIVATIVE_OF_LOG_LIK, style.LOG_LIK, 1), (say.DERIVATIVE_OF_ELBO, style.ELBO, 1),
                ("", style.INK, 0), ("Q(θᵗ,θᵗ)", style.ELBO, 0), (say.ENTROPY, style.ELBO, 0),
                (say.MAXIMISER_OF_ELBO, style.ELBO, 1), (say.MAXIMISER_OF_Q_FUNCTION, style.ELBO, 1))
        _, self._numbers = self.write(axes, rows)
        return self._numbers

    def update(self, state):
        e, b = state.e, state.e.bound
        q_function, elbo = self.curves.q_function([e])[:, 0], self.curves.elbo([e])[:, 0]
        values = [b.log_lik, b.elbo, *derivatives(e, self.curves.x), None, b.expected_log_joint, b.entropy,
                  maximiser(self.curves.grid, elbo), maximiser(self.curves.grid, q_function)]
        for text, value in zip(self._numbers[1:], values, strict=True):
            text.set_text("" if value is None else nats(value))
        self._numbers[0].set_text(f"θᵗ = {nats(e.model.theta)}")

    def sentence(self, state):
        e, b = state.e, state.e.bound
        of_log_lik, of_elbo = derivatives(e, self.curves.x)
        return words.of("climb").TANGENCY.format(
            theta=nats(e.model.theta), log_lik=nats(b.log_lik), elbo=nats(b.elbo),
            derivative_of_log_lik=nats(of_log_lik), derivative_of_elbo=nats(of_elbo),
            maximiser=nats(e.model.m_step(self.curves.x, e.q).theta))


def maximiser(grid, curve):
    """The θ where a curve is largest: the vertex of the parabola through its largest value and the two beside it."""
    i = min(max(int(np.argmax(curve)), 1), len(grid) - 2)
    left, mid, right = curve[i - 1:i + 2]
    return grid[i] + (grid[1] - grid[0]) * (left - right) / (2 * (left - 2 * mid + right))


class ClimbScene(Together):
    """The curves, and the relations of W24 beside them; 900 by 400 pixels. States are `Iteration`s."""

    def __init__(self, x, model, limits, label="θ"):
        super().__init__([(Curves(x, model, limits, label), (0.085, 0.15, 0.535, 0.73)),
                          (Relations(), (0.665, 0.08, 0.315, 0.86))], size=(9.0, 4.0))


class RideScene(Together):
    """The curves with Q, and the numbers of the tangency beside them; 900 by 400 pixels.

    States are `Iteration`s after E.
    """

    def __init__(self, x, model, limits, label="θ"):
        curves = Curves(x, model, limits, label, with_q_function=True)
        super().__init__([(curves, (0.085, 0.15, 0.535, 0.73)),
                          (Tangency(curves), (0.665, 0.08, 0.315, 0.86))], size=(9.0, 4.0))

    def sentence(self, state):
        return self.parts[1][0].sentence(state)

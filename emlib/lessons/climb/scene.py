"""The bound under the log-likelihood, for a model with one free number θ: tangency and ascent (W10–W14, W24).

Every curve is computed: log p(x|θ) and L(q, θ) at each θ of a grid, from the model's own log_joint.
"""

from dataclasses import dataclass

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

from emlib import words
from emlib.bound import bound
from emlib.draw import style
from emlib.draw.parts.identity_bar import sentence_of, tick_label
from emlib.draw.scene import Part, Together
from emlib.draw.style import nats
from emlib.em import Step

TEXT = words.of("climb")
EQUAL = 1e-9            # relative to |log-lik|: closer than this is the same number
SUPERSCRIPT = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True, eq=False)
class Iteration:
    """One iteration of EM so far: its E-step, its M-step once that is done, and the E-steps before it.

    The model of a step needs, besides `log_joint` and `m_step`, its one free number ``theta`` and ``at(theta)``.
    """

    e: Step
    m: Step | None = None
    past: tuple = ()

    @property
    def step(self):
        """The half-step on screen."""
        return self.m or self.e

    @property
    def bound(self):
        """The identity on screen."""
        return self.step.bound

    @property
    def theta(self):
        """θ on screen."""
        return self.step.model.theta


def iterations(steps):
    """For each half-step of a fit, in order, the `Iteration` up to it."""
    e_steps = [s for s in steps if s.kind == "E"]
    return [Iteration(e_steps[s.t - 1], s if s.kind == "M" else None, tuple(e_steps[:s.t - 1])) for s in steps]


def tangency(model, x):
    """The `Iteration` whose bound touches the log-likelihood at this model: one exact E-step (W11)."""
    q = model.posterior(x)
    return Iteration(Step(1, "E", model, q, bound(model.log_joint(x), q)))


class Curves(Part):
    """log p(x|θ) over θ, the bound under it, and where both stand. The state is a `Rung`.

    Parameters
    ----------
    x : array (N, D)
    model : model
        Any model of the family: it is moved over the grid by ``at(theta)``.
    limits : (float, float)
        The window of θ.
    label : str
        What θ is, with its unit.
    energy : bool
        Draw Q(θ, θᵗ) too: the bound without the entropy of q (W12).
    """

    rect = (0.11, 0.15, 0.85, 0.74)

    def __init__(self, x, model, limits, label="θ", energy=False):
        lo, hi = (float(v) for v in limits)
        if not (np.isfinite([lo, hi]).all() and lo < hi):
            raise ValueError(f"limits: {limits!r} is not a finite, increasing pair of numbers θ")
        self.x, self.limits, self.label, self.energy = np.asarray(x, dtype=float), (lo, hi), label, energy
        self.grid = np.linspace(lo, hi, 241)
        joint = np.stack([model.at(theta).log_joint(self.x) for theta in self.grid])        # (G, N, K)
        self.log_lik = np.logaddexp.reduce(joint, axis=2).sum(axis=1)
        self._joint = joint.reshape(len(self.grid), -1)
        span = np.ptp(self.log_lik)
        self.window = self.log_lik.min() - (0.22 if energy else 0.12) * span, self.log_lik.max() + 0.06 * span

    def expected(self, steps):
        """Q(θ) = E_q[log p(x, z|θ)] over the grid for the q of each step, array (G, S), in nats (W13)."""
        return self._joint @ np.stack([s.q.ravel() for s in steps], axis=1)

    def elbo(self, steps):
        """L(q, θ) over the grid for the q of each step, array (G, S), in nats (W12)."""
        return self.expected(steps) + [s.bound.entropy for s in steps]

    def build_in(self, axes):
        axes.set(xlim=self.limits, ylim=self.window, xlabel=self.label)
        axes.yaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))
        axes.yaxis.set_major_formatter(lambda v, _: tick_label(v))
        figure = axes.get_figure(root=True)
        width = axes.get_position().width * figure.get_figwidth() * 72
        names = [("log p(x|θ)", style.LOG_LIK, 6.8), ("L(q̂,θ)", style.ELBO, 4.7)]
        names.append(("Q(θ,θᵗ) dashed", style.ELBO, 0) if self.energy else ("KL", style.KL, 0))
        at = 0
        for name, colour, room in names:        # above the axes, where no curve runs through them
            axes.text(at, 1.05, name, color=colour, weight="bold", fontsize=style.SMALL, transform=axes.transAxes)
            at += (room + 0.9) * style.SMALL / width
        self._past = LineCollection([], colors=style.ELBO, linewidths=1.2, alpha=0.3)
        axes.add_collection(self._past, autolim=False)
        axes.plot(self.grid, self.log_lik, color=style.LOG_LIK, linewidth=2.2)
        self._tangent, = axes.plot([], [], color="#909090", linewidth=1.5)
        self._q_curve, = axes.plot([], [], color=style.ELBO, linewidth=1.6, linestyle=(0, (4, 3)))
        self._bound, = axes.plot([], [], color=style.ELBO, linewidth=3)
        self._gap = Rectangle((0, 0), 0.016 * (self.limits[1] - self.limits[0]), 0, facecolor="#fbe3d3",
                              edgecolor=style.KL, hatch=style.KL_HATCH, linewidth=1)
        axes.add_patch(self._gap)
        self._plumb, = axes.plot([], [], color="#888888", linewidth=1.2, linestyle=(0, (4, 3)))
        self._dots, = axes.plot([], [], "o", color="#8a8a8a", markersize=5, markeredgewidth=0)
        self._touch, = axes.plot([], [], "o", markersize=16, markerfacecolor="none", markeredgecolor=style.LOG_LIK,
                                 markeredgewidth=1.6)
        self._top, = axes.plot([], [], "^", markersize=11, markerfacecolor="white", markeredgecolor=style.ELBO,
                               markeredgewidth=2)
        self._elbo, = axes.plot([], [], "s", color=style.ELBO, markersize=10, markeredgewidth=0, clip_on=False)
        self._now, = axes.plot([], [], "o", color=style.LOG_LIK, markersize=8, markeredgewidth=0, clip_on=False)
        return [self._past, self._tangent, self._q_curve, self._bound, self._plumb, self._gap, self._dots,
                self._touch, self._top, self._elbo, self._now]

    def update(self, state):
        e, lo = state.e, self.window[0]
        curve = self.elbo([e])[:, 0]
        self._bound.set_data(self.grid, curve)
        self._past.set_segments([np.c_[self.grid, c] for c in self.elbo(state.past).T] if state.past else [])
        self._dots.set_data([s.model.theta for s in state.past], [s.bound.log_lik for s in state.past])
        start, height = e.model.theta, e.bound.log_lik
        reach = 0.09 * np.ptp(self.limits)
        rise = slopes(e, self.x)[0] * reach
        short = min(1.0, 0.2 * (self.window[1] - lo) / abs(rise)) if rise else 1.0      # a steep tangent stays short
        self._tangent.set_data([start - short * reach, start + short * reach], [height - short * rise,
                                                                                height + short * rise])
        self._touch.set_data([start], [height])
        top = e.model.m_step(self.x, e.q)
        self._top.set_data([top.theta], [bound(top.log_joint(self.x), e.q).elbo])
        self._q_curve.set_data((self.grid, curve - e.bound.entropy) if self.energy else ([], []))
        self._plumb.set_data(([top.theta] * 2, self.window) if self.energy else ([], []))
        b, theta = state.bound, state.theta
        low = max(b.elbo, lo)
        self._gap.set_xy((theta - self._gap.get_width() / 2, low))
        self._gap.set_height(max(b.log_lik - low, 0))
        self._now.set_data([theta], [b.log_lik])
        self._elbo.set_data([theta], [low])
        self._elbo.set_marker("s" if b.elbo >= lo else "v")

    def sentence(self, state):
        return sentence_of(state.step)


class Table(Part):
    """Rows of a name and a number, each coloured: a part without axes lines."""

    def write(self, axes, rows, top=1.0):
        """Lay out rows (name, colour, indent) and return the texts: names and numbers, both free to change."""
        axes.set_axis_off()
        figure = axes.get_figure(root=True)
        height = axes.get_position().height * figure.get_figheight() * 72
        step, names, numbers = 1.72 * style.SMALL / height, [], []
        for i, (name, colour, indent) in enumerate(rows):
            put = dict(transform=axes.transAxes, va="baseline", color=colour, fontsize=style.SMALL)
            names.append(axes.text(0.07 * indent, top - (i + 0.8) * step, name, ha="left",
                                   weight="normal" if indent else "bold", **put))
            numbers.append(axes.text(1.0, top - (i + 0.8) * step, "", ha="right", **put))
        return names, numbers


class Ladder(Table):
    """The three relations of W24, ticked with their numbers. The state is a `Rung`."""

    def build_in(self, axes):
        plain = "#333333"
        rows = [("", style.INK, 0), ("", plain, 0), ("", plain, 0), ("", style.LOG_LIK, 0), ("", plain, 1),
                ("", style.ELBO, 0), ("", plain, 1), ("", style.ELBO, 0), ("", plain, 1), ("", style.LOG_LIK, 0)]
        self._names, self._numbers = self.write(axes, rows)
        self._names[0].set_fontsize(style.LARGE)
        return [*self._names, *self._numbers]

    def update(self, state):
        e, m = state.e, state.m
        old, new = (f"θ{str(t).translate(SUPERSCRIPT)}" for t in (e.t - 1, e.t))
        names = [f"Iteration {e.t}, after {state.step.kind}", f"{old} = {nats(e.model.theta)}", "",
                 f"log p(x|{new})", "", f"L(q̂,{new})", "", f"L(q̂,{old})", "", f"log p(x|{old})"]
        numbers = ["", f"{new} = {nats(m.model.theta)}" if m else "", "", "", "", "", "", nats(e.bound.elbo), "",
                   nats(e.bound.log_lik)]
        for row, holds, what, size, sign in relations(state):
            names[row] = f"{sign} {'✓' if holds else '✗'}  {what}"
            numbers[row] = ("+" if size > 0 and nats(size) != "0.00" else "") + nats(size)
        if m:
            numbers[3], numbers[5] = nats(m.bound.log_lik), nats(m.bound.elbo)
        for text, value in zip([*self._names, *self._numbers], [*names, *numbers], strict=True):
            text.set_text(value)
        for row in (3, 5):
            self._names[row].set_alpha(1 if m else 0.35)        # not there yet

    def sentence(self, state):
        return sentence_of(state.step)


def relations(state):
    """What is known of W24 at a `Rung`: (row, whether it holds, why, difference in nats, sign) of each relation."""
    e, m = state.e, state.m
    near = EQUAL * max(1.0, abs(e.bound.log_lik))
    touch = e.bound.log_lik - e.bound.elbo
    known = [(8, abs(touch) <= near, "E-step (W11)", touch, "=")]
    if m:
        gain, gap = m.bound.elbo - e.bound.elbo, m.bound.log_lik - m.bound.elbo
        known += [(6, gain >= -near, "M-step (W14)" if gain >= -near else "no M-step", gain, "≥"),
                  (4, gap >= -near, "KL ≥ 0 (W9)", gap, "≥")]
    return known


class Contact(Table):
    """Value and slope of both curves where they touch, and the top of L and of Q. The state is a `Rung` after E."""

    def __init__(self, curves):
        self.curves = curves

    def build_in(self, axes):
        names = (("At the touch", style.INK, 0), ("log p(x|θᵗ)", style.LOG_LIK, 0), ("L(q̂,θᵗ)", style.ELBO, 0),
                 ("slope of log p", style.LOG_LIK, 1), ("slope of L", style.ELBO, 1), ("", style.INK, 0),
                 ("Q(θᵗ,θᵗ)", style.ELBO, 0), ("entropy of q̂", style.ELBO, 0), ("top of L at θ =", style.ELBO, 1),
                 ("top of Q at θ =", style.ELBO, 1))
        names, self._numbers = self.write(axes, names)
        names[0].set_fontsize(style.LARGE)
        return self._numbers

    def update(self, state):
        e, b = state.e, state.e.bound
        q_curve, elbo = self.curves.expected([e])[:, 0], self.curves.elbo([e])[:, 0]
        values = [b.log_lik, b.elbo, *slopes(e, self.curves.x), None, b.expected_log_joint, b.entropy,
                  top_of(self.curves.grid, elbo), top_of(self.curves.grid, q_curve)]
        for text, value in zip(self._numbers[1:], values, strict=True):
            text.set_text("" if value is None else nats(value))
        self._numbers[0].set_text(f"θᵗ = {nats(e.model.theta)}")

    def sentence(self, state):
        e, b = state.e, state.e.bound
        of_log_lik, of_elbo = slopes(e, self.curves.x)
        return (f"The bound touches log p(x|θ) at θ = {nats(e.model.theta)}: values {nats(b.log_lik)} and "
                f"{nats(b.elbo)}, slopes {nats(of_log_lik)} and {nats(of_elbo)}; its top is at θ = "
                f"{nats(e.model.m_step(self.curves.x, e.q).theta)}.")


def slopes(e, x, h=1e-3):
    """Slopes of log p(x|θ) and of L(q, θ) at the θ of a step, q held, in nats to a unit of θ: central differences."""
    before, after = (bound(e.model.at(e.model.theta + d).log_joint(x), e.q) for d in (-h, h))
    return (after.log_lik - before.log_lik) / (2 * h), (after.elbo - before.elbo) / (2 * h)


def top_of(grid, curve):
    """Where a curve has its top: the vertex of the parabola through its highest point and the two beside it."""
    i = min(max(int(np.argmax(curve)), 1), len(grid) - 2)
    left, mid, right = curve[i - 1:i + 2]
    return grid[i] + (grid[1] - grid[0]) * (left - right) / (2 * (left - 2 * mid + right))


class ClimbScene(Together):
    """The curves, and the ladder of W24 beside them; 900 by 400 pixels. States are `Rung`s."""

    def __init__(self, x, model, limits, label="θ"):
        super().__init__([(Curves(x, model, limits, label), (0.085, 0.15, 0.535, 0.73)),
                          (Ladder(), (0.665, 0.08, 0.315, 0.86))], size=(9.0, 4.0))


class RideScene(Together):
    """The curves with Q, and the numbers of the touch beside them; 900 by 400 pixels. States are `Rung`s after E."""

    def __init__(self, x, model, limits, label="θ"):
        curves = Curves(x, model, limits, label, energy=True)
        super().__init__([(curves, (0.085, 0.15, 0.535, 0.73)),
                          (Contact(curves), (0.665, 0.08, 0.315, 0.86))], size=(9.0, 4.0))

    def sentence(self, state):
        return self.parts[1][0].sentence(state)

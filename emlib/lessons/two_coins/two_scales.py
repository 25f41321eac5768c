"""One likelihood on two scales: p(x|θ) and log p(x|θ) over one coin's θ, with the same maximiser (W19)."""

from dataclasses import dataclass

import numpy as np
from matplotlib.ticker import MaxNLocator

from emlib import words
from emlib.draw import style
from emlib.draw.parts.identity_bar import tick_label
from emlib.draw.parts.marks import put_marker
from emlib.draw.scene import Scene
from emlib.draw.style import nats


@dataclass(frozen=True, eq=False)
class LikelihoodAt:
    """Where coin A's probability of heads stands, and how probable it makes the data.

    Attributes
    ----------
    theta, log_lik : arrays (M,)
        A grid of θ_A, and log p(x|θ) in nats on it.
    at, here : float
        The θ_A chosen, and log p(x|θ) there.
    """

    theta: np.ndarray
    log_lik: np.ndarray
    at: float
    here: float

    @property
    def p(self):
        """p(x|θ) on the grid, array (M,); what is too small for the machine is 0."""
        return np.exp(self.log_lik)

    @property
    def maximisers(self):
        """The θ_A that make p and log p largest, each found on its own scale; None where all is 0."""
        return (float(self.theta[np.argmax(self.p)]) if self.p.max() > 0 else None,
                float(self.theta[np.argmax(self.log_lik)]))

    @property
    def window(self):
        """Limits (lo, hi) in nats of the logarithmic picture: it goes as far below the maximum as that is below 0."""
        top = self.log_lik.max()
        depth = max(1.0, abs(top))
        return float(top - depth), float(top + 0.12 * depth)


class TwoScales(Scene):
    """p(x|θ) beside log p(x|θ), each with its own maximiser. The state is a `LikelihoodAt`.

    Parameters
    ----------
    curves : LikelihoodAt
        Whose curves are drawn; states must have the same ones, and differ in where they stand.
    """

    size = (9.0, 3.2)

    def __init__(self, curves):
        self.curves = curves

    def build(self, figure):
        h, say = self.curves, words.of("two_coins")
        views = ((0.075, h.p, (0, 1.12 * h.p.max() or 1.0), style.DATA, "p(x|θ)"),
                 (0.575, h.log_lik, h.window, style.LOG_LIK, "log p(x|θ)"))
        self._dots, self._values = [], []
        for (left, y, limits, colour, name), best in zip(views, h.maximisers, strict=True):
            axes = figure.add_axes((left, 0.19, 0.40, 0.60))
            axes.set(xlim=(0, 1), ylim=limits, xticks=np.linspace(0, 1, 6))
            axes.set_xlabel(r"$\theta_A$", labelpad=0)
            axes.yaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))
            axes.plot(h.theta, y, color=colour, linewidth=2.5)
            if best is not None:
                axes.axvline(best, color=style.POSTERIOR, linewidth=2, linestyle="--", zorder=0)
            if axes is figure.axes[0]:          # p is tiny: its unit stands above the axes, not at every tick
                power = int(np.floor(np.log10(limits[1]))) if h.p.max() > 0 else 0
                unit = say.UNIT.format(power=-power) if power else ""
                axes.yaxis.set_major_formatter(lambda v, _, power=power: f"{v / 10.0 ** power:.4g}")
            else:
                unit = words.of("kit").NATS
                axes.yaxis.set_major_formatter(lambda v, _: tick_label(v))
            above = dict(transform=axes.transAxes, fontsize=style.SMALL)
            axes.text(0, 1.2, name, weight="bold", **above | {"fontsize": style.NORMAL})
            axes.text(0, 1.06, unit, color="#555555", **above)
            where = say.NO_SUMMIT if best is None else say.SUMMIT.format(at=f"{best:.2f}")
            axes.text(1, 1.06, where, color=style.POSTERIOR, ha="right", **above)
            self._values.append(axes.text(1, 1.2, "", ha="right", **above | {"fontsize": style.NORMAL}))
            stem, = axes.plot([], [], color=style.Q_INK, linewidth=1.2)
            dot, = axes.plot([], [], "o", color=style.Q_INK, markersize=12, clip_on=False)
            self._dots.append((dot, stem, limits))
        return [*self._values, *(artist for dot, stem, _ in self._dots for artist in (dot, stem))]

    def update(self, state):
        texts = (scientific(state.here), nats(state.here))
        for (dot, stem, (lo, hi)), value, text, label in zip(self._dots, (np.exp(state.here), state.here), texts,
                                                             self._values, strict=True):
            y = put_marker(dot, state.at, value, (lo, hi), "o")
            stem.set_data([state.at, state.at], [lo, y])
            label.set_text(words.of("two_coins").VALUE_AT.format(value=text, at=f"{state.at:.2f}"))

    def sentence(self, state):
        say = words.of("two_coins")
        p, log_p = (say.ALL_ZERO if best is None else say.HIGHEST.format(at=f"{best:.2f}") for best in state.maximisers)
        return say.SCALES.format(at=f"{state.at:.2f}", p=scientific(state.here), p_highest=p,
                                 log_p=nats(state.here), log_p_highest=log_p)


def scientific(log_value):
    """exp(log_value) for the eye, as the machine has it: "1.2e−5"; 0 where it underflows."""
    value = float(np.exp(log_value))
    if value == 0:
        return "0"
    mantissa, exponent = f"{value:.1e}".split("e")
    return f"{mantissa}e{int(exponent)}".replace("-", "−") if int(exponent) else mantissa

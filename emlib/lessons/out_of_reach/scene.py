"""Families of q that cannot reach the posterior: the KL that stays, and what it does to the climb (W21, W24)."""

import math
from dataclasses import dataclass

import numpy as np
from matplotlib.ticker import MaxNLocator

from emlib.draw import style
from emlib.draw.parts.ascent import Ascent
from emlib.draw.parts.identity_bar import IdentityBar, sentence_of, tick_label
from emlib.draw.parts.mixture import mixture
from emlib.draw.scene import Part, Together
from emlib.em import Step

LINES = (("-", "o"), ((0, (5, 1.5)), "s"), ((0, (1, 1)), "^"), ((0, (6, 1.5, 1, 1.5)), "D"))
INKS = (style.POSTERIOR, "#332288", "#882255", "#8a6100")


@dataclass(frozen=True, eq=False)
class Reach(Step):
    """A half-step of EM, and the family that q was taken from."""

    family: str

    @classmethod
    def of(cls, step, family):
        """`step`, a Step, of a run with q from `family`."""
        return cls(step.t, step.kind, step.model, step.q, step.bound, family)


class Floors(Part):
    """KL after each E-step, a line for every family: the distance from the best q of the family to the posterior.

    A state is a `Reach`: its family's line is thick, with a dot at the last E-step. What lies above the axes is an
    arrow at the edge.

    Parameters
    ----------
    runs : dict of str to sequence of Step
        The half-steps of each family's run from the same start.
    """

    rect = (0.12, 0.18, 0.85, 0.68)

    def __init__(self, runs):
        if not 1 <= len(runs) <= len(LINES):
            raise ValueError(f"runs has {len(runs)} families; this picture tells 1 to {len(LINES)} apart")
        self.floors = {name: [(s.t, s.bound.kl) for s in steps if s.kind == "E"] for name, steps in runs.items()}
        # the floors are where the runs end; a first E-step far above them all would flatten the rest
        ends = max((kls[-1][1] for kls in self.floors.values() if math.isfinite(kls[-1][1])), default=0.0)
        every = [kl for kls in self.floors.values() for _, kl in kls if kl <= 8 * ends]
        self.top = 1.15 * max(*every, 1e-3, 1e-3)

    def build_in(self, axes):
        last = max(kls[-1][0] for kls in self.floors.values())
        axes.set(xlim=(0.6, last + 0.4), ylim=(-0.04 * self.top, self.top), xlabel="iteration")
        axes.xaxis.set_major_locator(MaxNLocator(6, integer=True, min_n_ticks=1))
        axes.yaxis.set_major_locator(MaxNLocator(3, steps=[1, 2, 5, 10]))
        axes.yaxis.set_major_formatter(lambda v, _: tick_label(v))
        axes.text(0, 1.17, "KL after E, nats", fontsize=style.SMALL, color=style.KL, weight="bold",
                  transform=axes.transAxes)
        x, self._lines, artists = 0.0, {}, []
        for (name, kls), (dashes, marker), ink in zip(self.floors.items(), LINES, INKS, strict=False):
            t, kl = np.array(kls, dtype=float).T
            # a KL of rounding may come out below 0
            kl = np.where(kl > self.top, np.nan, np.maximum(kl, 0))
            line, = axes.plot(t, kl, color=ink, linestyle=dashes, linewidth=1.8, marker=marker, markersize=4)
            now, = axes.plot([], [], marker, color=ink, markersize=11, markeredgewidth=0, clip_on=False, zorder=4)
            word = axes.text(x, 1.04, name, fontsize=style.SMALL, color=ink, weight="bold", transform=axes.transAxes)
            x += (word.get_window_extent().width + 14) / axes.bbox.width
            self._lines[name] = (line, now, marker)
            artists += [line, now]
        return artists

    def update(self, state):
        if state.family not in self._lines:
            raise ValueError(f"family: {state.family!r} is not one of {', '.join(self._lines)}")
        for name, (line, now, _) in self._lines.items():
            chosen = name == state.family
            line.set_linewidth(3.6 if chosen else 1.6)
            line.set_alpha(1.0 if chosen else 0.55)
            now.set_visible(chosen)
            line.set_zorder(103 if chosen else 102)
        _, now, marker = self._lines[state.family]
        kl = dict(self.floors[state.family]).get(state.t, math.nan)
        now.set_marker("$↑$" if kl > self.top else marker)
        now.set_data([state.t], [0.9 * self.top if kl > self.top else max(kl, 0)])

    def sentence(self, state):
        return f"{state.family}. {sentence_of(state)}"


class OutOfReach(Together):
    """One run with q from a restricted family, in four pictures: the data, the identity, the KL floors, the climb.

    States are `Reach`es of the run. 900 by 600 pixels.

    Parameters
    ----------
    x : array (N, D) with D = 1 or 2
        The data that was fitted.
    runs : dict of str to sequence of Step
        The half-steps of each family's run from the same start.
    family : str
        The one whose run is shown.
    labels : sequence of D strings, optional
        What the columns measure, with units.
    """

    def __init__(self, x, runs, family, labels=None):
        if family not in runs:
            raise ValueError(f"family: {family!r} is not one of {', '.join(runs)}")
        super().__init__([
            (mixture(x, labels), (0.10, 0.575, 0.38, 0.33)),
            (IdentityBar.for_bounds(runs[family]), (0.545, 0.555, 0.435, 0.36)),
            (Floors(runs), (0.10, 0.115, 0.38, 0.25)),
            (Ascent(runs[family]), (0.605, 0.115, 0.375, 0.25)),
        ], size=(9.0, 6.0))

    def build(self, figure):
        artists = super().build(figure)
        self._title = figure.text(0.10, 0.945, "", fontsize=style.LARGE, weight="bold")
        return [*artists, self._title]

    def update(self, state):
        super().update(state)
        self._title.set_text(f"{state.family}: iteration {state.t}, after {state.kind}")

    def sentence(self, state):
        return f"{state.family[0].upper()}{state.family[1:]}. {sentence_of(state)}"

"""Families of q that cannot reach the posterior: the KL that stays, and what it does to the ascent (W21, W24)."""

import math
from dataclasses import dataclass

import numpy as np
from matplotlib.ticker import MaxNLocator

from emlib import words
from emlib.draw import style
from emlib.draw.parts.ascent import Ascent
from emlib.draw.parts.identity_bar import IdentityBar, sentence_of, tick_label
from emlib.draw.parts.marks import names_above
from emlib.draw.parts.mixture import mixture
from emlib.draw.scene import Part, Together
from emlib.em import Step

# how the line of a family looks: dashes, marker, colour; its name is in the words of this lesson
LOOKS = {
    "exact": ("-", "o", style.POSTERIOR),
    "tempered": ((0, (5, 1.5)), "s", "#332288"),
    "hard": ((0, (1, 1)), "^", "#882255"),
    "shared": ((0, (6, 1.5, 1, 1.5)), "D", "#8a6100"),
}


@dataclass(frozen=True, eq=False)
class FamilyStep(Step):
    """A half-step of EM, and the family that q was taken from.

    Attributes
    ----------
    family : str
        One of `LOOKS`.
    beta : float
        Of the tempered family.
    """

    family: str
    beta: float = 2.0

    @classmethod
    def of(cls, step, family, beta=2.0):
        """`step`, a Step, of a run with q from `family`."""
        return cls(step.t, step.kind, step.model, step.q, step.bound, family, beta)


def name_of(family, beta):
    """What a family is called; the tempered one with its β."""
    return words.of("out_of_reach").NAMES[family].format(beta=f"{beta:.3g}")


class KLAfterE(Part):
    """KL after each E-step, a line for every family: the distance from the best q of the family to the posterior.

    A state is a `FamilyStep`: its family's line is thick, with a dot at the last E-step. What lies above the axes is
    an arrow at the edge.

    Parameters
    ----------
    runs : dict of str to sequence of Step
        The half-steps of each family's run from the same start.
    beta : float
        Of the tempered family.
    """

    rect = (0.12, 0.18, 0.85, 0.68)

    def __init__(self, runs, beta=2.0):
        if not runs or not runs.keys() <= LOOKS.keys():
            raise ValueError(f"runs is of {', '.join(runs) or 'no family'}; give runs of {', '.join(LOOKS)}")
        self.beta = beta
        self.kls = {family: [(s.t, s.bound.kl) for s in steps if s.kind == "E"] for family, steps in runs.items()}
        # the runs' last values choose the window; a first E-step far above them all would flatten the rest
        last = max((kls[-1][1] for kls in self.kls.values() if math.isfinite(kls[-1][1])), default=0.0)
        every = [kl for kls in self.kls.values() for _, kl in kls if kl <= 8 * last]
        self.highest = 1.15 * max(*every, 1e-3, 1e-3)

    def build_in(self, axes):
        say, last = words.of("out_of_reach"), max(kls[-1][0] for kls in self.kls.values())
        axes.set(xlim=(0.6, last + 0.4), ylim=(-0.04 * self.highest, self.highest),
                 xlabel=words.of("kit").ITERATION)
        axes.xaxis.set_major_locator(MaxNLocator(6, integer=True, min_n_ticks=1))
        axes.yaxis.set_major_locator(MaxNLocator(3, steps=[1, 2, 5, 10]))
        axes.yaxis.set_major_formatter(lambda v, _: tick_label(v))
        names_above(axes, [(say.KL_AFTER_E, style.KL)], y=1.17)
        names_above(axes, [(name_of(family, self.beta), LOOKS[family][2]) for family in self.kls], space=10)
        self._lines, artists = {}, []
        for family, kls in self.kls.items():
            dashes, marker, colour = LOOKS[family]
            t, kl = np.array(kls, dtype=float).T
            # a KL of rounding may come out below 0
            kl = np.where(kl > self.highest, np.nan, np.maximum(kl, 0))
            line, = axes.plot(t, kl, color=colour, linestyle=dashes, linewidth=1.8, marker=marker, markersize=4)
            now, = axes.plot([], [], marker, color=colour, markersize=11, markeredgewidth=0, clip_on=False, zorder=4)
            self._lines[family] = (line, now)
            artists += [line, now]
        return artists

    def update(self, state):
        if state.family not in self._lines:
            raise ValueError(f"family: {state.family!r} is not one of {', '.join(self._lines)}")
        for family, (line, now) in self._lines.items():
            chosen = family == state.family
            line.set_linewidth(3.6 if chosen else 1.6)
            line.set_alpha(1.0 if chosen else 0.55)
            now.set_visible(chosen)
            line.set_zorder(103 if chosen else 102)
        _, now = self._lines[state.family]
        kl = dict(self.kls[state.family]).get(state.t, math.nan)
        outside = kl > self.highest
        now.set_marker("$↑$" if outside else LOOKS[state.family][1])
        now.set_data([state.t], [0.9 * self.highest if outside else max(kl, 0)])

    def sentence(self, state):
        return say_family(state)


class OutOfReach(Together):
    """One run with q from a restricted family, in four pictures: data, identity, KL after E, ascent.

    States are `FamilyStep`s of the run. 900 by 600 pixels.

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
    beta : float
        Of the tempered family.
    """

    def __init__(self, x, runs, family, labels=None, beta=2.0):
        if family not in runs:
            raise ValueError(f"family: {family!r} is not one of {', '.join(runs)}")
        super().__init__([
            (mixture(x, labels), (0.10, 0.575, 0.38, 0.33)),
            (IdentityBar.for_bounds(runs[family]), (0.545, 0.555, 0.435, 0.36)),
            (KLAfterE(runs, beta), (0.10, 0.115, 0.38, 0.25)),
            (Ascent(runs[family]), (0.605, 0.115, 0.375, 0.25)),
        ], size=(9.0, 6.0), title=(0.10, 0.945))

    def title(self, state):
        return words.of("out_of_reach").TITLE.format(family=name_of(state.family, state.beta), t=state.t,
                                                     kind=state.kind)

    def sentence(self, state):
        return say_family(state)


def say_family(state):
    """The identity of a half-step in one sentence, after the name of its family."""
    name = name_of(state.family, state.beta)
    return words.of("out_of_reach").SENTENCE.format(family=name[0].upper() + name[1:], identity=sentence_of(state))

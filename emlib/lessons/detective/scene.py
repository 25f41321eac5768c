"""A suspect on trial: what it claims, half-step by half-step, beside the checks that it passes or fails."""

from dataclasses import dataclass

from emlib import words
from emlib.draw import style
from emlib.draw.parts.ascent import Ascent
from emlib.draw.scene import Together
from emlib.draw.style import nats

__all__ = ["Claim", "SuspectScene", "SuspectStep"]

GREY = "#767676"
MARKS = {True: ("✓", "#1a7f37"), False: ("✗", "#b03a00"), None: ("–", GREY)}      # kept, broken, not applicable
CLOSED = ("?", GREY)

# points: from the top of the picture to the first check, from one to the next, from the last to the bottom
ABOVE, ROW, BELOW = 48.6, 16.38, 16.56


@dataclass(frozen=True)
class Claim:
    """log p(x|θ) and ELBO as a model itself reports them, in nats; nobody has checked them."""

    log_lik: float
    elbo: float

    @property
    def kl(self):
        """What would be left for the KL."""
        return self.log_lik - self.elbo

    residual = 0.0


@dataclass(frozen=True)
class SuspectStep:
    """One half-step of a suspect: iteration, "E" or "M", and what it claims after it."""

    t: int
    kind: str
    bound: Claim


class SuspectScene(Together):
    """Left: the claims of a suspect over its half-steps. Right: its report, closed or open.

    As tall as the report needs: 900 by 500 pixels, and 556 high for 22 checks.

    Parameters
    ----------
    name : str
        What the suspect is called.
    states : sequence of SuspectStep
        Its half-steps.
    checks : sequence of Check
        Its report; causes before consequences.
    is_open : bool
        Whether the report lies open.
    """

    def __init__(self, name, states, checks, is_open=False):
        self.name, self.checks, self.is_open = name, tuple(checks), is_open
        self.first_broken = next((c for c in self.checks if c.passed is False), None)
        height = max(5.0, (ABOVE + ROW * (len(self.checks) - 1) + BELOW) / 72)
        super().__init__([(Ascent(states), (0.125, 0.14, 0.47, 0.64))], (9.0, height))

    def build(self, figure):
        artists, say = super().build(figure), words.of("detective")
        points = 72 * figure.get_figheight()
        head, put = 1 - 27 / points, dict(fontsize=style.SMALL, va="baseline")
        figure.text(0.02, head, say.NAME.format(name=self.name), fontsize=style.LARGE, weight="bold")
        self._when = figure.text(0.22, head, "", fontsize=style.NORMAL, color="#555555")
        figure.text(0.645, head, say.CHECKS, fontsize=style.NORMAL, weight="bold")
        for i, check in enumerate(self.checks):
            y = 1 - (ABOVE + ROW * i) / points
            mark, colour = MARKS[check.passed] if self.is_open else CLOSED
            first = self.is_open and check is self.first_broken
            figure.text(0.655, y, mark, ha="center", weight="bold", color=colour, **put)
            figure.text(0.675, y, check.line, color="#555555", **put)
            figure.text(0.735, y, check.name, color=colour if first else style.INK,
                        weight="bold" if first else "normal", **put)
        return [*artists, self._when]

    def update(self, state):
        super().update(state)
        self._when.set_text(words.of("detective").WHEN.format(t=state.t, kind=state.kind))

    def sentence(self, state):
        say = words.of("detective")
        claim = say.CLAIM.format(name=say.NAME.format(name=self.name), when=say.WHEN.format(t=state.t, kind=state.kind),
                                 log_lik=nats(state.bound.log_lik), elbo=nats(state.bound.elbo))
        if not self.is_open:
            return say.CLOSED.format(claim=claim)
        if self.first_broken is None:
            return say.NONE_BROKEN.format(claim=claim)
        return say.FIRST_BROKEN.format(claim=claim, check=self.first_broken.title)

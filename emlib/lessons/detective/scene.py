"""The evidence against a suspect: what it claims, half-step by half-step, beside the theorems it keeps or breaks."""

from dataclasses import dataclass

from emlib.draw import style
from emlib.draw.parts.ascent import Ascent
from emlib.draw.scene import Together
from emlib.draw.style import nats

__all__ = ["Claim", "Evidence", "EvidenceScene"]

MARKS = {True: ("✓", "#1a7f37"), False: ("✗", "#b03a00"), None: ("–", "#767676")}


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
class Evidence:
    """One half-step of a suspect, and whether the report lies open."""

    t: int
    kind: str
    bound: Claim
    open: bool = False


class EvidenceScene(Together):
    """Left: the claims of a suspect over its half-steps. Right: its report, closed or open.

    Parameters
    ----------
    name : str
        What the suspect is called.
    states : sequence of Evidence
        Its half-steps.
    checks : sequence of Check
        Its report; causes before consequences.
    size : (float, float)
        Inches at 100 dots per inch.
    """

    def __init__(self, name, states, checks, size=(9.0, 5.0)):
        self.name, self.checks = name, tuple(checks)
        self.first = next((c for c in self.checks if c.passed is False), None)
        super().__init__([(Ascent(states), (0.125, 0.14, 0.47, 0.64))], size)

    def build(self, figure):
        artists = super().build(figure)
        figure.text(0.02, 0.925, self.name, fontsize=style.LARGE, weight="bold")
        self._when = figure.text(0.22, 0.925, "", fontsize=style.NORMAL, color="#555555")
        figure.text(0.645, 0.925, "Theorem by theorem", fontsize=style.NORMAL, weight="bold")
        self._marks, self._names = [], []
        for i, check in enumerate(self.checks):
            y = 0.865 - 0.0455 * i
            put = dict(fontsize=style.SMALL, va="baseline")
            self._marks.append(figure.text(0.655, y, "", ha="center", weight="bold", **put))
            figure.text(0.675, y, check.line, color="#555555", **put)
            self._names.append(figure.text(0.735, y, check.name, **put))
        return [*artists, self._when, *self._marks, *self._names]

    def update(self, state):
        super().update(state)
        self._when.set_text(f"iteration {state.t}, after {state.kind}")
        for check, mark, name in zip(self.checks, self._marks, self._names, strict=True):
            text, colour = MARKS[check.passed] if state.open else ("?", "#767676")
            first = state.open and check is self.first
            mark.set_text(text)
            mark.set_color(colour)
            name.set_color(colour if first else style.INK)
            name.set_weight("bold" if first else "normal")

    def sentence(self, state):
        claims = (f"{self.name}, iteration {state.t}, after {state.kind}: it claims log-lik "
                  f"{nats(state.bound.log_lik)} and "
                  f"ELBO {nats(state.bound.elbo)}.")
        if not state.open:
            return f"{claims} The report is closed."
        if self.first is None:
            return f"{claims} No theorem is broken."
        return f"{claims} The first theorem broken: {self.first.name} ({self.first.line})."

"""One coin, and pages of its tosses on which nobody can read any more which column counted the heads."""

from dataclasses import dataclass

import numpy as np

from emlib import _validate as validate
from emlib.em import Collapse
from emlib.models import _inputs as inputs
from emlib.models._mixture import Mixture
from emlib.models.coins import LARGEST, SMALLEST, CoinMixture

__all__ = ["SmudgedCoin"]


@dataclass(frozen=True)
class SmudgedCoin(Mixture):
    """A coin with heads probability θ; z says whether the left (0) or the right (1) column of a page counted heads.

    The smallest model with a latent variable that EM has work to do on: θ is one number, and with a single page
    q(z) is one number too, so that L(q, θ) can be drawn as a landscape.

    Parameters
    ----------
    prob : float
        θ, the probability of heads, strictly between 0 and 1.
    left : float
        p(z = left), what is believed of a page before it is counted; known, in (0, 1), and never re-estimated.

    Raises
    ------
    ValueError
        If a probability is not strictly between 0 and 1.

    Notes
    -----
    Data x are counts (N, 2): left and right column of each page. A `CoinMixture` of two coins with
    probabilities θ and 1 − θ, tied together.
    """

    prob: float
    left: float = 0.5

    held = ("left",)        # the M-step leaves it alone on purpose

    def __post_init__(self):
        for name in ("prob", "left"):
            value = getattr(self, name)
            if not (isinstance(value, (int, float, np.number)) and 0 < value < 1):
                raise ValueError(f"{name} is {value!r}; it must be a probability strictly between 0 and 1")
            object.__setattr__(self, name, float(value))

    @property
    def n_parameters(self):
        """One: θ."""
        return 1

    @property
    def log_odds(self):
        """log θ/(1 − θ): a scale without ends, on which a gradient step cannot leave (0, 1)."""
        return float(np.log(self.prob) - np.log1p(-self.prob))

    def log_joint(self, x):
        """log p(x_n, z | θ) in nats, array (N, 2), for x (N, 2) of left and right counts."""
        return CoinMixture([self.left, 1 - self.left], [self.prob, 1 - self.prob]).log_joint(x)

    def soft_heads(self, x, q, sample_weight=None):
        """Heads expected under q, and tosses, summed over the pages: (float, float)."""
        x = inputs.real(x, "x")
        q = validate.q(q, x.shape)
        w = validate.sample_weight(sample_weight, len(x))
        return float(w @ (q * x).sum(axis=1)), float(w @ x.sum(axis=1))

    def m_step(self, x, q, sample_weight=None):
        """The model that maximises E_q[log p(x, z|θ)]: soft heads ÷ tosses (W14, W23).

        Raises
        ------
        Collapse
            If q sees heads alone or tails alone: the maximum is at θ = 1 or 0, where the model ends.
        """
        heads, tosses = self.soft_heads(x, q, sample_weight)
        if not 0 < heads < tosses:
            raise Collapse(f"q counts {heads:g} heads in {tosses:g} tosses, so the maximum lies at the end of (0, 1): "
                           "take a page with both heads and tails")
        return self.at(heads / tosses)

    def gradient(self, x, q):
        """The derivative of L(q, θ) in the log-odds of θ: soft heads − tosses · θ (the score of a binomial)."""
        heads, tosses = self.soft_heads(x, q)
        return heads - tosses * self.prob

    def at(self, prob):
        """The model with another θ and all else the same."""
        return type(self)(float(prob), self.left)

    def toward(self, other, fraction):
        """The model on the straight line to another one: θ + fraction · (θ' − θ)."""
        return self.at((1 - fraction) * self.prob + fraction * other.prob)

    def shifted(self, delta):
        """The model whose log-odds are larger by `delta`."""
        prob = np.exp(-np.logaddexp(0, -(self.log_odds + delta)))       # the logistic function, without overflow
        return self.at(np.clip(prob, SMALLEST, LARGEST))

"""The whiteboard, W1–W25: each line as it was written, as it must be taught, and what SymPy proves of it.

How much that is, the verdict and the scope say: "proved" is a line that holds for any number of labels, "an instance
proved" one of which a model of a stated size is proved, and a theorem that is cited is named.

>>> from emlib.whiteboard import LINES
>>> LINES["W9"].prove().verdict
'proved'
>>> print(LINES["W10"].prove())
an instance proved
    The line is a definition. An instance: a mixture of K = 2 known densities with unknown weights,
    N = 2 points, any positive q. The maximiser is the mean of q over the points, and there is no
    other.
>>> LINES["W25"].verdict
'proved in part (cited: Wu 1983)'
>>> LINES["W22"].refute().verdict
'refused'

A proof works from the statement alone, so any statement may be tried, and a false one is refused, with numbers where
some are found:

>>> from emlib.whiteboard import AnyLabels, Identity, log
>>> b = AnyLabels()
>>> LINES["W8"].refute(Identity(log(b.evidence()), b.elbo() - b.kl(), b)).verdict
'refused'
"""

from sympy import log

from emlib.whiteboard.boards import (
    THETA,
    THETA_NEXT,
    THETA_T,
    AnyLabels,
    Continuous,
    Discrete,
)
from emlib.whiteboard.claims import Depends, Identity
from emlib.whiteboard.inequalities import AtLeast, tangent_lemma
from emlib.whiteboard.lines import LINES, Line
from emlib.whiteboard.maximisers import LocalMaximum, Maximiser, Saddle, SameMaximiser
from emlib.whiteboard.models import Coins, Component, TwoMeans, Weights
from emlib.whiteboard.proof import Counterexample, Proof, Refused, Step
from emlib.whiteboard.solutions import Solution
from emlib.whiteboard.text import NOTATION

__all__ = [
    "LINES",
    "NOTATION",
    "THETA",
    "THETA_NEXT",
    "THETA_T",
    "AnyLabels",
    "AtLeast",
    "Coins",
    "Component",
    "Continuous",
    "Counterexample",
    "Depends",
    "Discrete",
    "Identity",
    "Line",
    "LocalMaximum",
    "Maximiser",
    "Proof",
    "Refused",
    "Saddle",
    "SameMaximiser",
    "Solution",
    "Step",
    "TwoMeans",
    "Weights",
    "log",
    "tangent_lemma",
]

"""The whiteboard, W1–W25: each line as it was written, as it must be taught, and proved by SymPy.

>>> from emlib.whiteboard import LINES
>>> LINES["W9"].prove().verdict
'proved'
>>> LINES["W22"].refute().verdict
'refused'

A proof works from the statement alone, so any statement may be tried, and a false one is refused with numbers:

>>> from emlib.whiteboard import Discrete, Identity, log
>>> b = Discrete(2)
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

"""The theorems of the whiteboard, from cause to consequence; each is a test of a few lines."""

from emlib.contracts.theorems import ascent, identity, m_step, posterior

__all__ = ["THEOREMS"]

THEOREMS = (*posterior.CHECKS, *identity.CHECKS, *m_step.CHECKS, *ascent.CHECKS)

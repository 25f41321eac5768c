"""The checks, from cause to consequence; each is a test of a few lines."""

from emlib.contracts.theorems import ascent, density, identity, m_step, parameters, posterior

__all__ = ["THEOREMS"]

THEOREMS = (*posterior.OF_LOG_JOINT, *density.CHECKS, *posterior.CHECKS, *identity.CHECKS, *m_step.CHECKS,
            *parameters.CHECKS, *ascent.CHECKS)

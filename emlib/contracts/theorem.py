"""A theorem and how it is put to the test."""

from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["Finding", "Theorem", "theorem"]


@dataclass(frozen=True)
class Finding:
    """What a test measured: it passes when measured ≤ tolerance. The rest is for the case that it does not."""

    measured: float
    tolerance: float
    counterexample: str = ""
    hint: str = ""


@dataclass(frozen=True)
class Theorem:
    """A theorem: its name, its line of the whiteboard, and `test`, a function Trial → Finding."""

    name: str
    line: str
    statement: str
    quantity: str
    why: str
    test: Callable


def theorem(name, line, statement, quantity, why):
    """Decorate a test with the theorem that it tests."""
    return lambda test: Theorem(name, line, statement, quantity, why, test)

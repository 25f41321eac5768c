"""A theorem, or a rule that every EM needs, and how it is put to the test."""

from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["NO_PARAMETERS", "Finding", "NotApplicable", "Theorem", "WrongKind", "theorem"]

NO_PARAMETERS = "no parameters were found: keep them as attributes, numbers or arrays of numbers"


class NotApplicable(Exception):
    """A theorem does not apply to the model at hand; the message says why."""


class WrongKind(ValueError):
    """What was given is nothing that could be put to the test; the message says what is missing, and what to do."""


@dataclass(frozen=True)
class Finding:
    """What a test measured. The rest is for the case that it is more than the theorem's tolerance."""

    measured: float
    counterexample: str = ""
    hint: str = ""


@dataclass(frozen=True)
class Theorem:
    """A theorem, or a rule: its name, the line of the whiteboard that it tests (or ""), and `test`, Trial → Finding.

    It holds when measured ≤ tolerance, or what the precision of the numbers leaves (`Trial.allowed`).
    `labels_only`: it speaks of a z that is one of K labels, and of no other.
    """

    name: str
    line: str
    statement: str
    quantity: str
    tolerance: float
    why: str
    labels_only: bool
    test: Callable

    def put_to(self, trial):
        """The `Finding` on one model.

        Raises
        ------
        NotApplicable
            If the theorem says nothing about this model.
        """
        if self.labels_only and not trial.labels:
            raise NotApplicable("z is no label")
        return self.test(trial)


def theorem(name, line, statement, quantity, tolerance, why, labels_only=False):
    """Decorate a test with the theorem that it tests."""
    return lambda test: Theorem(name, line, statement, quantity, tolerance, why, labels_only, test)

"""How the corpus of student answers is written down, and read: each answer with what its feedback must say."""

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

CORPUS = Path(__file__).parent / "exercises" / "corpus"
FOUND = []


@dataclass(frozen=True)
class Answer:
    """A student's answer to a check, and the words that its feedback must and must not hold.

    `kind` is None where any will do; `passed` says whether the exercise counts as solved.
    """

    check: str
    function: Callable
    says: tuple = ()
    never: tuple = ()
    passed: bool = False
    kind: str | None = None


def wrong(check, *says, never=(), kind=None):
    """Note a wrong answer: the decorated function; what its feedback says, and what it never says."""
    def note(function):
        FOUND.append(Answer(check, function, says, tuple(never), False, kind))
        return function
    return note


def right(check, *says):
    """Note a right answer: the decorated function, and what its praise says."""
    def note(function):
        FOUND.append(Answer(check, function, says, ("too small", "too large"), True))
        return function
    return note


def corpus():
    """All answers of all files of the corpus."""
    FOUND.clear()
    for path in sorted(CORPUS.glob("*.py")):
        spec = importlib.util.spec_from_file_location(f"corpus_{path.stem}", path)
        spec.loader.exec_module(importlib.util.module_from_spec(spec))
    return list(FOUND)

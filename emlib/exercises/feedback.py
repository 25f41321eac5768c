"""What a student is told: right, or one thing that is not, with hints on demand."""

import html
import keyword
import textwrap
from dataclasses import dataclass

import numpy as np

__all__ = ["ORDER", "Feedback", "first_hints", "how_to_get_a_hint"]

WIDTH = 100

# What is told first where several things are wrong: one message at a time. First what keeps the function from
# answering at all, then the form of its answer, then its numbers. Within one rank the first case goes first, and
# cases begin with the simple ones; so a sum over the wrong axis is told before the NaN of a point far away.
ORDER = (("not a function",), ("not started",), ("too slow",), ("raised",), ("nothing",), ("type",),
         ("mistake",),                  # recognised by all its numbers, or by its shape: says more than a shape
         ("shape",), ("changed its input",), ("outside",), ("NaN", "wrong"), ("underflow",))


@dataclass(frozen=True, repr=False)
class Feedback:
    """An answer to an answer. It is true when the exercise is solved: ``assert exercises.check_elbo(elbo)``.

    Attributes
    ----------
    passed : bool
    kind : str
        "right", or one of `ORDER`: "not a function", "not started", "too slow", "raised", "nothing", "type", "shape",
        "changed its input", "outside" (it uses what belongs to the notebook, not to it), "mistake" (one that was
        recognised), "NaN", "wrong", "underflow" (the formula is right, and a computer's numbers end too early for it).
    message : str
        What is right, or what is wrong, in a sentence or two.
    case : str
        The case that it was seen on.
    hints : tuple of str
        The hints asked for.
    more : str
        How to get the next hint, a line to be copied as it stands; empty when there is none, or none is needed.
    """

    passed: bool
    kind: str
    message: str
    case: str = ""
    hints: tuple = ()
    more: str = ""

    def __bool__(self):
        return self.passed

    @property
    def mark(self):
        """✓ solved, ○ not started, ✗ not yet right."""
        return "✓" if self.passed else "○" if self.kind == "not started" else "✗"

    def __str__(self):
        hints = [f"Hint {i}: {hint}" for i, hint in enumerate(self.hints, 1)]
        parts = [f"{self.mark} {self.message}", self.case and f"Seen on: {self.case}", *hints]
        lines = [textwrap.fill(part, WIDTH, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)
                 for part in parts if part]
        return "\n".join([*lines, *([f"For a hint: {self.more}"] if self.more else [])])

    __repr__ = __str__

    def _repr_html_(self):
        colour = "#1a7f37" if self.passed else "#767676" if self.kind == "not started" else "#c0392b"
        parts = [f'<b style="color:{colour}">{self.mark}</b> {html.escape(self.message)}',
                 self.case and f"Seen on: <code>{html.escape(self.case)}</code>",
                 *(f"<b>Hint {i}.</b> {html.escape(hint)}" for i, hint in enumerate(self.hints, 1)),
                 self.more and f"<i>For a hint:</i> <code>{html.escape(self.more)}</code>"]
        return "".join(f"<p>{part}</p>" for part in parts if part)


def first_hints(hints, how_many):
    """The hints asked for: none for what is no count, or a negative one (a check never raises)."""
    is_count = isinstance(how_many, (int, np.integer)) and not isinstance(how_many, bool) and how_many > 0
    return hints[:how_many] if is_count else ()


def how_to_get_a_hint(check, function, hints, given):
    """The line that asks for the next hint, such as ``exercises.check_elbo(elbo, hint=1)``; "" after the last one.

    It can be copied into a cell as it stands, so it names the student's function where that has a name, and nothing
    otherwise: each check gives its hints without a function, too.

    Parameters
    ----------
    check : str
        "check_elbo".
    function : object
        What the student gave.
    hints : tuple
        All there are.
    given : tuple
        Those that were given already.
    """
    if len(given) >= len(hints):
        return ""
    name = getattr(function, "__name__", "") if hasattr(function, "__code__") else ""
    first = f"{name}, " if name.isidentifier() and not keyword.iskeyword(name) else ""
    return f"exercises.{check}({first}hint={len(given) + 1})"

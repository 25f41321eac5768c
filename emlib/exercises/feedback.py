"""What a student is told: right, or the first thing that is not, with hints on demand."""

import html
import textwrap
from dataclasses import dataclass

__all__ = ["Feedback"]

WIDTH = 100


@dataclass(frozen=True, repr=False)
class Feedback:
    """An answer to an answer. It is true when the exercise is solved: ``assert exercises.check_elbo(elbo)``.

    Attributes
    ----------
    passed : bool
    kind : str
        "right", "not started", "not a function", "raised", "too slow", "nothing", "type", "shape", "NaN",
        "changed its input", "mistake" (one that was recognised) or "wrong".
    message : str
        What is right, or what is wrong, in a sentence or two.
    case : str
        The case that it was seen on.
    hints : tuple of str
        The hints asked for.
    more : str
        How to get the next hint; empty when there is none, or none is needed.
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
        parts = [f"{self.mark} {self.message}", self.case and f"Seen on: {self.case}", *hints, self.more]
        return "\n".join(textwrap.fill(part, WIDTH, subsequent_indent="  ", break_long_words=False,
                                       break_on_hyphens=False) for part in parts if part)

    __repr__ = __str__

    def _repr_html_(self):
        colour = "#1a7f37" if self.passed else "#767676" if self.kind == "not started" else "#c0392b"
        parts = [f'<b style="color:{colour}">{self.mark}</b> {html.escape(self.message)}',
                 self.case and f"Seen on: <code>{html.escape(self.case)}</code>",
                 *(f"<b>Hint {i}.</b> {html.escape(hint)}" for i, hint in enumerate(self.hints, 1)),
                 self.more and f"<i>{html.escape(self.more)}</i>"]
        return "".join(f"<p>{part}</p>" for part in parts if part)

"""What `check_em` found: one `Check` for each theorem, and the `Report` that shows them as a table."""

import html
import math
import textwrap
from dataclasses import dataclass

__all__ = ["Check", "Report"]

MARKS = {True: "✓", False: "✗", None: "–"}
WORDS = {True: "holds", False: "broken", None: "not applicable"}
COLOURS = {True: "#1a7f37", False: "#c0392b", None: "#767676"}
WIDTH = 100


@dataclass(frozen=True)
class Check:
    """One theorem, put to the test on one model.

    Attributes
    ----------
    name : str
        What the theorem is called.
    line : str
        Its line of the whiteboard, "W8".
    statement : str
        What the theorem says.
    passed : bool or None
        None where the theorem does not apply to this model; `reason` says why.
    measured, tolerance : float
        The check passes when measured ≤ tolerance; NaN where it does not apply.
    quantity, why : str
        What was measured, and why the tolerance is what it is.
    counterexample : str
        The smallest case found in which the theorem fails, in words and numbers; empty when it passed.
    hint : str
        The mistake that usually looks like this, where it was recognised.
    reason : str
        Why the check does not apply.
    """

    name: str
    line: str
    statement: str
    passed: bool | None
    measured: float = math.nan
    tolerance: float = math.nan
    quantity: str = ""
    why: str = ""
    counterexample: str = ""
    hint: str = ""
    reason: str = ""

    @property
    def result(self):
        """The measurement in a few characters; rounding itself is not shown, for it differs between machines."""
        if self.passed is None:
            return f"not applicable: {self.reason}"
        if self.passed:
            return f"{self.quantity}: none" if self.tolerance == 0 else f"{self.quantity} ≤ {self.tolerance:.0e}"
        if math.isnan(self.measured):
            return "the model raised an error"
        return f"{self.quantity}: {self.measured:.3g}" + (f" > {self.tolerance:.0e}" if self.tolerance else "")


@dataclass(frozen=True, repr=False)
class Report:
    """The checks in order, from cause to consequence: the first that fails names the mistake.

    Attributes
    ----------
    model : str
        What was checked.
    checks : tuple of Check
    """

    model: str
    checks: tuple

    @property
    def passed(self):
        """Whether no theorem is broken."""
        return not self.failures

    @property
    def failures(self):
        """The checks that failed, causes first."""
        return tuple(check for check in self.checks if check.passed is False)

    @property
    def first_failure(self):
        """The theorem to look at first, or None."""
        return self.failures[0] if self.failures else None

    @property
    def verdict(self):
        """The whole report in one sentence."""
        asked = [check for check in self.checks if check.passed is not None]
        if self.passed:
            left = len(self.checks) - len(asked)
            return (f"{self.model}: all {len(asked)} theorems that apply hold"
                    + (f"; {left} do{'es' * (left == 1)} not." if left else "."))
        first = self.first_failure
        return (f"{self.model}: {len(self.failures)} of {len(asked)} checks fail; "
                f"the first is “{first.name}” ({first.line}).")

    def __getitem__(self, name):
        """The check of that name."""
        for check in self.checks:
            if check.name == name:
                return check
        raise KeyError(f"no check is called {name!r}; there are {', '.join(check.name for check in self.checks)}")

    def __str__(self):
        name = max(len(check.name) for check in self.checks)
        rows = [f"{MARKS[check.passed]} {check.line:<4}{check.name:<{name}}  {_short(check.result, WIDTH - name - 8)}"
                for check in self.checks]
        return "\n".join([self.verdict, "", *rows, *_told(self.first_failure)])

    __repr__ = __str__

    def _repr_html_(self):
        left = 'style="text-align:left"'
        cells = "".join(
            f'<tr><td style="color:{COLOURS[c.passed]}" title="{WORDS[c.passed]}"><b>{MARKS[c.passed]}</b></td>'
            + "".join(f"<td {left}>{html.escape(text)}</td>"
                      for text in (c.line, c.name.replace(" ", "\xa0"), c.statement, c.result))
            + "</tr>" for c in self.checks)
        head = "".join(f"<th {left}>{word}</th>" for word in ("", "line", "theorem", "says", "measured"))
        first = self.first_failure
        told = "" if first is None else (
            f'<p><b style="color:{COLOURS[False]}">{html.escape(first.name)} ({first.line}) is broken.</b> '
            f"{html.escape(first.statement)}</p>"
            f'<pre style="white-space:pre-wrap">{html.escape(first.counterexample)}</pre>'
            + (f"<p><b>Hint.</b> {html.escape(first.hint)}</p>" if first.hint else ""))
        return (f"<div><p><b>{html.escape(self.verdict)}</b></p>{told}"
                f"<table><thead><tr>{head}</tr></thead><tbody>{cells}</tbody></table></div>")


def _told(check):
    """The first failure, at length."""
    if check is None:
        return []
    parts = [f"{check.name} ({check.line}): {check.statement}", check.counterexample,
             check.hint and f"Hint: {check.hint}",
             check.tolerance > 0 and f"Tolerance {check.tolerance:.0e}: {check.why}."]
    return ["", *("\n".join(textwrap.fill(line, WIDTH, subsequent_indent="  ") for line in part.splitlines())
                  for part in parts if part)]


def _short(text, width):
    return text if len(text) <= width else text[:width - 1] + "…"

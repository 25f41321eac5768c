"""What `check_em` found: the checks one by one, what they leave open, and the `Report` that shows it all."""

import html
import math
import textwrap
from dataclasses import dataclass

__all__ = ["Check", "Report"]

MARKS = {True: "✓", False: "✗", None: "–"}
WORDS = {True: "holds", False: "broken", None: "not applicable"}
COLOURS = {True: "#1a7f37", False: "#c0392b", None: "#767676"}
WIDTH = 100
SHORT = {"M-step optimality", "weights move"}     # what an M-step fails that climbs, and stops short of the maximum


@dataclass(frozen=True)
class Check:
    """One check of one model: a theorem put to the test, or a rule that every EM needs.

    Attributes
    ----------
    name : str
        What it is called.
    line : str
        The line of the whiteboard that it tests, "W8"; empty where it tests none.
    statement : str
        What must hold.
    passed : bool or None
        None where it does not apply to this model; `reason` says why.
    measured, tolerance : float
        The check passes when measured ≤ tolerance; NaN where it does not apply.
    quantity, why : str
        What was measured, and why the tolerance is what it is.
    counterexample : str
        The smallest case found in which it fails, in words and numbers; empty when it passed.
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
    def title(self):
        """Its name, and its line where it has one: “M-step ascent (W23)”."""
        return f"{self.name} ({self.line})" if self.line else self.name

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
    not_tested : tuple of str
        What they cannot see, sentence by sentence.
    """

    model: str
    checks: tuple
    not_tested: tuple = ()

    @property
    def passed(self):
        """Whether no check fails; what none of them sees stands in `not_tested`."""
        return not self.failures

    @property
    def failures(self):
        """The checks that failed, causes first."""
        return tuple(check for check in self.checks if check.passed is False)

    @property
    def first_failure(self):
        """The check to look at first, or None."""
        return self.failures[0] if self.failures else None

    @property
    def climbs(self):
        """Whether it is EM but for this: the M-step raises L(q, ·) and stops short of the maximum (generalised EM)."""
        return (self.failures != () and {check.name for check in self.failures} <= SHORT
                and self["M-step ascent"].passed is True)

    @property
    def verdict(self):
        """The whole report in one sentence."""
        asked = [check for check in self.checks if check.passed is not None]
        if self.passed:
            left = len(self.checks) - len(asked)
            return (f"{self.model}: all {len(asked)} checks that apply hold"
                    + (f"; {left} do{'es' * (left == 1)} not apply." if left else "."))
        first, climbs = self.first_failure, (
            " Ascent holds, the maximum is not reached: a generalised EM (ECM, or a partial step)." * self.climbs)
        return (f"{self.model}: {len(self.failures)} of {len(asked)} checks fail; "
                f"the first is “{first.name}”{f' ({first.line})' * bool(first.line)}.{climbs}")

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
        open_ends = [textwrap.fill(f"· {text}", WIDTH, subsequent_indent="  ") for text in self.not_tested]
        return "\n".join([self.verdict, "", *rows, *_told(self.first_failure),
                          *(["", "Not tested:", *open_ends] if open_ends else [])])

    __repr__ = __str__

    def _repr_html_(self):
        left = 'style="text-align:left"'
        cells = "".join(
            f'<tr><td style="color:{COLOURS[c.passed]}" title="{WORDS[c.passed]}"><b>{MARKS[c.passed]}</b></td>'
            + "".join(f"<td {left}>{html.escape(text)}</td>"
                      for text in (c.line, c.name.replace(" ", "\xa0"), c.statement, c.result))
            + "</tr>" for c in self.checks)
        head = "".join(f"<th {left}>{word}</th>" for word in ("", "line", "check", "says", "measured"))
        first = self.first_failure
        told = "" if first is None else (
            f'<p><b style="color:{COLOURS[False]}">{html.escape(first.title)} fails.</b> '
            f"{html.escape(first.statement)}</p>"
            f'<pre style="white-space:pre-wrap">{html.escape(first.counterexample)}</pre>'
            + (f"<p><b>Hint.</b> {html.escape(first.hint)}</p>" if first.hint else ""))
        open_ends = "".join(f"<li>{html.escape(text)}</li>" for text in self.not_tested)
        return (f"<div><p><b>{html.escape(self.verdict)}</b></p>{told}"
                f"<table><thead><tr>{head}</tr></thead><tbody>{cells}</tbody></table>"
                + (f"<p><b>Not tested</b></p><ul {left}>{open_ends}</ul>" if open_ends else "") + "</div>")


def _told(check):
    """The first failure, at length."""
    if check is None:
        return []
    parts = [f"{check.title}: {check.statement}", check.counterexample,
             check.hint and f"Hint: {check.hint}",
             check.tolerance > 0 and f"Tolerance {check.tolerance:.0e}: {check.why}."]
    return ["", *("\n".join(textwrap.fill(line, WIDTH, subsequent_indent="  ") for line in part.splitlines())
                  for part in parts if part)]


def _short(text, width):
    return text if len(text) <= width else text[:width - 1] + "…"

"""What a proof, a refusal and a counterexample are, and how a notebook shows them."""

import re
from dataclasses import dataclass
from textwrap import fill

from sympy import Add, Basic, latex

__all__ = ["Counterexample", "Proof", "Refused", "Step", "rows", "show"]


def show(math):
    """LaTeX of a SymPy expression; a string is LaTeX already."""
    return math if isinstance(math, str) else latex(math)


def rows(first, *others):
    """Pieces of LaTeX under each other."""
    return r"\begin{aligned} & " + r" \\ & ".join([first, *others]) + r" \end{aligned}"


def shown_in_rows(math, width=60):
    """LaTeX of an expression, a long sum broken into rows of about `width` visible characters."""
    terms = Add.make_args(math) if isinstance(math, Basic) else ()
    if len(terms) < 2:
        return show(math)
    lines, room = [""], width
    for i, term in enumerate(math.as_ordered_terms()):
        piece = latex(term)
        length = 3 + len(re.sub(r"\\\w+|[{}\\ ^_]", "", piece))
        if room < length and lines[-1]:
            lines.append("")
            room = width
        lines[-1] += piece if i == 0 or piece.startswith("-") else f"+ {piece}"
        room -= length
    return rows(*lines) if len(lines) > 1 else lines[0]


@dataclass(frozen=True)
class Step:
    """One step that SymPy carried out: what was done, in words, and what came of it."""

    words: str
    math: Basic | str

    def _repr_markdown_(self):
        return f"{self.words}\n\n$$ {shown_in_rows(self.math)} $$"


@dataclass(frozen=True, repr=False)
class Proof:
    """What SymPy proved. It is made only at the end of a proof that went through.

    Attributes
    ----------
    statement : str
        LaTeX for one claim, Markdown with LaTeX for a whole line; a theorem that is only cited is not in it.
    scope : str
        What was proved and for which models, in plain words; and what is cited.
    steps : tuple of Step
    parts : tuple of Proof
        For a whole line: the proof of each of its claims.
    verdict : str
        "proved"; "an instance proved", where the line says more than the models of a stated size on which SymPy proved
        it; "proved in part (cited: …)", where a part of the line is a theorem from a paper. For one claim always
        "proved": its scope is the board that it was stated on.
    """

    statement: str
    scope: str
    steps: tuple[Step, ...] = ()
    parts: tuple["Proof", ...] = ()
    verdict: str = "proved"

    def __str__(self):
        return f"{self.verdict}\n{fill(self.scope, 100, initial_indent='    ', subsequent_indent='    ')}"

    __repr__ = __str__

    def _repr_markdown_(self):
        if not self.parts:
            steps = (f"{i}. {step._repr_markdown_()}" for i, step in enumerate(self.steps, 1))
            return "\n\n".join([f"*{self.scope}*", f"$$ {self.statement} $$", *steps, f"**{self.verdict}** ∎"])
        first, *others = self.parts
        folded = (
            f"<details><summary>{i} of {len(self.parts)}. {part.scope}: {part.verdict}</summary>"
            f"\n\n{part._repr_markdown_()}\n\n</details>"
            for i, part in enumerate(others, 2)
        )
        head = [self.statement] if self.statement else []
        return "\n\n".join([*head, f"**{self.verdict}.** {self.scope}", first._repr_markdown_(), *folded])


@dataclass(frozen=True)
class Counterexample:
    """Exact numbers at which a statement is false.

    Attributes
    ----------
    statement : str
        The false statement, LaTeX.
    where : str
        The model that it was found in.
    values : dict
        {quantity: exact number}.
    found : str
        What the two sides come to there, in words and LaTeX.
    """

    statement: str
    where: str
    values: dict
    found: str
    verdict = "refused"

    def __str__(self):
        at = ", ".join(f"{part} = {value}" for part, value in self.values.items())
        return f"{self.verdict}: at {at or 'all values'}: {self.found}".replace("$", "")

    def _repr_markdown_(self):
        at = ", ".join(f"${latex(part)} = {latex(value)}$" for part, value in self.values.items())
        return f"*{self.where}*\n\n$$ {self.statement} $$\n\n**{self.verdict}**: at {at or 'all values'}, {self.found}"


class Refused(Exception):
    """SymPy did not prove the statement.

    Attributes
    ----------
    counterexample : Counterexample or None
        Numbers that show the statement false; None if none was found, and then it is neither proved nor disproved.
    """

    def __init__(self, statement, where, counterexample=None, reason="neither a proof nor a counterexample was found"):
        self.statement, self.where, self.counterexample = statement, where, counterexample
        super().__init__(str(counterexample) if counterexample else f"not proved ({where}): {reason}: {statement}")

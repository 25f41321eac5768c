"""W1–W25 as objects: what is written, what must be taught, and what SymPy proves of it."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import accumulate

from emlib.whiteboard.claims import Claim
from emlib.whiteboard.proof import Proof, Refused
from emlib.whiteboard.statements import GENERAL, INSTANCES, WHOLE, WRITTEN
from emlib.whiteboard.text import NOTATION, TEXT

__all__ = ["LINES", "Line"]


@dataclass(frozen=True)
class Line:
    """One line of the whiteboard.

    Attributes
    ----------
    id : str
        "W1" to "W25": how notebooks, proofs and tests refer to the line.
    as_written, as_taught : str
        Markdown with LaTeX. W24 and W25 are implied by the board, not written on it: there `as_written` is empty.
    slip : str
        What is wrong as written, in plain words; empty if nothing is.
    why : str
        Why the line holds as taught.
    applies : str
        Where it applies.
    scope : str
        What of it SymPy proves, for which z, K and models, and what is cited: plain text.
    cited : str
        The theorem that is cited and not proved, such as "Wu 1983"; empty if there is none.
    proves : str
        Of the line as taught, the part without the cited theorem; the whole line where nothing is cited.
    general, instances : function
        Of nothing: the line as claims for any number of labels, and on models of a stated size.
    whole : bool
        Whether the general claims say all that the line says.
    slip_claims : function or None
        The same for the line as written, where that is wrong (for W25: as often said).
    """

    id: str
    as_written: str
    as_taught: str
    slip: str
    why: str
    applies: str
    scope: str
    cited: str
    proves: str
    general: Callable = field(repr=False)
    instances: Callable = field(repr=False)
    whole: bool
    slip_claims: Callable | None = field(repr=False, default=None)

    def claims(self):
        """The line as taught, as claims: those for any number of labels first."""
        return (*self.general(), *self.instances())

    @property
    def verdict(self):
        """What `prove` answers when every claim has gone through."""
        if self.cited:
            return f"proved in part (cited: {self.cited})"
        return "proved" if self.whole else "an instance proved"

    def prove(self, claims=None):
        """Have SymPy prove the line, or other claims in its place.

        Parameters
        ----------
        claims : Claim, or iterable of Claim, optional
            The statement; the line as taught when left out.

        Returns
        -------
        Proof

        Raises
        ------
        Refused
            If one of the claims is not proved; its `counterexample` shows it false, or is None if none was found.
        ValueError
            If there is no claim to prove.
        """
        if claims is None:
            return Proof(self.proves, self.scope, (), tuple(claim.prove() for claim in self.claims()), self.verdict)
        parts = tuple(claim.prove() for claim in _checked(claims))
        boards = "; ".join(dict.fromkeys(part.scope for part in parts))
        return Proof("", f"The statements that were given, not {self.id} itself: {boards}.", (), parts)

    def refute(self, claims=None):
        """Have SymPy disprove what was written, or other claims.

        Parameters
        ----------
        claims : Claim, or iterable of Claim, optional
            The statement; the line as written when left out.

        Returns
        -------
        Counterexample

        Raises
        ------
        Refused
            If the statement is neither proved nor disproved.
        ValueError
            If the line has no slip, or if the claims are true.
        """
        if claims is None and self.slip_claims is None:
            raise ValueError(f"claims: {self.id} has no slip to refute; call prove(), or give claims")
        claims = self.slip_claims() if claims is None else _checked(claims)
        for claim in claims:
            try:
                claim.prove()
            except Refused as refused:
                if refused.counterexample is None:
                    raise
                return refused.counterexample
        raise ValueError(f"claims: all {len(claims)} are true, so there is nothing to refute; call prove()")

    def _repr_markdown_(self):
        head = f"| {self.id} | as written | as it must be taught |\n|---|---|---|\n"
        row = f"| | {breakable(self.as_written) or '*implied, not written*'} | {breakable(self.as_taught)} |"
        remarks = [f"**Slip.** {self.slip}"] if self.slip else []
        proof = f"**What SymPy proves.** {self.verdict}. {self.scope}"
        return "\n\n".join([head + row, *remarks, f"**Why it holds.** {self.why}", f"**Where.** {self.applies}", proof])

    def _repr_latex_(self):
        return self.as_taught


def breakable(text):
    """Formulas cut before each relation and each minus outside braces, so that a narrow column can break the line."""
    pieces = text.split("$")
    for i in range(1, len(pieces), 2):
        depths = accumulate((c == "{") - (c == "}") for c in pieces[i])
        cuts = {m.start() for m in re.finditer(r" (?:=|-|\\ge|\\;\\Rightarrow)", pieces[i])}
        outside = zip(pieces[i], depths, range(len(pieces[i])), strict=False)
        pieces[i] = "".join("$ ${}" if at in cuts and depth == 0 else c for c, depth, at in outside)
    return "$".join(pieces)


def _checked(claims):
    """The claims as a tuple."""
    claims = (claims,) if isinstance(claims, Claim) else tuple(claims) if isinstance(claims, Iterable) else (claims,)
    strange = [type(claim).__name__ for claim in claims if not isinstance(claim, Claim)]
    if strange or not claims:
        found = f"a {strange[0]}" if strange else "nothing"
        raise ValueError(f"claims: found {found}; give an Identity, an AtLeast or another claim, or several in a list")
    return claims


@dataclass(frozen=True)
class Lines(Mapping):
    """All lines by id, in the board's order; shown as the whole whiteboard."""

    by_id: dict = field(repr=False)

    def __getitem__(self, name):
        if name not in self.by_id:
            raise KeyError(f"there is no line {name!r}: the whiteboard has W1 to W{len(self.by_id)}")
        return self.by_id[name]

    def __iter__(self):
        return iter(self.by_id)

    def __len__(self):
        return len(self.by_id)

    def _repr_markdown_(self):
        rows = (
            f"| {w.id} | {breakable(w.as_written) or '*implied*'} | {breakable(w.as_taught)} | {w.slip} |"
            for w in self.values()
        )
        head = "| id | As written | As it must be taught | Slip |\n|---|---|---|---|"
        return "\n".join([NOTATION, "", head, *rows])


LINES = Lines({
    name: Line(
        name,
        **text | {"proves": text["proves"] or text["as_taught"]},
        general=GENERAL.get(name, tuple),
        instances=INSTANCES[name],
        whole=name in WHOLE,
        slip_claims=WRITTEN.get(name),
    )
    for name, text in TEXT.items()
})

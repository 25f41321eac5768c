"""Numbers that a student works out with pencil and paper, checked: right to the digits asked, or which one is not.

``exercises.by_hand_one_point(log_lik=…, elbo=…)``: the dots mean “not done yet”, so that the cell runs as it stands.
"""

import inspect
import numbers
from dataclasses import dataclass

import numpy as np

from emlib.exercises.feedback import Feedback, first_hints, how_to_get_a_hint

__all__ = ["Number", "Slip", "by_hand"]


@dataclass(frozen=True)
class Slip:
    """A usual slip: the number that it gives, and what to say to it."""

    value: float
    says: str


@dataclass(frozen=True)
class Number:
    """A number to be worked out by hand.

    Attributes
    ----------
    name : str
        What it is called in the cell: "elbo".
    right : float
    digits : int
        Digits asked behind the point. A number is right if it is less than one unit of the last one away, so that one
        rounded on the way, or cut off, counts as well.
    slips : tuple of Slip
        Farther away than two units, and from each other, or else they could not be told apart.
    """

    name: str
    right: float
    digits: int
    slips: tuple = ()

    @property
    def unit(self):
        """One unit of the last digit asked; a little more, because 0.1 + 0.2 is not 0.3."""
        return 10.0 ** -self.digits * (1 + 1e-9)

    def wrong(self, value):
        """(kind, what is wrong with an answer), or None."""
        try:
            is_number = isinstance(value, (numbers.Real, np.generic)) or (np.ndim(value) == 0 and np.size(value) == 1)
            if isinstance(value, (bool, np.bool_, str, bytes)) or not is_number:
                raise TypeError("no number")
            value = float(value)
        except Exception:                       # float may raise anything on what a student writes here
            return "type", f"{self.name} is of type {type(value).__name__}; write one number, such as −1.25."
        if not np.isfinite(value):
            return "NaN", f"{self.name} is {value:g}, which no pencil writes: log 0, or a division by 0?"
        if abs(value - self.right) < self.unit:
            return None
        for slip in self.slips:
            if abs(value - slip.value) < self.unit:
                return "mistake", f"{self.name}: {slip.says}"
        if self.right and abs(value + self.right) < self.unit:
            return "mistake", f"{self.name}: its sign is the wrong way round."
        if abs(value - self.right) < 4 * self.unit:
            return "wrong", (f"{self.name} = {value:g} is nearly right; {self.digits} digits behind the point are "
                             "asked. Keep a digit or two more on the way, and round at the end.")
        return "wrong", f"{self.name} = {value:g} is too {'small' if value < self.right else 'large'}."


def by_hand(name, asked, hints, praise):
    """The function ``by_hand_…`` that checks numbers worked out by hand.

    Parameters
    ----------
    name : str
        "one_point" makes `by_hand_one_point`.
    asked : sequence of Number
        In the order in which they are worked out: the first one that is wrong is told, and no other.
    hints : tuple of str
    praise : str
    """
    check, names = f"by_hand_{name}", [number.name for number in asked]
    parameters = [inspect.Parameter(n, inspect.Parameter.POSITIONAL_OR_KEYWORD, default=...) for n in names]
    signature = inspect.Signature([*parameters, inspect.Parameter("hint", inspect.Parameter.KEYWORD_ONLY, default=0)])

    def numbers_by_hand(*given, **named):
        known = {key: value for key, value in named.items() if key in signature.parameters}
        hints_given = first_hints(hints, known.pop("hint", 0))
        more = how_to_get_a_hint(check, None, hints, hints_given)

        def say(kind, message):
            return Feedback(False, kind, message, "", hints_given, more)

        strange = [key for key in named if key not in signature.parameters]
        twice = [n for n in names[:len(given)] if n in known]
        if strange or twice or len(given) > len(names):
            what = f"{strange[0]} is not asked" if strange else "there are more numbers than asked"
            return say("wrong", f"Here {what}. Asked are: {', '.join(names)}.")
        answers = {**dict(zip(names, given, strict=False)), **known}
        done = [number for number in asked if answers.get(number.name, ...) is not ...]
        for number in done:
            wrong = number.wrong(answers[number.name])
            if wrong:
                return say(*wrong)
        missing = [n for n in names if answers.get(n, ...) is ...]
        if not done:
            return say("not started", f"Not started yet: write your number{'s' * (len(names) > 1)} in place of the "
                       f"dots ({', '.join(names)}).")
        if missing:
            return say("not started", f"Right so far: {', '.join(number.name for number in done)}. Still to do: "
                       f"{', '.join(missing)}.")
        return Feedback(True, "right", f"Right, as far as the digits go. {praise}")

    numbers_by_hand.asked, numbers_by_hand.hints = tuple(asked), hints
    numbers_by_hand.__name__ = numbers_by_hand.__qualname__ = check
    numbers_by_hand.__signature__ = signature
    numbers_by_hand.__doc__ = (f"Check {', '.join(names)}, worked out by hand.\n\n"
                               "    A number left as ``...`` is not done yet; ``hint=1``, ``2``, … adds that many "
                               "hints. Returns a `Feedback`, true when\n    all are right; it never raises, and never "
                               "tells a right number.")
    return numbers_by_hand

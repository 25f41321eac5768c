"""The exercise before any report opens: which suspect has which mistake?"""

import numbers

from emlib import words
from emlib.exercises.feedback import Feedback
from emlib.lessons.detective.cases import SUSPECTS

__all__ = ["LISTED", "match"]

# The mistakes in the order in which the notebook lists them, from 1, each by the suspect that has it.
LISTED = tuple(SUSPECTS[letter] for letter in ("D", "B", "C", "A", "E", "F"))


def match(*given, **answers):
    """Feedback on a matching of suspects to mistakes: ``match(A=4, B=..., C=..., D=..., E=..., F=...)``.

    The numbers are those of the list in notebook 19; dots mean “not done yet”. Returns a `Feedback`, true when all six
    are right. Of what is wrong it tells one suspect, and what to look at in its curves; it never raises.
    """
    say = words.of("detective")
    answers = {**dict(zip(SUSPECTS, given, strict=False)), **answers}
    done = {letter: number for letter, number in answers.items() if number is not ...}
    for letter, number in done.items():
        if letter not in SUSPECTS:
            return Feedback(False, "wrong", say.NO_SUSPECT.format(name=letter))
        if isinstance(number, bool) or not isinstance(number, numbers.Integral) or not 1 <= number <= len(LISTED):
            return Feedback(False, "type", say.NO_NUMBER.format(letter=letter, value=_short(number, say)))
    if not done:
        return Feedback(False, "not started", say.MATCH)
    for letter, number in done.items():
        first = next(other for other in done if done[other] == number)
        if first != letter:
            return Feedback(False, "wrong", say.TWICE.format(number=number, first=first, second=letter))
    wrong = [letter for letter in SUSPECTS if letter in done and LISTED[done[letter] - 1] != SUSPECTS[letter]]
    if wrong:
        return Feedback(False, "wrong", say.LOOK_AGAIN.format(right=len(done) - len(wrong), done=len(done),
                                                              letter=wrong[0], clue=say.CLUES[wrong[0]]))
    missing = [letter for letter in SUSPECTS if letter not in done]
    if missing:
        return Feedback(False, "not started", say.MORE_TO_DO.format(letters=", ".join(missing)))
    return Feedback(True, "right", say.MATCHED)


def _short(value, say):
    """What was written, in a few characters; of anything long or strange, its type."""
    text = repr(value) if isinstance(value, (str, int, float, type(None))) else ""
    return text if 0 < len(text) <= 20 else say.SOMETHING.format(type=type(value).__name__)

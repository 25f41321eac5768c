"""Try a student's function on small cases and say one thing about it: the first in the order of `feedback.ORDER`."""

import copy
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from emlib.exercises import code, deadline, form, numbers
from emlib.exercises.feedback import ORDER, Feedback, first_hints, how_to_get_a_hint

__all__ = ["Exercise", "Mistake", "checker"]

RANK = {kind: rank for rank, kinds in enumerate(ORDER) for kind in kinds}


@dataclass(frozen=True)
class Mistake:
    """A known mistake: the function it amounts to, and the feedback for it. `part` is the index of the answer."""

    says: str
    computes: Callable
    part: int = 0


@dataclass(frozen=True)
class Exercise:
    """A function to be written.

    Attributes
    ----------
    name : str
        "elbo": what the student's function is called, and `check_elbo` what checks it.
    arguments : tuple of str
    returns : str
        What it returns, with its shape, for the reader.
    truth : callable
        The right answer: an array or number, or a tuple of them (one for each of `parts`).
    cases : sequence of tuples
        Arguments to try, the simple ones first.
    hints : tuple of str
        From a nudge to nearly everything; never the code.
    praise : str
    mistakes : tuple of Mistake
    rules : tuple of callable
        (answer, right answer, arguments after the call) → what is wrong with it, or None: tried before the values are
        compared.
    parts : tuple of str
        What the answers are called, where there are several.
    far : sequence of tuples
        Arguments on which exp gives 0 or overflows: a right formula may fail on them, and is told so.
    far_is_extra : bool
        The exercise is solved without them, with a remark.
    accepts : callable, optional
        (answer, right answer, arguments) → whether the answer is right, where there are several right ones.
    shapes : callable
        (answer, right answer, arguments) → a sentence for a wrong shape that this exercise knows, or None.
    per_entry, misfit : str
        What one number for each row of the input means, and what helps where two arrays do not fit.
    alone : bool
        Refuse a function that takes data from the notebook, even where its numbers are right.
    """

    name: str
    arguments: tuple
    returns: str
    truth: Callable
    cases: tuple
    hints: tuple
    praise: str
    mistakes: tuple = ()
    rules: tuple = ()
    parts: tuple = ("",)
    far: tuple = ()
    far_is_extra: bool = False
    accepts: Callable = lambda value, right, given: np.allclose(value, right, **form.PRECISION)
    shapes: Callable = lambda value, right, given: None
    per_entry: str = "That is one number for each point: add them up."
    misfit: str = "A sum over z needs keepdims=True (or [:, None]) before it can divide rows."
    alone: bool = False

    @property
    def signature(self):
        """How the student's function is called."""
        return f"{self.name}({', '.join(self.arguments)})"


@dataclass(frozen=True)
class Try:
    """One case: the answers (arrays, or None), and what is wrong with them (kind "" when nothing is)."""

    given: tuple
    answers: list | None
    kind: str = ""
    message: str = ""
    underflow: bool = False         # what happened is what log 0, exp 1000 or 0/0 look like


def checker(exercise):
    """The function `check_…` of an exercise."""
    def check(function=..., hint=0):
        return judge(exercise, function, hint)
    check.exercise = exercise
    check.__name__ = check.__qualname__ = f"check_{exercise.name}"
    check.__doc__ = (f"Feedback on ``{exercise.signature}`` → {exercise.returns}.\n\n"
                     "    ``hint=1``, ``2``, … adds that many hints. Returns a `Feedback`, true when the exercise is "
                     "solved; it never raises.")
    return check


def judge(exercise, function, hint=0):
    """Feedback on a student's function, with the first `hint` hints."""
    hints = first_hints(exercise.hints, hint)
    more = how_to_get_a_hint(f"check_{exercise.name}", function, exercise.hints, hints)

    def say(kind, message, given=None, passed=False):
        return Feedback(passed, kind, message, "" if given is None else _case_in_words(exercise, given), hints, more)

    call = f"exercises.check_{exercise.name}({exercise.name})"
    if function is ...:
        return say("not started", f"Write `def {exercise.signature}:`, and give it to its check: {call}.")
    if isinstance(function, type):
        return say("not a function", f"{function.__name__} is a class. Write a function, `def {exercise.signature}:`, "
                   f"and give it to its check: {call}.")
    if not callable(function):
        return say("not a function", f"Give the function itself: {call}, without parentheses and arguments behind its "
                   "name.")
    tries = _tries(exercise, function)
    failed = [one for one in tries if one.kind]
    outside = code.outside_names(function, exercise.arguments)
    if not failed and exercise.alone and outside:
        return say("outside", code.outside_words(outside, exercise))
    if not failed:
        return Feedback(True, "right", f"{exercise.name} is right, on {len(tries)} cases. {exercise.praise}")
    if failed[0].kind != "not started" and code.in_another_order(function, exercise.arguments):
        return say("mistake", "Your function has its arguments in another order than they are given: "
                   f"`def {exercise.signature}:`.", failed[0].given)
    first = min(failed, key=lambda one: RANK[one.kind])         # min keeps the first of equals
    if all(one.answers is not None or one.underflow for one in failed):
        mistake = numbers.recognised(exercise, tries)
        if mistake and RANK["mistake"] < RANK[first.kind]:
            return say("mistake", mistake, failed[0].given)
    ordinary = tries[:len(exercise.cases)]
    if first.kind in ("NaN", "wrong") and not any(one.kind for one in ordinary):
        passed = exercise.far_is_extra and all(one.underflow for one in failed)
        return say("underflow", _right_but_far(exercise, tries, failed), failed[0].given, passed)
    if first.kind == "wrong":
        related = _related(exercise, ordinary)
        if related:
            return say("mistake", related, first.given)
    if outside and first.kind == "wrong":
        return say("outside", code.outside_words(outside, exercise), first.given)
    if outside and first.kind in ("raised", "shape", "NaN"):
        return say(first.kind, f"{first.message} {code.outside_words(outside, exercise)}", first.given)
    return say(first.kind, first.message, None if first.kind == "not started" else first.given)


def _tries(exercise, function):
    """The function on case after case, until one shows that it cannot answer at all."""
    tries, ends = [], time.monotonic() + deadline.SECONDS
    for given in (*exercise.cases, *exercise.far):
        tries.append(_try(exercise, function, given, ends))
        if tries[-1].kind and RANK[tries[-1].kind] <= RANK["type"]:
            break
    return tries


def _try(exercise, function, given, ends):
    mine = copy.deepcopy(given)
    try:
        with np.errstate(all="ignore"):
            answer = deadline.run(function, mine, max(ends - time.monotonic(), 0.01))
    except deadline.TooSlow as late:
        return Try(given, None, "too slow", f"No answer after {deadline.SECONDS:g} seconds on cases this small. Is "
                   f"there a loop that never ends?{late.advice}")
    except (Exception, SystemExit) as error:
        if code.not_written(error):
            return Try(given, None, "not started", f"{exercise.name}: not started yet. Replace the line "
                       f"`raise NotImplementedError` by your code; the function returns {exercise.returns}.")
        words = code.error_in_words(function, error, exercise, given)
        if code.is_underflow(error):
            return Try(given, None, "NaN", f"{words} {form.why_not_finite(exercise, given)}", True)
        return Try(given, None, "raised", words)
    if answer is None:
        return Try(given, None, "nothing", "Your function returned nothing (None). End it with `return …`; print only "
                   "shows a value.")
    right, parts = exercise.truth(*given), len(exercise.parts)
    if parts == 1:
        answer, right = (answer,), (right,)
    elif not isinstance(answer, (tuple, list)) or len(answer) != parts:
        return Try(given, None, "shape", f"Return {parts} things: `return {', '.join(exercise.parts)}`.")
    elif form.in_another_order(answer, right):
        return Try(given, None, "shape", "The right arrays, in another order than asked: "
                   f"`return {', '.join(exercise.parts)}`.")
    return _compared(exercise, given, mine, answer, [np.asarray(part) for part in right])


def _compared(exercise, given, mine, answer, right):
    """A `Try` whose answers are there: their type, shape and numbers against the right ones."""
    names = [(part or "your answer").capitalize() for part in exercise.parts]
    found = []
    for name, value in zip(names, answer, strict=True):
        value, wrong = form.as_numbers(name, value, exercise)
        if wrong:
            return Try(given, None, "type", wrong)
        found.append(value)
    together = list(zip(names, found, right, strict=True))
    for name, value, truth in together:
        if value.shape != truth.shape:
            words = exercise.shapes(value, truth, mine) or form.shape_words(name, value, truth, mine, exercise)
            return Try(given, found, "shape", words)
    changed = [name for name, before, after in zip(exercise.arguments, given, mine, strict=True)
               if isinstance(before, np.ndarray) and not np.array_equal(before, after)]
    if changed:
        return Try(given, found, "changed its input", f"Your function has changed {changed[0]}, which belongs to its "
                   "caller. Compute a new array: no +=, −=, *=, /= and no assignment to its entries.")
    for name, value, truth in together:
        lost = ~np.isfinite(value) & np.isfinite(truth)
        if lost.any():
            place = np.argwhere(lost)[0]
            what = "NaN" if np.isnan(value).any() else "infinite"
            entry = f", first in [{', '.join(map(str, place))}]" if len(place) else ""
            return Try(given, found, "NaN", f"{name} is {what}{entry}. {form.why_not_finite(exercise, given)}", True)
        told = next(filter(None, (rule(value, truth, mine) for rule in exercise.rules)), None)
        if told:
            return Try(given, found, "wrong", told)
    for name, value, truth in together:
        if not exercise.accepts(value, truth, given):
            return Try(given, found, "wrong", numbers.difference(name, value, truth))
    return Try(given, found)


def _related(exercise, tries):
    """What the first part that is wrong has to do with the right one in every ordinary case, or None."""
    for index, part in enumerate(exercise.parts):
        pairs = []
        for one in tries:
            right = exercise.truth(*one.given)
            right = np.asarray(right if len(exercise.parts) == 1 else right[index])
            if one.answers and one.answers[index].shape == right.shape and np.isfinite(one.answers[index]).all():
                pairs.append((one.answers[index], right))
        if not all(np.allclose(value, right, **form.PRECISION) for value, right in pairs):
            told = numbers.related(pairs)
            return told and (f"{part}: {told}" if part else told)
    return None


def _right_but_far(exercise, tries, failed):
    """The formula is right; the numbers of a computer end too early for it on the far cases."""
    count = f"{exercise.name} is right on {len(tries) - len(failed)} of {len(tries)} cases"
    if all(one.underflow for one in failed):
        repair = " Do you want to repair it?" if exercise.far_is_extra else ""
        return f"{count}: the formula is right. On the other {len(failed)} it underflows or overflows. " \
               f"{form.why_not_finite(exercise, failed[0].given)}{repair}"
    return (f"{count}. On the other {len(failed)}, exp gives 0 or overflows, and what stands in for it (a small number "
            "added, a limit) makes a wrong number without a warning. Subtract the largest entry of each row before "
            "exp, and account for it after (log-sum-exp).")


def _case_in_words(exercise, given):
    return ", ".join(f"{name} = {form.show(value)}" for name, value in zip(exercise.arguments, given, strict=True)
                     if isinstance(value, (int, float, np.ndarray)))

"""Try a student's function on small random cases and say the first thing that is wrong with it."""

import copy
import linecache
import traceback
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from emlib.exercises import deadline
from emlib.exercises.feedback import Feedback

__all__ = ["Exercise", "Mistake", "checker", "first_hints", "not_written", "show"]

PRECISION = dict(rtol=1e-6, atol=1e-9)


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
        (answer, right answer) → what is wrong with its form, or None: tried before the values are compared.
    parts : tuple of str
        What the answers are called, where there are several.
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

    @property
    def signature(self):
        """How the student's function is called."""
        return f"{self.name}({', '.join(self.arguments)})"


def checker(exercise):
    """The function `check_…` of an exercise."""
    def check(function, hint=0):
        return judge(exercise, function, hint)
    check.exercise = exercise
    check.__name__ = check.__qualname__ = f"check_{exercise.name}"
    check.__doc__ = (f"Feedback on ``{exercise.signature}`` → {exercise.returns}.\n\n"
                     "    ``hint=1``, ``2``, … adds that many hints. Returns a `Feedback`, true when the exercise is "
                     "solved; it never raises.")
    return check


def first_hints(hints, how_many):
    """The hints asked for: none for what is no count, or a negative one (a check never raises)."""
    is_count = isinstance(how_many, (int, np.integer)) and not isinstance(how_many, bool) and how_many > 0
    return hints[:how_many] if is_count else ()


def not_written(error):
    """Whether a function said that it is still empty.

    The type is compared exactly: where nobody can answer `input()`, IPython raises a kind of NotImplementedError too.
    """
    return type(error) is NotImplementedError


def judge(exercise, function, hint=0):
    """Feedback on a student's function, with the first `hint` hints."""
    hints = first_hints(exercise.hints, hint)

    def not_yet(kind, message, case=""):
        more = "" if len(hints) == len(exercise.hints) else (
            f"For a hint: check_{exercise.name}({getattr(function, '__name__', '…')}, hint={len(hints) + 1})")
        return Feedback(False, kind, message, case, hints, more)

    if not callable(function):
        return not_yet("not a function", f"Give the function itself: check_{exercise.name}({exercise.name}), without "
                       "parentheses and arguments behind its name.")
    answers, failed, seen_on = [], None, None
    for given in exercise.cases:
        answer, wrong = _try(exercise, function, given)
        answers.append(answer)
        if wrong and failed is None:
            failed, seen_on = wrong, given
        if failed and failed[0] != "wrong":         # after wrong numbers the other cases help to say what went wrong
            break
    if failed is None:
        return Feedback(True, "right", f"{exercise.name} is right, on {len(exercise.cases)} cases. {exercise.praise}")
    kind, message = failed
    if kind == "wrong":
        kind, message = _recognised(exercise, answers) or failed
    if kind == "not started":
        return not_yet(kind, message)
    return not_yet(kind, message, _case_in_words(exercise, seen_on))


def _try(exercise, function, given):
    """(answer, None) for one right case, else (answer or None, (kind, message))."""
    mine = copy.deepcopy(given)
    try:
        with np.errstate(all="ignore"):
            answer = deadline.run(function, mine)
    except deadline.TooSlow as late:
        return None, ("too slow", f"No answer after {deadline.SECONDS:g} seconds on a case this small. Is there a loop "
                      f"that never ends?{late.advice}")
    except (Exception, SystemExit) as error:
        if not_written(error):
            return None, ("not started", f"{exercise.name}: not started yet. Replace the line "
                          f"`raise NotImplementedError` by your code; the function returns {exercise.returns}.")
        return None, ("raised", _error_in_words(function, error))
    if answer is None:
        return None, ("nothing", "Your function returned nothing (None). End it with `return …`; print only shows a "
                      "value.")
    right = exercise.truth(*given)
    if len(exercise.parts) == 1:
        answer, right = (answer,), (right,)
    elif not isinstance(answer, (tuple, list)) or len(answer) != len(exercise.parts):
        return None, ("shape", f"Return {len(exercise.parts)} things: `return {', '.join(exercise.parts)}`.")
    found = []
    for name, value, truth in zip(exercise.parts, answer, right, strict=True):
        value, wrong = _checked_form(exercise, name or "your answer", value, np.asarray(truth), mine)
        found.append(value)
        if wrong:
            return found, wrong
    changed = [name for name, a, b in zip(exercise.arguments, given, mine, strict=True)
               if isinstance(a, np.ndarray) and not np.array_equal(a, b)]
    if changed:
        return found, ("changed its input", f"Your function has changed {changed[0]}, which belongs to its caller. "
                       "Compute a new array: no +=, −=, *=, /= and no assignment to its entries.")
    for name, value, truth in zip(exercise.parts, found, right, strict=True):
        if not np.allclose(value, truth, **PRECISION):
            return found, ("wrong", _difference(name, value, np.asarray(truth)))
    return found, None


def _checked_form(exercise, name, value, right, given):
    """(array, None), or (what there is, (kind, message)) for an answer that cannot even be compared."""
    try:
        value = np.asarray(value, dtype=float)
    except Exception:                           # numpy may raise anything here
        return value, ("type", f"{name.capitalize()} is a {type(value).__name__}, which is no array of numbers; "
                       f"expected: {exercise.returns}.")
    if value.shape != right.shape:
        return value, ("shape", _shape(exercise, name, value, right, given))
    if np.isnan(value).any() or np.isinf(value[np.isfinite(right)]).any():
        where = np.argwhere(~np.isfinite(value) & np.isfinite(right))
        what, place = ("NaN" if np.isnan(value).any() else "infinite"), where[0] if len(where) else ()
        entry = f", first in [{', '.join(map(str, place))}]" if len(place) else ""
        return value, ("NaN", f"{name.capitalize()} is {what}{entry}. {_why_nan(given)}")
    for rule in exercise.rules:
        told = rule(value, right)
        if told:
            return value, ("wrong", told)
    return value, None


def _why_nan(given):
    arrays = [a for a in given if isinstance(a, np.ndarray)]
    if any(a.min() < -700 for a in arrays if np.isfinite(a).all()):
        return ("Here the numbers in log_joint are so low that exp gives 0: then log 0 = −∞ and 0/0 = NaN. Subtract "
                "the largest entry of each row before exp, and account for it after (log-sum-exp).")
    if any(a.max() > 700 for a in arrays):
        return ("Here the numbers in log_joint are so high that exp overflows. Subtract the largest entry of each row "
                "before exp, and account for it after (log-sum-exp).")
    if any((a == 0).any() for a in arrays) or any(np.isinf(a).any() for a in arrays):
        return ("Here an entry of q is 0: 0 · log 0 counts as 0, yet a computer makes it NaN. Leave out, or replace, "
                "the entries where q = 0 before taking the logarithm.")
    return "Look for a division by 0, or the logarithm of a number that is not positive."


def _shape(exercise, name, value, right, given):
    n = next((len(a) for a in given if isinstance(a, np.ndarray) and a.ndim), 0)
    wanted = f"{right.shape}, {exercise.returns}" if right.ndim else exercise.returns
    text = f"{name.capitalize()} has shape {value.shape}; expected {wanted}."
    if value.ndim == right.ndim == 2 and value.T.shape == right.shape:
        return text + " It is transposed: rows and columns have changed places."
    if value.ndim == right.ndim and value.size == right.size:
        return text
    if right.ndim == 0 and value.shape == (n,):
        return text + " That is one number for each point: add them up."
    if right.ndim == 0 and value.ndim == 2:
        return text + " That is one number for each point and each z: sum over both."
    if right.ndim == 2 and value.shape == right.shape[:1]:
        return text + " The sum over z (axis=1) has taken the columns away, or labels are given for rows of q."
    if right.ndim == 1 and value.shape == (n,):
        return text + " That is one number for each point; sum over the points: axis=0."
    return text


def _recognised(exercise, answers):
    """("mistake", its feedback) if the wrong answers are those of a known mistake, wherever they are finite."""
    for mistake in exercise.mistakes:
        if _explains(mistake, exercise, answers):
            return "mistake", mistake.says
    return None


def _explains(mistake, exercise, answers):
    """Whether a mistake gives the student's answers, and on these cases not the right ones."""
    differs = False
    for given, answer in zip(exercise.cases, answers, strict=False):
        if answer is None or len(answer) <= mistake.part or not np.isfinite(answer[mistake.part]).all():
            continue
        with np.errstate(all="ignore"):
            expected, right = np.asarray(mistake.computes(*given)), exercise.truth(*given)
        right, value = right if len(exercise.parts) == 1 else right[mistake.part], answer[mistake.part]
        if np.shape(value) != expected.shape or not np.allclose(value, expected, **PRECISION):
            return False
        differs = differs or not np.allclose(expected, right, **PRECISION)
    return differs


def _difference(name, value, right):
    if right.ndim == 0:
        return f"Your answer is {show(value)}; right is {show(right)}."
    off = ~np.isclose(value, right, **PRECISION)
    place = tuple(int(i) for i in np.argwhere(off)[0])
    return (f"{(name or 'your answer').capitalize()}: {int(off.sum())} of {right.size} numbers are wrong. "
            f"The first is [{', '.join(map(str, place))}]: yours is {show(value[place])}, right is "
            f"{show(right[place])}.")


def _error_in_words(function, error):
    """The student's error with the line of their code that it comes from."""
    text = f"Your function raised {type(error).__name__}: {error}."
    file = getattr(getattr(function, "__code__", None), "co_filename", None)
    own = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == file]
    if own:
        line = (linecache.getline(own[-1].filename, own[-1].lineno) or "").strip()
        number = own[-1].lineno - function.__code__.co_firstlineno
        text += f" It happened in line {number} of its body" + (f": `{line}`." if line else ".")
    if "broadcast" in str(error):
        text += " Two arrays do not fit: a sum over z needs keepdims=True (or [:, None]) before it can divide rows."
    elif isinstance(error, NameError):
        text += " That name is known neither in the function nor above it."
    elif isinstance(error, TypeError) and "argument" in str(error):
        text += " Keep the arguments as they were given."
    return text


def _case_in_words(exercise, given):
    return ", ".join(f"{name} = {show(value)}" for name, value in zip(exercise.arguments, given, strict=True)
                     if not callable(getattr(value, "m_step", None)))


def show(value, most=4):
    """Numbers in short: four digits, the first entries of a long array."""
    value = np.asarray(value)
    if value.ndim == 0:
        return f"{value:.4g}"
    shown = [show(v, most) for v in value[:most]]
    return "[" + ", ".join(shown) + (f", … {len(value) - most} more" if len(value) > most else "") + "]"

"""Wrong numbers: the known mistake that computes them, or what they have in common with the right ones.

Nothing here prints a right answer: a student who reads it would copy it.
"""

import numpy as np

from emlib.exercises.form import PRECISION, show

__all__ = ["difference", "recognised", "related"]


def recognised(exercise, tries):
    """What a known mistake is told, if it gives the student's answers; else None."""
    return next((mistake.says for mistake in exercise.mistakes if _explains(mistake, exercise, tries)), None)


def _explains(mistake, exercise, tries):
    """Whether a mistake gives the student's answers, and on these cases not the right ones.

    A mistake that is about numbers too small or too large for a computer is known by *where* it is not finite. With
    every other mistake a student may also have failed there in a way of their own, so those cases do not count.
    """
    rows = []
    for one in tries:
        with np.errstate(all="ignore"):
            expected, right = np.asarray(mistake.computes(*one.given)), exercise.truth(*one.given)
        right = right if len(exercise.parts) == 1 else right[mistake.part]
        answer = None if one.answers is None or len(one.answers) <= mistake.part else one.answers[mistake.part]
        rows.append((answer, expected, np.asarray(right)))
    strict = any(np.isfinite(r).all() and not np.isfinite(e).all() for _, e, r in rows)
    differs = False
    for answer, expected, right in rows:
        if answer is None or not np.isfinite(answer).all():
            if strict and np.isfinite(expected).all():
                return False
            differs = differs or strict
            continue
        if np.shape(answer) != expected.shape or not np.allclose(answer, expected, **PRECISION):
            return False
        differs = differs or expected.shape != right.shape or not np.allclose(expected, right, **PRECISION)
    return differs


def related(pairs):
    """What wrong numbers have to do with the right ones in every case, in a sentence, or None.

    Parameters
    ----------
    pairs : list of (array, array)
        The student's answer and the right one, of equal shape and finite, for each case.
    """
    def all_are(relation):
        return all(np.allclose(value, relation(right), **PRECISION) for value, right in pairs)

    def whole(values):
        return all((value == np.round(value)).all() for value in values)

    values, rights = zip(*pairs, strict=True)
    if whole(values) and not whole(rights) and all((np.abs(v - r) < 1).all() for v, r in pairs):
        return ("All your numbers are whole numbers: int(…), //, round(…) or an array of integers cuts off what stands "
                "behind the point. Compute with floats, and round only what you print.")
    digits = next((d for d in range(1, 6) if all((v == np.round(r, d)).all() for v, r in pairs)), None)
    if digits:
        return (f"Your numbers are rounded to {digits} digit{'s' * (digits > 1)} behind the point. Return them as they "
                "are; round only what you print.")
    if all_are(np.negative):
        return "The sign is the wrong way round."
    for factor, words in ((2, "twice"), (0.5, "half of")):
        if all_are(lambda right, factor=factor: factor * right):
            return f"Your answer is {words} what it should be, in every case. Is something counted twice, or halved?"
    if all(np.allclose(v, r, rtol=1e-3, atol=1e-4) for v, r in pairs):
        return ("Nearly: only the last digits are off. Did you round on the way, add a small number, or compute with "
                "less than double precision (float32)?")
    if all(r.ndim for r in rights) and all_are(lambda right: right[..., ::-1]):
        return "The right numbers in reverse order: the last one comes first."
    if all(r.ndim == 2 and r.shape[0] == r.shape[1] for r in rights) and all_are(np.transpose):
        return "It is transposed: rows and columns have changed places."
    return None


def difference(name, value, right):
    """The first number that is wrong, and on which side; the right one is not told."""
    if right.ndim == 0:
        return f"{name} is {show(value)}; that is {_side(value, right)}."
    off = ~np.isclose(value, right, **PRECISION)
    if not off.any():                           # an exercise may ask for more than closeness
        return f"{name}: the numbers are right but for their last digits, and here they have to be exact."
    place = tuple(int(i) for i in np.argwhere(off)[0])
    count = "it is wrong" if right.size == 1 else f"{int(off.sum())} of {right.size} numbers are wrong"
    return (f"{name}: {count}. The first is [{', '.join(map(str, place))}]: yours is {show(value[place])}, which is "
            f"{_side(value[place], right[place])}.")


def _side(value, right):
    return "too small" if value < right else "too large"

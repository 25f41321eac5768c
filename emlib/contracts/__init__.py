"""Every theorem of the whiteboard as a check, on anybody's model."""

import numpy as np

from emlib import _validate as validate
from emlib.contracts import ascent, expectation, maximisation
from emlib.contracts.report import Check, Report
from emlib.contracts.trial import NotApplicable, Trial

__all__ = ["THEOREMS", "Check", "Report", "check_em"]

THEOREMS = (*expectation.CHECKS, *maximisation.CHECKS, *ascent.CHECKS)      # from cause to consequence
ENOUGH = 600                # points; of more, so many are drawn


def check_em(model, x, seed=0):
    """Put every theorem of EM to the test on a model, and name those it breaks.

    Parameters
    ----------
    model : object
        Anything with ``log_joint(x)`` → (N, K) in nats and ``m_step(x, q)`` → a new model; a class written in a
        notebook will do. Its own ``posterior(x)`` → (N, K), ``log_lik(x)`` → float and ``elbo(x, q)`` → float are
        checked too if it has them. Some checks move the parameters: attributes that are numbers or arrays of numbers.
    x : array, one row (or one number) a point
        Data of the kind that the model takes, at least 2 points. Of more than 600, 600 are drawn.
    seed : int
        Of everything random: the same seed gives the same report.

    Returns
    -------
    Report
        ``report.passed``, and ``report.checks`` in the order of `THEOREMS`, causes before consequences: the first
        that fails is the theorem to look at.

    Raises
    ------
    ValueError
        If the model lacks ``log_joint`` or ``m_step``, or x has no points.

    Notes
    -----
    A model that raises in a check has failed that check, and the message is the counterexample; only a `Collapse`
    (the maximum does not exist) is no failure. Where a theorem does not apply, ``passed`` is None and ``reason``
    says why. Weights held on purpose are declared by ``learn_weights = False``, and limits of the parameters (such
    as a floor) by raising ValueError beyond them.
    """
    for name in ("log_joint", "m_step"):
        if not callable(getattr(model, name, None)):
            raise ValueError(f"model has no method {name}; check_em needs log_joint(x) → (N, K) "
                             "and m_step(x, q) → a new model")
    x = np.array(x)
    if x.ndim == 0 or len(x) < 2:
        raise ValueError(f"x has shape {x.shape}; give at least 2 points, one row each")
    if len(x) > ENOUGH:
        x = x[np.sort(validate.rng(seed).choice(len(x), ENOUGH, replace=False))]
    with np.errstate(all="ignore"):             # a model that divides by 0 is told so by the theorem it breaks
        return Report(_called(model), tuple(_run(model, x, seed)))


def _run(model, x, seed):
    try:
        trial = Trial(model, x, seed)
    except Exception as error:
        first, *rest = THEOREMS
        yield _check(first, passed=False, counterexample=f"log_joint(x) gave no array (N, K): {_said(error)}",
                     hint="One row a point, one column a z.")
        yield from (_check(t, passed=None, reason="log_joint must be right first") for t in rest)
        return
    for theorem in THEOREMS:
        try:
            found = theorem.test(trial)
        except NotApplicable as reason:
            yield _check(theorem, passed=None, reason=str(reason))
        except Exception as error:              # the model raised: that is what the student must see
            yield _check(theorem, passed=False, counterexample=f"raised {_said(error)}")
        else:
            passed = bool(found.measured <= found.tolerance)
            told = {} if passed else {"counterexample": found.counterexample, "hint": found.hint}
            yield _check(theorem, passed=passed, measured=float(found.measured), tolerance=float(found.tolerance),
                         **told)
            if theorem is THEOREMS[0] and not passed:
                yield from (_check(t, passed=None, reason="log_joint must be right first") for t in THEOREMS[1:])
                return


def _check(theorem, **found):
    return Check(theorem.name, theorem.line, theorem.statement, quantity=theorem.quantity, why=theorem.why, **found)


def _said(error):
    return f"{type(error).__name__}: {error}"


def _called(model):
    text = repr(model)
    return type(model).__name__ if " object at 0x" in text or len(text) > 60 or "\n" in text else text

"""EM put to the test, on anybody's model: theorems of the whiteboard, and rules that every EM needs."""

import numpy as np

from emlib import _validate as validate
from emlib.contracts.data import as_data, length, shape_of, take
from emlib.contracts.latent import needs
from emlib.contracts.limits import not_tested
from emlib.contracts.report import Check, Report
from emlib.contracts.show import calls, where
from emlib.contracts.theorem import NotApplicable, WrongKind
from emlib.contracts.theorems import THEOREMS
from emlib.contracts.trial import Trial

__all__ = ["THEOREMS", "Check", "Report", "check_em"]

ENOUGH = {True: 600, False: 100}        # points, by whether z is a label; of more, so many are drawn
FIRST = "log_joint must be right first"
NOTHING_ELSE = "Anything else: what the model says of x and z must be right first."
LONG_ENOUGH = 300                       # steps of time in all sequences together; of more, only some are taken


def check_em(model, x, seed=0):
    """Put a model to the test of what every EM must do, and name what it breaks, causes first.

    Parameters
    ----------
    model : object
        A class written in a notebook will do. Where z is one of K labels it has ``log_joint(x)`` → (N, K) in nats
        (−∞ for what is impossible) and ``m_step(x, q)`` → a new model; its own ``posterior(x)`` → (N, K),
        ``log_lik(x)`` → float and ``elbo(x, q)`` → float are checked too if it has them. Where z is anything else it
        has ``log_liks(x)`` → (N,), ``expected_log_joint(x, q)`` → (N,), ``posterior(x)`` → a q with ``entropy()``,
        ``kl(other)``, ``q[rows]``, ``len(q)``, ``near(rng)``, and ``m_step(x, q)``. More it may say is in the Notes.
    x : array, one row (or one number) a point; a table, records, pairs; or a list of sequences of any lengths
        Data of the kind that the model takes, at least 2 points, or one sequence. Of more than 600 points
        (100 where z is no label), so many are drawn; of long sequences, some.
    seed : int
        Of everything random: the same seed gives the same report.

    Returns
    -------
    Report
        ``report.passed``; ``report.checks`` in the order of `THEOREMS`, of which the first that fails is the one to
        look at; and ``report.not_tested``, what they cannot see: it is printed with every report.

    Raises
    ------
    ValueError
        If the model lacks a method that its kind of z needs, its posterior is no q, ``held`` names what is no
        parameter, x has no points, or x is masked.

    Notes
    -----
    What a model may say of itself:

    - ``held = ("variances", "means[0]")``: parameters, or entries, that its M-step leaves alone on purpose (for mixing
      weights ``learn_weights = False`` will do). Any other that p depends on must move, and what moves must matter.
    - ``generalised = True``: its M-step raises the bound and need not reach the maximum (generalised EM, ECM).
    - ``log_prior()`` → float, log p(θ): the M-step is to maximise E_q[log p(x, z|θ)] + log p(θ) (MAP).
    - ``support()`` → every x there is, as rows of x; or (x, weights), whose weighted sum is an integral. Then
      Σ_x p(x|θ) = 1 is summed there. Without it, x may be a whole number, one or two real numbers, or numbers of which
      one is given the others; else `not_tested` says that nothing was summed.
    - Limits of the parameters, such as a floor: raise ValueError beyond them.

    Parameters are numbers or arrays of numbers, whole or not, in attributes, slots, dicts, tuples, lists of
    components, or objects that the model holds. Names that begin with “_” are what a model remembers.

    A model that raises in a check has failed that check, and the message is the counterexample; only a `Collapse`
    (the maximum does not exist) is no failure. Where a check does not apply, ``passed`` is None and ``reason`` says
    why. A difference that rounding explains, measured on this model, fails nothing.
    """
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or seed < 0:
        raise ValueError(f"seed is {seed!r}; give a whole number ≥ 0")
    if isinstance(model, type):
        raise ValueError(f"model is the class {model.__name__}; give an object of it, {model.__name__}(…)")
    labels = needs(model)
    x = as_data(x, labels)
    n = 0 if isinstance(x, np.ndarray) and x.ndim == 0 else length(x)
    if n < (1 if isinstance(x, list) or not labels else 2):
        raise ValueError(f"x has shape {shape_of(x)}; give at least 2 points, one row each")
    with np.errstate(all="ignore"):             # a model that divides by 0 is told so by the check it fails
        x = x if labels else _pieces(model, x)
        some = _some(x, labels, seed)
        n_of = (length(some), length(x)) if length(some) < length(x) else None
        return Report(_called(model), *_run(model, some, seed, labels, n_of))


def _pieces(model, x):
    """x, or [x] where it is one sequence, which the model takes as it is."""
    if isinstance(x, list) or len(x) == 1:
        return x
    try:
        return [x] if np.shape(model.log_liks(x)) == (1,) else x
    except Exception:           # the checks meet it again and name it
        return x


def _some(x, labels, seed):
    """x, or of a large x enough of it for the checks: in any case a sequence as a whole."""
    order = validate.rng(seed).permutation(length(x))
    lengths = np.cumsum([_steps(x[n]) if isinstance(x, list) else 0 for n in order])
    most = min(ENOUGH[labels], max(1, int((lengths <= LONG_ENOUGH).sum())))
    return x if length(x) <= most else take(x, np.sort(order[:most]))


def _steps(piece):
    """Steps of time in a sequence; a pair, or a record, is one."""
    return len(piece) if isinstance(piece, np.ndarray) and piece.ndim else 1


def _run(model, x, seed, labels, n_of):
    """(checks, what they cannot see)."""
    first, *rest = THEOREMS
    try:
        trial = Trial(model, x, seed, labels)
    except WrongKind:
        raise
    except Exception as error:
        what = "log_joint(x) gave no array (N, K)" if labels else "no q could be made"
        found = _check(first, passed=False, counterexample=f"{what}: {_said(error)}",
                       hint="One row a point, one column a z." if labels else "")
        return (found, *(_check(t, passed=None, reason=FIRST) for t in rest)), (NOTHING_ELSE,)
    found = _put(first, trial)
    if found.passed is False:
        return (found, *(_check(t, passed=None, reason=FIRST) for t in rest)), (NOTHING_ELSE,)
    found = (found, *(_put(theorem, trial) for theorem in rest))
    return found, not_tested(trial, found, n_of)


def _put(theorem, trial):
    try:
        found = theorem.put_to(trial)
    except NotApplicable as reason:
        return _check(theorem, passed=None, reason=str(reason))
    except WrongKind:
        raise
    except Exception as error:                  # the model raised: that is what the student must see
        return _check(theorem, passed=False, counterexample=f"{calls(error)} raised {_said(error)}".strip(),
                      hint=f"{where(error)}{_of_another_kind(trial)}".strip())
    tolerance = trial.density_allowed if theorem.name == "density sums to 1" else trial.allowed(theorem.tolerance)
    passed = bool(found.measured <= tolerance)
    told = {} if passed else {"counterexample": found.counterexample, "hint": found.hint}
    return _check(theorem, passed=passed, measured=float(found.measured), tolerance=float(tolerance), **told)


def _of_another_kind(trial):
    """A word on an m_step whose model is no relative of the one it was asked of, where something raised."""
    ours, theirs = type(trial.model), type(trial.unlike[0]) if trial.unlike else type(trial.model)
    related = issubclass(theirs, ours) or issubclass(ours, theirs)
    return "" if related else f" m_step of a {ours.__name__} returned a {theirs.__name__}: is it the right kind?"


def _check(theorem, **found):
    return Check(theorem.name, theorem.line, theorem.statement, quantity=theorem.quantity, why=theorem.why, **found)


def _said(error):
    return f"{type(error).__name__}: {error}"


def _called(model):
    text = repr(model)
    return type(model).__name__ if " object at 0x" in text or len(text) > 60 or "\n" in text else text

"""Every theorem of the whiteboard as a check, on anybody's model."""

import numpy as np

from emlib import _validate as validate
from emlib.contracts.latent import as_data, needs, take
from emlib.contracts.report import Check, Report
from emlib.contracts.theorem import NotApplicable, WrongKind
from emlib.contracts.theorems import THEOREMS
from emlib.contracts.trial import Trial

__all__ = ["THEOREMS", "Check", "Report", "check_em"]

ENOUGH = {True: 600, False: 100}        # points, by whether z is a label; of more, so many are drawn
LONG_ENOUGH = 300                       # steps of time in all sequences together; of more, only some are taken


def check_em(model, x, seed=0):
    """Put every theorem of EM to the test on a model, and name those it breaks.

    Parameters
    ----------
    model : object
        A class written in a notebook will do. Where z is one of K labels it has ``log_joint(x)`` → (N, K) in nats and
        ``m_step(x, q)`` → a new model; its own ``posterior(x)`` → (N, K), ``log_lik(x)`` → float and ``elbo(x, q)`` →
        float are checked too if it has them. Where z is anything else it has ``log_liks(x)`` → (N,),
        ``expected_log_joint(x, q)`` → (N,), ``posterior(x)`` → a q with ``entropy()``, ``kl(other)``, ``q[rows]`` and
        ``near(rng)``, and ``m_step(x, q)``. With ``log_prior()`` → float, log p(θ), the M-step is to maximise
        E_q[log p(x, z|θ)] + log p(θ) (MAP). Some checks move the parameters: numbers or arrays of numbers, in
        attributes, in dicts, or in objects that the model holds.
    x : array, one row (or one number) a point; or a list of sequences, of any lengths
        Data of the kind that the model takes, at least 2 points, or one sequence. Of more than 600 points
        (100 where z is no label), so many are drawn; of long sequences, some.
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
        If the model lacks a method that its kind of z needs, its posterior is no q, ``held`` names what is no
        parameter, or x has no points.

    Notes
    -----
    A model that raises in a check has failed that check, and the message is the counterexample; only a `Collapse`
    (the maximum does not exist) is no failure. Where a theorem does not apply, ``passed`` is None and ``reason``
    says why. What the M-step leaves alone on purpose is declared on the model, ``held = ("variances", "means[0]")``
    (for mixing weights ``learn_weights = False`` will do), and limits of the parameters (such as a floor) by raising
    ValueError beyond them.
    """
    labels = needs(model)
    x = as_data(x, labels)
    if not isinstance(x, list) and (x.ndim == 0 or len(x) < (2 if labels else 1)):
        raise ValueError(f"x has shape {x.shape}; give at least 2 points, one row each")
    with np.errstate(all="ignore"):             # a model that divides by 0 is told so by the theorem it breaks
        x = _some(x if labels else _pieces(model, x), labels, seed)
        return Report(_called(model), tuple(_run(model, x, seed, labels)))


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
    order = validate.rng(seed).permutation(len(x))
    lengths = np.cumsum([np.shape(x[n])[0] if isinstance(x, list) else 0 for n in order])
    most = min(ENOUGH[labels], max(1, int((lengths <= LONG_ENOUGH).sum())))
    return x if len(x) <= most else take(x, np.sort(order[:most]))


def _run(model, x, seed, labels):
    first, *rest = THEOREMS
    try:
        trial = Trial(model, x, seed, labels)
    except WrongKind:
        raise
    except Exception as error:
        what = "log_joint(x) gave no array (N, K)" if labels else "no q could be made"
        yield _check(first, passed=False, counterexample=f"{what}: {_said(error)}",
                     hint="One row a point, one column a z." if labels else "")
        yield from (_check(t, passed=None, reason="log_joint must be right first") for t in rest)
        return
    for theorem in THEOREMS:
        try:
            found = theorem.put_to(trial)
        except NotApplicable as reason:
            yield _check(theorem, passed=None, reason=str(reason))
        except WrongKind:
            raise
        except Exception as error:              # the model raised: that is what the student must see
            yield _check(theorem, passed=False, counterexample=f"raised {_said(error)}")
        else:
            passed = bool(found.measured <= theorem.tolerance)
            told = {} if passed else {"counterexample": found.counterexample, "hint": found.hint}
            yield _check(theorem, passed=passed, measured=float(found.measured), tolerance=float(theorem.tolerance),
                         **told)
            if theorem is first and not passed:
                yield from (_check(t, passed=None, reason="log_joint must be right first") for t in rest)
                return


def _check(theorem, **found):
    return Check(theorem.name, theorem.line, theorem.statement, quantity=theorem.quantity, why=theorem.why, **found)


def _said(error):
    return f"{type(error).__name__}: {error}"


def _called(model):
    text = repr(model)
    return type(model).__name__ if " object at 0x" in text or len(text) > 60 or "\n" in text else text

"""The last exercise: a model of the student's own, put to the test of every check."""

import numpy as np

from emlib.contracts import check_em
from emlib.contracts.data import as_data, length
from emlib.contracts.latent import returned
from emlib.contracts.show import where
from emlib.exercises import deadline
from emlib.exercises.code import not_written
from emlib.exercises.feedback import Feedback, first_hints, how_to_get_a_hint

__all__ = ["check_model"]

# What a model must offer: where z is one of K labels, and where z is anything else.
OF_LABELS = ("log_joint", "m_step")
OF_ANY_Z = ("log_liks", "expected_log_joint", "posterior", "m_step")
HINTS = ("Two methods say everything: log_joint(x) returns log p(x_n, z=k) for each point (row) and each k (column), "
         "in an array (N, K); m_step(x, q) returns a new model.",
         "log p(x, z=k) = log π_k + log p(x | k). Give x a second axis, x[:, None], and the parameters (K,) will line "
         "up with it.",
         "Each parameter of the new model is an average over the points, with the weights q[:, k]; π is the mean of q "
         "over the points.")


def check_model(model=..., x=..., hint=0, seed=0):
    """Feedback on a model of your own: `check_em`, told in the words of an exercise.

    ``hint=1``, ``2``, … adds so many hints. Returns a `Feedback`, true when every check that applies holds, with what
    none of them can see; it never raises for anything that the model does.
    """
    hints = first_hints(HINTS, hint)
    more = how_to_get_a_hint("check_model", None, HINTS, hints)

    def not_yet(kind, message, case=""):
        return Feedback(False, kind, message, case, hints, more)

    if model is ... or x is ...:
        return not_yet("not started", "Give your model and its data: exercises.check_model(model, x).")
    if isinstance(model, type):
        return not_yet("not a function", "Give a model with parameters, such as MyModel(weights, …), not the class.")
    wanted = OF_ANY_Z if hasattr(model, "log_liks") and not hasattr(model, "log_joint") else OF_LABELS
    missing = [name for name in wanted if not callable(getattr(model, name, None))]
    if missing:
        return not_yet("not a function", f"Your model has no method {' and no '.join(missing)}.")
    try:
        deadline.run(_try_both, (model, x))
        report = deadline.run(check_em, (model, x, seed), seconds=6 * deadline.SECONDS)
    except deadline.TooSlow as late:
        return not_yet("too slow", f"No answer in time. Is there a loop that never ends?{late.advice}")
    except (Exception, SystemExit) as error:
        if not_written(error):
            return not_yet("not started", "Not started yet, or not all of it: replace each "
                                          "`raise NotImplementedError` by your code.")
        return not_yet("raised", f"Your model raised {type(error).__name__}: {error}. {where(error)}".strip())
    if report.passed:
        held = sum(check.passed is True for check in report.checks)
        return Feedback(True, "right", f"Certified, as far as these checks see: {held} of them apply to your model and "
                        f"these data, and all hold. {_in_words('Not tested:', report.not_tested)}")
    first = report.first_failure
    climbs = (" It climbs all the same: ascent holds, the maximum is not reached (generalised EM)." * report.climbs)
    return not_yet("mistake", f"{first.title} fails: {first.statement}{climbs} {first.hint}".strip(),
                   first.counterexample)


def _try_both(model, x):
    """Call both steps once, for errors that are told more simply than a theorem tells them."""
    labels = hasattr(model, "log_joint")
    q = _any_q(model.log_joint(x), length(as_data(x, labels))) if labels else model.posterior(x)
    new = model.m_step(x, q)
    if new is None:
        raise TypeError("m_step returned nothing (None); end it with `return …`")
    returned(model, new)


def _any_q(log_joint, points):
    """A q, array (N, K), that is no posterior, leaves no component without points, and has no mass on −∞."""
    if np.ndim(log_joint) != 2:
        what = "nothing (None)" if log_joint is None else f"an array of shape {np.shape(log_joint)}"
        raise TypeError(f"log_joint returned {what}; return an array (N, K): one row a point, one column a z")
    n, k = np.shape(log_joint)
    if n != points:
        raise TypeError(f"log_joint returned an array of shape {(n, k)} for {points} points; one row a point, one "
                        f"column a z{' (it may be transposed)' if k == points else ''}")
    q = np.where(np.isneginf(log_joint), 0, 1 + np.eye(k)[np.arange(n) % k])
    return q / q.sum(axis=1, keepdims=True)


def _in_words(head, sentences):
    return " ".join([head, *(f"({i}) {sentence}" for i, sentence in enumerate(sentences, 1))]) if sentences else ""

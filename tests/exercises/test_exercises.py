"""The feedback behind every exercise: right answers praised, mistakes named, and nothing that a student does raises."""

import ast
import contextlib
import dataclasses
import re
import threading
import time

import latent_models
import nbformat
import numpy as np
import own_models
import pytest
from project import ROOT

from emlib import GaussianMixture, bound, exercises
from emlib.exercises import cases, deadline
from emlib.exercises.judge import Exercise, Mistake, checker
from emlib.lessons.two_arguments import SmudgedCoin

CHECKS = {name: getattr(exercises, name) for name in exercises.__all__
          if name.startswith("check_") and name != "check_model"}
every_check = pytest.mark.parametrize("check", [pytest.param(c, id=n) for n, c in CHECKS.items()])


def with_part(exercise, mistake):
    """A student's function that makes this one mistake and is right in everything else."""
    def function(*given):
        if len(exercise.parts) == 1:
            return mistake.computes(*given)
        answer = list(exercise.truth(*given))
        answer[mistake.part] = mistake.computes(*given)
        return tuple(answer)
    return function


MISTAKES = [pytest.param(check, mistake, id=f"{name}: {mistake.says[:50]}")
            for name, check in CHECKS.items() for mistake in check.exercise.mistakes]


def said(check, function, **options):
    """The feedback, after making sure of its form."""
    feedback = check(function, **options)
    assert isinstance(feedback, exercises.Feedback)
    assert bool(feedback) is feedback.passed
    assert len(str(feedback)) > 20 and feedback.message in feedback._repr_html_().replace("&#x27;", "'").replace(
        "&lt;", "<").replace("&gt;", ">").replace("&quot;", '"').replace("&amp;", "&")
    assert str(feedback) == str(check(function, **options)), "the same answer every time: nbval compares it"
    return feedback


@every_check
def test_the_right_answer_is_praised(check):
    feedback = said(check, check.exercise.truth)
    assert feedback and feedback.kind == "right" and not feedback.hints and not feedback.more
    assert str(feedback).startswith("✓")


@pytest.mark.parametrize(("check", "mistake"), MISTAKES)
def test_every_known_mistake_is_told_by_its_own_name(check, mistake):
    with np.errstate(all="ignore"):
        feedback = said(check, with_part(check.exercise, mistake))
    assert (feedback.kind, feedback.message) == ("mistake", mistake.says)
    assert feedback.case, "a counterexample"


def test_there_is_no_exercise_without_known_mistakes():
    assert all(len(check.exercise.mistakes) >= 3 for check in CHECKS.values())


@every_check
def test_a_function_that_is_not_written_yet_is_told_so_and_is_false(check):
    def function(*given):
        raise NotImplementedError
    feedback = said(check, function)
    assert not feedback and feedback.kind == "not started"
    assert feedback.message.startswith(f"{check.exercise.name}: not started yet") and not feedback.case


@every_check
def test_hints_come_in_steps_and_never_hold_the_code(check):
    def function(*given):
        raise NotImplementedError
    hints = check.exercise.hints
    assert 2 <= len(hints) <= 3
    for n in range(len(hints) + 2):
        feedback = check(function, hint=n)
        assert feedback.hints == hints[:n]
        assert (f"hint={n + 1}" in feedback.more) == (n < len(hints))
    for no_count in (-1, -len(hints), True, "1", None, 1.5):
        assert check(function, hint=no_count).hints == (), "no hint without being asked for the first, second, …"
    assert not any(re.search(r"\b(return|def|lambda|for \w+ in)\b", hint) for hint in hints)


def raises(*given):
    numbers = [1, 2]
    return numbers[7]


def prints(*given):
    repr(given)


def text(*given):
    return "0.5"[:1] + "x"


@every_check
@pytest.mark.parametrize(("function", "kind", "words"), [
    (raises, "raised", "IndexError: list index out of range. It happened in line 2 of its body: `return numbers[7]`"),
    (prints, "nothing", "End it with `return …`"),
    (3.5, "not a function", "Give the function itself"),
    (lambda: 1, "raised", "Keep the arguments as they were given"),
    (lambda *given: undefined, "raised", "That name is known neither in the function nor above it"),  # noqa: F821
    (lambda *given: np.zeros((7, 7, 7)), "shape", "shape (7, 7, 7)"),
])
def test_what_goes_wrong_is_told_by_its_kind(check, function, kind, words):
    feedback = said(check, function)
    if kind == "shape" and len(check.exercise.parts) > 1:
        words = "Return 3 things: `return weights, means, covariances`"
    assert (feedback.passed, feedback.kind) == (False, kind)
    assert words in feedback.message


@every_check
def test_no_number_at_all(check):
    parts = len(check.exercise.parts)
    feedback = said(check, lambda *given: text() if parts == 1 else (text(),) * parts)
    assert feedback.kind == "type" and "no array of numbers" in feedback.message


@every_check
def test_nan_is_told_as_such_and_where(check):
    def function(*given):
        right = check.exercise.truth(*given)
        spoilt = [np.full(np.shape(part), np.nan) for part in (right if isinstance(right, tuple) else (right,))]
        return tuple(spoilt) if len(spoilt) > 1 else spoilt[0]
    feedback = said(check, function)
    assert feedback.kind == "NaN" and "is NaN" in feedback.message


@every_check
@pytest.mark.parametrize("infinity", [np.inf, -np.inf])
def test_infinity_is_told_as_such_and_where(check, infinity):
    def function(*given):
        right = check.exercise.truth(*given)
        parts = [np.array(part, dtype=float) for part in (right if isinstance(right, tuple) else (right,))]
        parts[0][(0,) * parts[0].ndim] = infinity
        return tuple(parts) if len(parts) > 1 else parts[0]
    feedback = said(check, function)
    assert feedback.kind == "NaN" and " is infinite" in feedback.message
    right = check.exercise.truth(*check.exercise.cases[0])
    assert ("first in [0" in feedback.message) == bool(np.ndim(right[0] if isinstance(right, tuple) else right))


def test_a_mistake_that_gives_the_right_answers_here_is_not_what_went_wrong():
    """Two answers: the first is right, and a mistake in it would show on other numbers only; the second is wrong."""
    median = Mistake("You took the median, not the mean.", np.median, 0)
    exercise = Exercise("two", ("x",), "mean and spread", lambda x: (x.mean(), np.ptp(x)),
                        ((np.array([1.0, 2.0, 3.0]),), (np.array([0.0, 4.0]),)), ("Look up mean.", "And ptp."),
                        "Both.", (median,), parts=("mean", "spread"))
    feedback = said(checker(exercise), lambda x: (np.median(x), 7.0))
    assert feedback.kind == "wrong" and "7" in feedback.message
    other = (*exercise.cases, (np.array([0.0, 0.0, 9.0]),))
    feedback = said(checker(dataclasses.replace(exercise, cases=other)), lambda x: (np.median(x), 7.0))
    assert (feedback.kind, feedback.message) == ("mistake", median.says), "here the numbers tell mean and median apart"


@pytest.mark.parametrize("check", [pytest.param(c, id=n) for n, c in CHECKS.items()
                                   if any(isinstance(a, np.ndarray) for a in c.exercise.cases[0])])
def test_an_input_that_is_changed_is_noticed(check):
    def function(*given):
        right = check.exercise.truth(*given)
        next(a for a in given if isinstance(a, np.ndarray))[:] *= 1.5
        return right
    feedback = said(check, function)
    assert feedback.kind == "changed its input" and "no +=" in feedback.message


@every_check
def test_numbers_that_nobody_knows_get_a_counterexample(check):
    def function(*given):
        right = check.exercise.truth(*given)
        return tuple(part * 1.0 + 0.0371 for part in right) if isinstance(right, tuple) else right * 1.0 - 0.0371
    feedback = said(check, function)
    assert feedback.kind == "wrong" and feedback.case
    assert any(char.isdigit() for char in feedback.message)


# Time -------------------------------------------------------------------------------------------------------


def never(*given):
    while True:
        pass


def stubborn(*given):
    while True:
        with contextlib.suppress(Exception):
            while True:
                time.sleep(0.001)


def workers():
    """Threads in which a student's function still runs."""
    return [thread for thread in threading.enumerate() if thread.name == "emlib-exercise"]


@pytest.mark.parametrize("function", [never, stubborn])
def test_a_loop_that_never_ends_is_stopped(function, monkeypatch):
    monkeypatch.setattr(deadline, "SECONDS", 0.1)
    feedback = exercises.check_elbo(function)
    assert feedback.kind == "too slow" and "a loop that never ends" in feedback.message
    assert not workers() and "restart" not in feedback.message, "nothing goes on behind the answer"


def test_the_time_is_five_seconds():
    assert deadline.SECONDS == 5


def test_a_function_that_cannot_be_stopped_is_left_behind_and_that_is_said(monkeypatch):
    monkeypatch.setattr(deadline, "SECONDS", 0.1)
    gate = threading.Event()

    def waits(*given):                          # one call into compiled code
        gate.wait()
    feedback = exercises.check_elbo(waits)
    (worker,) = workers()                       # not waited for: it still stands before the closed gate
    assert feedback.kind == "too slow" and "still runs behind this answer: restart the kernel" in feedback.message
    assert exercises.check_elbo(CHECKS["check_elbo"].exercise.truth), "and later answers are judged as ever"
    gate.set()
    worker.join()
    assert not workers()


def test_a_function_runs_in_its_callers_context_and_no_longer_than_it_needs():
    with np.errstate(divide="raise"), pytest.raises(FloatingPointError):
        deadline.run(lambda: np.array([1.0]) / 0.0, ())
    began = time.perf_counter()
    assert deadline.run(lambda a, b: a - b, (5, 3), seconds=100) == 2
    assert time.perf_counter() - began < 100, "it comes back when it is done, not when its time is up"


def test_without_threads_it_still_runs(monkeypatch):
    def no_thread(self):
        raise RuntimeError("can't start new thread")
    monkeypatch.setattr("threading.Thread.start", no_thread)
    assert exercises.check_entropy(CHECKS["check_entropy"].exercise.truth)


class StdinNotImplementedError(NotImplementedError):
    """What IPython raises for `input()` where nobody can answer."""


def asks(*given):
    raise StdinNotImplementedError("raw_input was called, but this frontend does not support input requests.")


def test_only_the_line_that_an_exercise_begins_with_means_not_started():
    feedback = exercises.check_elbo(asks)
    assert feedback.kind == "raised" and "raised StdinNotImplementedError: raw_input was called" in feedback.message


# Sentences that a beginner reads ----------------------------------------------------------------------------


def test_rows_that_do_not_sum_to_one_are_told_with_their_number():
    def posterior(log_joint):
        p = np.exp(log_joint - log_joint.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        p[-1] *= 0.97 if len(p) > 3 else 1
        return p
    feedback = exercises.check_posterior(posterior)
    assert feedback.message == ("row 3 of your q sums to 0.97; a distribution sums to 1: divide by the sum over k "
                                "(axis=1, keepdims=True).")


@pytest.mark.parametrize(("check", "function", "words"), [
    (exercises.check_posterior, lambda a: (np.exp(a) / np.exp(a).sum(axis=1, keepdims=True)).T, "It is transposed"),
    (exercises.check_posterior, lambda a: np.exp(a) / np.exp(a).sum(axis=1), "sums to"),
    (exercises.check_posterior, lambda a: cases.posterior(a) - 0.7, "has a negative entry"),
    (exercises.check_posterior, lambda a: np.exp(a) / np.exp(a).sum(axis=1, keepdims=True), "so low that exp gives 0"),
    (exercises.check_elbo, lambda a, q: np.sum(q * (a - np.log(q))), "0 · log 0 counts as 0"),
    (exercises.check_elbo, lambda a, q: np.sum(q * (a - np.log(q)), axis=1), "one number for each point: add them up"),
    (exercises.check_elbo, lambda a, q: q * a, "sum over both"),
    (exercises.check_weights, lambda q: q.sum(axis=1), "sum over the points: axis=0"),
    (exercises.check_weights, lambda q: q.mean(axis=0) * 1.1, "sum to 1.1"),
    (exercises.check_hard_e_step, lambda a: a.argmax(axis=1), "labels are given for rows of q"),
    (exercises.check_em_loop, lambda m, x, n: np.append(m.log_lik(x), -1e3 - np.arange(n)), "cannot (W24)"),
    (exercises.check_em_loop, lambda m, x, n: [m.log_lik(x)] * n, "expected (4,), the n + 1 log-likelihoods"),
    (exercises.check_posterior, lambda a: np.exp(a) / np.ones(7), "Two arrays do not fit"),
])
def test_a_sentence_for_what_is_seen_often(check, function, words):
    assert words in said(check, function).message


# A model of one's own ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", own_models.KINDS, ids=lambda k: k.__name__)
def test_a_right_model_is_certified(kind):
    model, x = own_models.draw(kind, np.random.default_rng(5))
    feedback = exercises.check_model(model, x)
    assert feedback and "Certified, as far as these checks see" in feedback.message
    assert "Not tested: (1)" in feedback.message and "the model that you meant" in feedback.message


@pytest.mark.parametrize("kind", latent_models.CASES)
def test_a_right_model_is_certified_where_z_is_no_label(kind):
    feedback = exercises.check_model(*latent_models.CASES[kind](np.random.default_rng(0)))
    assert feedback and "Certified" in feedback.message


class Empty:
    def log_joint(self, x):
        raise NotImplementedError

    def m_step(self, x, q):
        raise NotImplementedError


class HalfWritten(own_models.PoissonMixture):
    def m_step(self, x, q):
        raise NotImplementedError


class NoReturn(own_models.PoissonMixture):
    def m_step(self, x, q):
        q.sum()


class Forgetful(own_models.PoissonMixture):
    def m_step(self, x, q):
        return Forgetful(self.weights, (q.T @ x / q.sum(axis=0)).tolist())


class Frozen(own_models.PoissonMixture):
    """Its rates are never updated, and every inequality of EM holds all the same."""

    def m_step(self, x, q):
        return Frozen(q.mean(axis=0).tolist(), self.rates)


class Endless(own_models.PoissonMixture):
    log_joint = never


class Asking(own_models.PoissonMixture):
    log_joint = asks


class Factors:
    """A model whose z is no label; its methods come one by one."""

    def log_liks(self, x):
        return np.zeros(len(x))


class FactorsWithoutReturn(Factors):
    def expected_log_joint(self, x, q):
        return np.zeros(len(x))

    def posterior(self, x):
        return "a posterior object"

    def m_step(self, x, q):
        assert q == "a posterior object"


class Leaving(own_models.PoissonMixture):
    def m_step(self, x, q):
        raise SystemExit("done")


@pytest.mark.parametrize(("model", "kind", "words"), [
    (Empty(), "not started", "replace each `raise NotImplementedError`"),
    (HalfWritten([0.5, 0.5], [1.0, 4.0]), "not started", "replace each"),
    (NoReturn([0.5, 0.5], [1.0, 4.0]), "raised", "m_step returned nothing (None)"),
    (Forgetful([0.5, 0.5], [1.0, 4.0]), "mistake", "weights move fails"),
    (Frozen([0.5, 0.5], [1.0, 4.0]), "mistake", "parameters move (W23) fails"),
    (Asking([0.5, 0.5], [1.0, 4.0]), "raised", "raised StdinNotImplementedError"),
    (Leaving([0.5, 0.5], [1.0, 4.0]), "raised", "raised SystemExit: done"),
    (Empty, "not a function", "not the class"),
    (Factors(), "not a function", "no method expected_log_joint and no posterior and no m_step"),
    (FactorsWithoutReturn(), "raised", "m_step returned nothing (None)"),
    (object(), "not a function", "no method log_joint and no m_step"),
])
def test_a_model_that_is_not_there_yet(model, kind, words):
    feedback = exercises.check_model(model, np.arange(12) % 7)
    assert (feedback.passed, feedback.kind) == (False, kind)
    assert words in feedback.message
    assert len(exercises.check_model(model, np.arange(12) % 7, hint=2).hints) == 2
    assert not exercises.check_model(model, np.arange(12) % 7, hint=-1).hints


def test_a_model_whose_loop_never_ends_is_stopped(monkeypatch):
    monkeypatch.setattr(deadline, "SECONDS", 0.1)
    feedback = exercises.check_model(Endless([0.5, 0.5], [1.0, 4.0]), np.arange(12) % 7)
    assert feedback.kind == "too slow" and "No answer in time" in feedback.message
    assert not workers()


def test_the_library_passes_its_own_exercises():
    def m_step(x, q):
        model = GaussianMixture(np.full(q.shape[1], 1 / q.shape[1]), np.zeros((q.shape[1], x.shape[1])),
                                np.ones((q.shape[1], x.shape[1])), "diag")
        with pytest.raises(ValueError):
            model.m_step(x, q * 2)
        return GaussianMixture(model.weights, model.means, [np.eye(x.shape[1])] * q.shape[1], "full").m_step(x, q)
    check = exercises.check_m_step
    for x, q in check.exercise.cases[2:]:
        new = m_step(x, q)
        for mine, right in zip((new.weights, new.means, new.covariances), check.exercise.truth(x, q), strict=True):
            np.testing.assert_allclose(mine, right, rtol=1e-10)


def test_a_check_is_documented_by_what_it_checks():
    assert "elbo(log_joint, q)" in exercises.check_elbo.__doc__
    assert checker(exercises.check_elbo.exercise).__name__ == "check_elbo"


# The exercises of the notebooks -----------------------------------------------------------------------------


def functions(source):
    """{name: source} of the functions that some code defines at its top."""
    return {node.name: ast.unparse(node) for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)}


def exercises_of(path):
    """(check, name, the student's empty function, the folded answer) of every exercise of a notebook."""
    cells = nbformat.read(path, as_version=4).cells
    code = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
    folded = "\n".join(cell.source for cell in cells if "<details>" in cell.source)
    blocks = re.findall(r"```python\n(.*?)```", folded, flags=re.DOTALL)
    answers = {name: source for block in blocks for name, source in functions(block).items()}
    return [(CHECKS[check], name, functions(code)[name], answers.get(name))
            for check, name in re.findall(r"exercises\.(check_\w+)\((\w+)", code) if check in CHECKS]


FOUND = [pytest.param(*exercise, id=f"{path.stem}-{exercise[1]}")
         for path in sorted((ROOT / "notebooks").glob("*.ipynb")) for exercise in exercises_of(path)]


def height_of_the_page(s, theta):
    """What notebook 06 calls L, the one function that an answer there takes from it."""
    return bound(SmudgedCoin(theta, 0.55).log_joint(np.array([[8, 3]])), [[s, 1 - s]])


def defined(name, source):
    names = {"np": np, "L": height_of_the_page}
    exec(source, names)
    return names[name]


def test_the_notebooks_hold_exercises():
    assert len(FOUND) >= 5


def test_numbers_by_hand_are_dots_in_a_notebook_as_it_is_handed_out():
    for path in (ROOT / "notebooks").glob("*.ipynb"):
        cells = nbformat.read(path, as_version=4).cells
        code = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
        for name, given in re.findall(r"exercises\.(by_hand_\w+)\((.*?)\)", code, flags=re.DOTALL):
            asked = [number.name for number in getattr(exercises, name).asked]
            assert re.findall(r"(\w+)=\.\.\.", given) == asked, (path.stem, name)


@pytest.mark.parametrize(("check", "name", "empty", "answer"), FOUND)
def test_a_students_copy_is_empty_and_its_folded_answer_is_praised(check, name, empty, answer):
    assert check(defined(name, empty)).kind == "not started"
    assert answer, "no answer is folded below the exercise"
    assert check(defined(name, answer)), check(defined(name, answer))

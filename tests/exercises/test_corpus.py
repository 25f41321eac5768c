"""A corpus of student answers: each wrong one gets the feedback that it needs, each right one is praised."""

import ast
import re
import time
from collections import Counter

import numpy as np
import pytest
from student_answers import CORPUS, corpus

from emlib import exercises
from emlib.exercises import deadline
from emlib.exercises.feedback import ORDER
from emlib.exercises.form import show

CHECKS = {name: getattr(exercises, name) for name in exercises.__all__
          if name.startswith("check_") and name != "check_model"}
ANSWERS = [answer for answer in corpus() if answer.check in CHECKS]
ANYTHING = [answer for answer in corpus() if answer.check not in CHECKS]
answers = pytest.mark.parametrize("answer", [pytest.param(a, id=f"{a.check}-{a.function.__name__}") for a in ANSWERS])
anything = pytest.mark.parametrize("answer", [pytest.param(a, id=a.function.__name__) for a in ANYTHING])
every_check = pytest.mark.parametrize("check", [pytest.param(c, id=n) for n, c in CHECKS.items()])


def test_the_corpus_is_large_and_covers_every_check():
    wrong = Counter(a.check for a in ANSWERS if not a.passed)
    right = Counter(a.check for a in ANSWERS if a.passed)
    assert wrong.total() >= 80 and {a.check for a in ANYTHING} == {"every check"}
    assert min(right[name] for name in CHECKS) >= 2, "in two styles each"
    assert min(wrong[name] for name in CHECKS) >= 3
    names = [(a.check, a.function.__name__) for a in ANSWERS]
    assert len(names) == len(set(names))


@answers
def test_an_answer_gets_the_feedback_that_it_needs(answer):
    began = time.perf_counter()
    feedback = CHECKS[answer.check](answer.function)
    assert time.perf_counter() - began < 1, "a check takes less than a second"
    assert feedback.passed == answer.passed, feedback
    assert answer.kind in (None, feedback.kind), feedback
    for words in answer.says:
        assert words in feedback.message, feedback
    for words in answer.never:
        assert words not in f"{feedback}", feedback


def numbers_in(text):
    return {float(number.replace("−", "-")) for number in re.findall(r"[-−]?\d+\.\d+", text)}


@answers
def test_no_feedback_holds_a_right_number(answer):
    """Of the case that is shown, to the four digits in which numbers are shown."""
    feedback = CHECKS[answer.check](answer.function)
    exercise = CHECKS[answer.check].exercise
    if feedback.passed or not feedback.case:
        return
    for given in (*exercise.cases, *exercise.far):
        right = exercise.truth(*given)
        shown = numbers_in(feedback.message)
        parts = right if isinstance(right, tuple) else (right,)
        for value in np.concatenate([np.ravel(part) for part in parts]):
            secret = float(show(value))
            if secret != round(secret, 2):                      # 0.5, 1 or −3 may stand there for another reason
                assert secret not in shown or answer.check == "check_ascend", feedback


@anything
@every_check
def test_anything_at_all_gets_a_sentence(check, answer, monkeypatch):
    monkeypatch.setattr(deadline, "SECONDS", 0.2 if answer.kind == "too slow" else 5)
    function = answer.function
    feedback = check(function)
    if len(check.exercise.parts) > 1 and answer.kind in ("type", "shape"):
        assert feedback.kind == answer.kind or "Return 3 things" in feedback.message
        feedback = check(lambda *given: (function(*given),) * len(check.exercise.parts))
    assert not feedback and feedback.kind == answer.kind, feedback
    for words in answer.says:
        assert words in feedback.message, feedback


# What is no function ----------------------------------------------------------------------------------------


class Callable:
    """A class instead of a function."""

    def __init__(self, *given):
        pass


@every_check
@pytest.mark.parametrize("given", [None, 3.5, np.nan, np.array([1.0]), "log_lik", [1, 2], {}, (), True, object()],
                         ids=lambda given: repr(given).split(" at ")[0])
def test_what_is_no_function_is_told_so(check, given):
    feedback = check(given)
    assert (feedback.passed, feedback.kind) == (False, "not a function")
    name = check.exercise.name
    assert f"Give the function itself: exercises.check_{name}({name})" in feedback.message


@every_check
def test_a_class_is_told_to_be_one(check):
    feedback = check(Callable)
    assert feedback.kind == "not a function" and "Callable is a class" in feedback.message


# Lines to be copied, and the order of messages --------------------------------------------------------------


def copied(feedback):
    """The line that a feedback offers, as a student copies it."""
    (line,) = re.findall(r"^For a hint: (.*)$", str(feedback), flags=re.MULTILINE)
    return line


@every_check
@pytest.mark.parametrize("kind", ["named", "lambda", "nothing"])
def test_the_line_for_a_hint_can_be_copied_as_it_stands(check, kind):
    def my_answer(*given):
        return None
    given = {"named": [my_answer], "lambda": [lambda *given: None], "nothing": []}[kind]
    feedback = check(*given)
    for count in range(1, len(check.exercise.hints) + 1):
        line = copied(feedback)
        assert len(line) < 100 and ("my_answer" in line) == (kind == "named")
        feedback = eval(line, {"exercises": exercises, "my_answer": my_answer})
        assert len(feedback.hints) == count
    assert not feedback.more and "For a hint" not in str(feedback)


def test_the_line_for_a_hint_about_a_model_can_be_copied_as_well():
    feedback = exercises.check_model(object(), np.arange(3))
    for count in (1, 2, 3):
        feedback = eval(copied(feedback), {"exercises": exercises})
        assert len(feedback.hints) == count and not feedback


def test_one_message_at_a_time_by_the_stated_order():
    """Faults are repaired one by one, in the order in which they are told; each function has all the later ones."""
    def posterior(faults):
        def answer(log_joint, faults=tuple(faults)):        # a default: what is around a function is not its own
            p = np.exp(log_joint)
            if "changed its input" in faults:
                log_joint *= 1
                log_joint += 1
            if "raised" in faults:
                raise ValueError("no")
            if "nothing" in faults:
                return None
            if "type" in faults:
                return "p"
            if "mistake" in faults:
                return p
            p = p / p.sum(axis=1, keepdims=True)
            if "wrong" in faults:
                p[0] = [0.9, *[0.1 / (p.shape[1] - 1)] * (p.shape[1] - 1)]
            return p[:, :1] if "shape" in faults else p
        return answer

    order = [kind for kinds in ORDER for kind in kinds]
    faults = [kind for kind in order if kind in ("raised", "nothing", "type", "shape", "changed its input", "wrong")]
    told = []
    while faults:
        told.append(exercises.check_posterior(posterior(faults)).kind)
        faults = faults[1:]
    assert told == ["raised", "nothing", "type", "shape", "changed its input", "wrong"]
    assert exercises.check_posterior(posterior(["mistake"])).kind == "mistake"
    assert exercises.check_posterior(posterior([])).kind == "underflow"


def test_every_kind_that_a_check_says_stands_in_the_order():
    kinds = {kind for kinds in ORDER for kind in kinds}
    assert {a.kind for a in (*ANSWERS, *ANYTHING) if a.kind} == kinds - {"not a function"}


# The edges of what counts as right --------------------------------------------------------------------------


@every_check
@pytest.mark.parametrize(("factor", "passes"), [(1 + 1e-8, True), (1 + 1e-5, False), (1 - 1e-5, False)])
def test_rounding_is_no_mistake_and_a_hundred_thousandth_is_one(check, factor, passes):
    def answer(*given, factor=factor):
        right = check.exercise.truth(*given)
        return tuple(part * factor for part in right) if isinstance(right, tuple) else right * factor
    exact = check.exercise.name in ("hard_e_step", "ascend")      # a choice, not a number: it is never nearly right
    assert check(answer).passed == (passes and not exact)


def test_the_corpus_reads_like_answers():
    """No answer of the corpus may look at the check itself: what is tested is what a student could have written."""
    for path in CORPUS.glob("*.py"):
        imported = [node.module for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
                    if isinstance(node, ast.ImportFrom)]
        assert not any(module.startswith("emlib.exercises") or module.endswith(".exercises") for module in imported)

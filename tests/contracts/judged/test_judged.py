"""`check_em` before a set of models that were judged without it: right ones pass, wrong ones are named.

Every judgement is proven first, by `proofs.py`. Five seeds change the data and all that is drawn.
"""

import html
import inspect
import re
import warnings

import numpy as np
import proofs
import pytest
from right import RIGHT
from specimen import SEEDS
from wrong import WRONG

from emlib import check_em, fit
from emlib.trace import ConvergenceWarning

OF_PYTHON = re.compile(r"raised (Type|Attribute|Index|Key|Axis|UnboundLocal|ZeroDivision|Assertion|Recursion)")


def quietly():
    """Zeros in probabilities are meant: log 0 = −∞."""
    return np.errstate(divide="ignore", invalid="ignore", over="ignore")


def plain(text):
    """Words with single spaces between them, however the text was broken into lines."""
    return " ".join(text.split())


def test_the_set_is_as_large_as_promised():
    assert len(RIGHT) >= 30 and len(WRONG) >= 30
    assert len(SEEDS) == 5


# The judgements are true ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", RIGHT)
def test_a_right_model_climbs_to_maxima_and_adds_up_to_1(name):
    specimen = RIGHT[name]
    for seed in SEEDS:
        with quietly():
            assert proofs.climb(specimen, *specimen.case(seed)) <= 1
            assert not proofs.maximum(specimen, *specimen.case(seed), np.random.default_rng(seed))
            assert not proofs.broken_rule(*specimen.case(seed)), seed
    if specimen.mass:
        assert proofs.totals(specimen, *specimen.case(0)) == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_model_is_wrong(name):
    specimen = WRONG[name]
    for seed in SEEDS:
        model, x = specimen.case(seed)
        with quietly():
            if specimen.proof == "maximum":
                assert proofs.maximum(specimen, model, x, np.random.default_rng(seed))
            elif specimen.proof == "total":
                assert not proofs.totals(specimen, model, x) == pytest.approx(1, abs=0.01)
            else:
                assert {"rule": proofs.broken_rule, "unused": proofs.unused}[specimen.proof](model, x)


@pytest.mark.parametrize("name", [name for name, specimen in RIGHT.items() if specimen.mass])
def test_the_sum_over_x_can_fail(name):
    """A tenth of a nat too much is seen in the sum of every right model that is added up."""
    specimen = RIGHT[name]
    model, x = specimen.case(0)
    kind = type(model)
    off = type("Off", (kind,), {"log_joint": lambda self, x: kind.log_joint(self, x) + 0.1, "__slots__": ()})
    model = off(*(getattr(model, name) for name in inspect.signature(kind).parameters))
    assert proofs.totals(specimen, model, x)[0] == pytest.approx(np.exp(0.1), abs=1e-5)


# What check_em says ---------------------------------------------------------------------------------------------------


def says_what_was_not_tested(report):
    """Sentences, in a terminal and as HTML."""
    assert isinstance(report.not_tested, tuple) and report.not_tested
    shown = plain(str(report)), plain(html.unescape(re.sub("<[^>]*>", " ", report._repr_html_())))
    for sentence in report.not_tested:
        assert len(sentence.split()) >= 3 and all(plain(sentence) in text for text in shown), sentence


def wrote_no_error_of_its_own(report):
    """No wrong model of this set raises one of these; a ValueError in words, or a singular matrix, may well follow."""
    for check in report.checks:
        assert not OF_PYTHON.search(check.counterexample), f"{check.name}: {check.counterexample}"


@pytest.mark.parametrize("name", RIGHT)
def test_a_right_model_passes(name):
    for seed in SEEDS:
        report = check_em(*RIGHT[name].case(seed), seed)
        assert report.passed, f"seed {seed}\n{report}"
        assert {"M-step ascent", "monotone ascent"} <= {check.name for check in report.checks if check.passed}
        says_what_was_not_tested(report)


@pytest.mark.parametrize("name", RIGHT)
def test_fit_calls_no_rounding_a_fall(name):
    for seed in SEEDS:
        with quietly(), warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)         # 60 iterations need not be enough
            trace = fit(*RIGHT[name].case(seed), tol=0, max_iter=60)
        assert trace.stop in ("converged", "max_iter"), trace.message


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_model_is_named_for_what_it_is(name):
    specimen = WRONG[name]
    for seed in SEEDS:
        report = check_em(*specimen.case(seed), seed)
        assert not report.passed, f"seed {seed}: nothing was found\n{report}"
        first = report.first_failure
        assert first.name in specimen.first, f"seed {seed}\n{report}"
        sentence = f"{first.counterexample} {first.hint}"
        for word in specimen.says:
            assert re.search(word, sentence, re.IGNORECASE), f"seed {seed}: no word of {word}\n{report}"
        wrote_no_error_of_its_own(report)
        says_what_was_not_tested(report)

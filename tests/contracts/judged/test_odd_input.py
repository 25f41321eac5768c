"""Odd models and odd data: a verdict, or a ValueError that says what was wrong; never an error of emlib's own."""

import html
import re
import warnings

import numpy as np
import pytest
from right_counts import PoissonMixture
from right_data import Letters, reads
from right_homes import Nested, parameters_in_nested_dataclasses
from right_reals import HALF, Normals, normals
from specimen import two_normals

from emlib import check_em

X = two_normals(np.random.default_rng(0), 12)


def model(**methods):
    """The mixture of normals with other methods or attributes."""
    return type("Odd", (Normals,), methods)(HALF, np.array([-1.0, 2]), np.ones(2))


def forgets(name):
    """A class without this method."""
    return type("Odd", (), {key: value for key, value in vars(Normals).items() if key in (
        "__init__", "log_joint", "m_step") and key != name})(HALF, np.array([-1.0, 2]), np.ones(2))


def refuse(self, *_):
    raise RuntimeError("the disk is full")


# name: (model, x, words that the ValueError or the first failure must hold)
ODD = {
    "x None": (model(), None, "x"),
    "x one number": (model(), 3.0, "x"),
    "x a text": (model(), "ACGT", "x"),
    "x empty": (model(), [], "x"),
    "x one point": (model(), [1.0], "x"),
    "x a dict": (model(), {"a": X}, "x"),
    "x dates": (model(), np.array(["2026-01-01", "2026-01-02"], dtype="M8[D]"), "log_joint|x is|x holds|x has"),
    "x of objects": (model(), np.array([1.0, None, "a"], dtype=object), "log_joint|x is|x holds|x has"),
    "x with NaN": (model(), np.append(X, np.nan), "nan"),
    "x infinite": (model(), np.append(X, np.inf), "inf|∞"),
    "x complex": (model(), X + 1j, "complex|real"),
    "x all alike": (model(), np.full(12, 2.0), "variances|nan"),
    "x a table": (model(), np.column_stack([X, X]), r"shape|\(N, K\)"),
    "x of too many axes": (model(), X[:, None, None, None], r"shape|\(N, K\)"),
    "x a generator": (model(), (v for v in X), "x"),
    "no model": (None, X, "log_joint"),
    "a class for a model": (Normals, X, "class|object|instance"),
    "a number for a model": (3, X, "log_joint"),
    "no m_step": (forgets("m_step"), X, "m_step"),
    "no log_joint": (forgets("log_joint"), X, "log_joint"),
    "log_joint(x, z)": (model(log_joint=lambda self, x, z: -(x - z) ** 2), X, "log_joint"),
    "log_joint None": (model(log_joint=lambda self, x: None), X, "log_joint"),
    "log_joint a vector": (model(log_joint=lambda self, x: -x**2), X, r"log_joint.*\(12,\)"),
    "log_joint of text": (model(log_joint=lambda self, x: [["a", "b"]] * len(x)), X, "log_joint"),
    "log_joint in three axes": (model(log_joint=lambda self, x: np.zeros((len(x), 2, 2))), X, "log_joint.*2, 2"),
    "log_joint without columns": (model(log_joint=lambda self, x: np.zeros((len(x), 0))), X, "log_joint.*0"),
    "log_joint +∞": (model(log_joint=lambda self, x: np.full((len(x), 2), np.inf)), X, "inf|∞"),
    "log_joint −∞ everywhere": (model(log_joint=lambda self, x: np.full((len(x), 2), -np.inf)), X, "-inf|−∞"),
    "log_joint complex": (model(log_joint=lambda self, x: np.zeros((len(x), 2)) + 1j), X, "complex|real"),
    "log_joint raises": (model(log_joint=refuse), X, "log_joint.*disk is full"),
    "m_step takes x alone": (model(m_step=lambda self, x: self), X, "m_step"),
    "m_step raises": (model(m_step=refuse), X, "m_step.*disk is full|disk is full.*m_step"),
    "m_step is no method": (model(m_step=3), X, "m_step"),
    "m_step gives another kind": (model(m_step=lambda self, x, q: Letters(HALF, np.ones((2, 4)))), X, "m_step"),
    "held of nothing": (model(held=("varainces",)), X, "varainces"),
    "held beyond the end": (model(held=("means[7]",)), X, r"means\[7\]"),
    "held a text": (model(held="means"), X, "held"),
    "held no names": (model(held=(3,)), X, "held"),
    "log_prior an array": (model(log_prior=lambda self: np.zeros(2)), X, "log_prior"),
    "log_prior None": (model(log_prior=lambda self: None), X, "log_prior"),
    "log_prior NaN": (model(log_prior=lambda self: np.nan), X, "log_prior"),
    "log_prior raises": (model(log_prior=refuse), X, "disk is full"),
    "posterior None": (model(posterior=lambda self, x: None), X, "posterior"),
    "posterior raises": (model(posterior=refuse), X, "disk is full"),
    "log_lik one number a point": (model(log_lik=lambda self, x: np.zeros(len(x))), X, "log_lik"),
    "log_lik a text": (model(log_lik=lambda self, x: "much"), X, "log_lik"),
    "elbo None": (model(elbo=lambda self, x, q: None), X, "elbo"),
    "parameters in a text": (type("Texts", (PoissonMixture,), {"__init__": lambda self, *_: setattr(self, "t", "a")})(
        1, 2), X, "weights"),
    "counts below 0": (PoissonMixture([0.5, 0.5], [1.0, 2.0]), np.array([-1, 0, 2]), "log_joint"),
    "letters for numbers": (model(), reads(np.random.default_rng(0)), "log_joint"),
    "ragged numbers": (model(), [[1.0, 2], [3.0]], "log_joint"),
}


@pytest.mark.parametrize("name", ODD)
def test_odd_input_gets_a_verdict_or_a_sentence(name):
    odd, x, words = ODD[name]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")         # a warning is seen, and gone; what counts is what is said
            report = check_em(odd, x)
    except ValueError as error:
        said = str(error)
    else:
        assert not report.passed, report
        first = report.first_failure
        said = f"{first.counterexample} {first.hint}"
        assert report.not_tested
        for shown in (str(report), html.unescape(report._repr_html_())):
            assert report.verdict in " ".join(shown.split())
    assert re.search(words, said), said
    assert not re.match("raised (Type|Attribute|Index|Key|Axis|UFunc)", said), said
    assert len(said.split()) >= 5


def test_a_model_without_parameters_is_told_what_was_not_tested():
    fixed = type("Fixed", (), {"log_joint": lambda self, x: np.log(np.full((len(x), 2), 0.25)),
                               "m_step": lambda self, x, q: type(self)()})()
    report = check_em(fixed, X > 0)
    assert "parameter" in " ".join(report.not_tested)


def test_a_seed_that_is_no_number_is_refused_in_words():
    with pytest.raises(ValueError, match=r"seed|rng"):
        check_em(*normals(Normals)(np.random.default_rng(0)), seed="a")


def test_what_is_nested_may_be_odd_too():
    """None and a text beside the parameters of a nested object are none of check_em's business."""
    right, x = parameters_in_nested_dataclasses(np.random.default_rng(0))
    named = type("Labelled", (Nested,), {"unit": "cm", "source": None, "notes": {"by": "me", "on": ["a", None]}})
    assert check_em(named(right.weights, right.shape), x).passed

"""The detective set: every mistake is found and named by its theorem, and its correct version passes."""

import numpy as np
import pytest

from emlib import GaussianMixture, bound, check_em
from emlib.contracts import THEOREMS
from emlib.lessons.detective import cases as detective

NAMES = [theorem.name for theorem in THEOREMS]
every_case = pytest.mark.parametrize("name", detective.CASES)


@every_case
def test_the_theorem_is_named_first_over_twenty_seeds(name):
    case = detective.CASES[name]
    for seed in range(20):
        broken, x, _, _ = case.models(seed)
        report = check_em(broken, x, seed)
        assert report.first_failure.name == case.theorem, f"seed {seed}\n{report}"
        assert not report.passed


@every_case
def test_the_correct_version_passes_over_twenty_seeds(name):
    for seed in range(20):
        _, _, correct, x = detective.CASES[name].models(seed)
        report = check_em(correct, x, seed)
        assert report.passed, f"seed {seed}\n{report}"


@every_case
def test_the_counterexample_and_the_hint_can_be_read(name):
    case = detective.CASES[name]
    first = check_em(*case.models(3)[:2]).first_failure
    assert len(first.counterexample) > 20 and len(first.hint) > 20
    assert any(character.isdigit() for character in first.counterexample)
    assert "raised" not in first.counterexample


HINTS = {"Q for the bound": "the entropy of q is missing", "stale bound": "it uses an older q",
         "wrong axis": "columns that sum to 1", "underflow": "log-sum-exp", "frozen weights": "never updated",
         "covariance about the old mean": "update of variances", "three coins": "more parameters than these data"}


@pytest.mark.parametrize("name", HINTS)
def test_the_hint_recognises_the_mistake(name):
    assert HINTS[name] in check_em(*detective.CASES[name].models(1)[:2]).first_failure.hint


@pytest.mark.parametrize(("name", "most"), [
    ("Q for the bound", 1), ("wrong axis", 1), ("underflow", 1),
    ("hard counts", 6), ("variance as deviation", 6), ("covariance about the old mean", 6), ("last batch", 10)])
def test_the_counterexample_has_few_points(name, most):
    text = check_em(*detective.CASES[name].models(2)[:2]).first_failure.counterexample
    found = [int(word) for word, unit in zip(text.split(), text.split()[1:], strict=False) if unit.startswith("point")]
    assert not found or found[0] <= most, text
    assert "all 60 points" not in text


def test_a_climbing_likelihood_does_not_acquit():
    """Why it takes theorems: some broken EMs climb like the right one."""
    for name in ("frozen weights", "covariance about the old mean"):
        report = check_em(*detective.CASES[name].models(0)[:2])
        assert report["monotone ascent"].passed and not report.passed


def test_what_the_set_holds():
    assert len(detective.CASES) >= 8
    assert {case.theorem for case in detective.CASES.values()} <= set(NAMES)
    assert len({case.theorem for case in detective.CASES.values()}) >= 6
    for name, case in detective.CASES.items():
        assert case.name == name and len(case.story) > 60
        assert case.source.startswith(f"class {case.broken.__name__}(") or case.correct is not detective.Clusters


def test_the_six_suspects_of_the_notebook_break_five_theorems():
    theorems = []
    for letter in "ABCDEF":
        model, x = detective.suspect(letter)
        report = check_em(model, x)
        assert report.verdict.startswith(f"Suspect {letter}:"), "the class's name would give it away"
        theorems.append(report.first_failure.name)
    assert len(set(theorems)) == 5
    with pytest.raises(ValueError, match="the suspects are A, B, C, D, E, F"):
        detective.suspect("G")


def test_models_are_random_but_the_same_for_a_seed():
    case = detective.CASES["hard counts"]
    for a, b in zip(case.models(4), case.models(4), strict=True):
        if isinstance(a, np.ndarray):
            np.testing.assert_array_equal(a, b)
    assert not np.array_equal(case.models(4)[1], case.models(5)[1])


def test_clusters_agree_with_the_library():
    _, _, model, x = detective.CASES["hard counts"].models(0)
    ours = GaussianMixture(model.weights, model.means[:, None], model.variances, "spherical")
    np.testing.assert_allclose(model.log_joint(x), ours.log_joint(x[:, None]), rtol=1e-12)
    q = np.random.default_rng(0).dirichlet([1, 1], size=len(x))
    assert model.elbo(x, q) == pytest.approx(bound(model.log_joint(x), q).elbo, rel=1e-12)
    new, theirs = model.m_step(x, q), ours.m_step(x[:, None], q)
    np.testing.assert_allclose(new.variances, theirs.covariances, rtol=1e-10)

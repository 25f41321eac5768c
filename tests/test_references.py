"""Numbers that emlib did not make, to the tolerance each file names: see references/README.md."""

import itertools
import json
import math
from pathlib import Path

import numpy as np
import pytest

from emlib import CoinMixture, GaussianMixture, bound, datasets, em, fit

FOLDER = Path(__file__).parent / "references"


def load(name):
    """The JSON file whose name starts so."""
    (path,) = FOLDER.glob(f"{name}_*.json")
    return json.loads(path.read_text(encoding="utf-8"))


def table(name, columns, skip=1):
    """Columns of a CSV file."""
    return np.loadtxt(FOLDER / name, delimiter=",", skiprows=skip, usecols=columns, ndmin=2)


FAITHFUL = table("data_faithful.csv", (0, 1))
STANDARDISED = (FAITHFUL - FAITHFUL.mean(axis=0)) / FAITHFUL.std(axis=0)
GALAXIES = {"MASS": table("data_galaxies.csv", 0) / 1000, "corrected": table("data_galaxies.csv", 1) / 1000}
IRIS = table("data_iris.csv", (0, 1, 2, 3))
D20 = table("data_d20.csv", None, skip=0)
FAR = load("g15a")["data"]


def near(got, expected, tolerance):
    """|a − b| ≤ tolerance · max(1, |b|), as the files define it."""
    got, expected = np.asarray(got, dtype=float), np.asarray(expected, dtype=float)
    assert got.shape == expected.shape
    worst = np.max(np.abs(got - expected) / np.maximum(1, np.abs(expected)))
    assert worst <= tolerance, f"off by {worst:.3g} relative, allowed {tolerance:.3g}"


def start(case):
    """The model a case starts from."""
    init, kind, d, k = case["init"], case["covariance_type"], case["D"], case["K"]
    cov = init["covariances"]
    if isinstance(cov, str):                                    # "identity …": too long to print in 20 dimensions
        cov = {"full": np.array([np.eye(d)] * k), "tied": np.eye(d), "diag": np.ones((k, d)), "spherical": np.ones(k)}[
            kind]
    return GaussianMixture(init["weights"], init["means"], cov, covariance_type=kind)


def hard_data(case):
    """X of a case of g15b: rows, one column, or another case's rows five times over."""
    if case["id"] == "dup_x5":
        (base,) = (other for other in load("g15b")["cases"] if other["id"] == "dup_base")
        return np.repeat(base["X"], 5, axis=0)
    return np.reshape(case["X"], (case["N"], case["D"]))


# Exact steps -----------------------------------------------------------------------------------------------------

# file → relative tolerance, data of a case. Every case, every step and every entry of every trace is compared.
EXACT = {
    "g03a": (1e-10, lambda case: FAITHFUL),
    "g03b": (1e-10, lambda case: STANDARDISED),
    "g05a": (1e-9, lambda case: GALAXIES[case["id"].split("_")[1]]),
    "g14a": (1e-9, lambda case: IRIS),
    "g15b": (1e-9, hard_data),
    "g15c": (1e-9, lambda case: D20),
}
CASES = [pytest.param(name, case, id=case["id"]) for name in EXACT for case in load(name)["cases"]]


@pytest.mark.parametrize(("name", "case"), CASES)
def test_exact_steps(name, case):
    tolerance, data = EXACT[name]
    x = data(case)
    assert x.shape == (case["N"], case["D"])
    trace = case["loglik_trace"]
    t_max = len(trace) - 1
    half_steps = list(itertools.islice(em(start(case), x), 2 * t_max + 1))
    # state t: the model after t complete iterations, seen by the q before it (M) and by its own posterior (next E)
    seen_by_own = half_steps[0::2]
    assert len(seen_by_own) == len(trace)
    for t, (step, expected) in enumerate(zip(seen_by_own, trace, strict=True)):
        limit = 1e-8 if case["id"] == "high_overlap" and t == 400 else tolerance
        near(step.bound.log_lik, expected, limit)
    for expected in case["steps"]:
        t = expected["t"]
        limit = 1e-8 if case["id"] == "high_overlap" and t == 400 else tolerance
        model = seen_by_own[t].model
        near(model.log_lik(x), expected["loglik"], limit)
        near(model.weights, expected["weights"], limit)
        near(model.means, expected["means"], limit)
        compare_covariances(model, expected, limit)
        for row, resp in expected.get("resp_rows", {}).items():
            near(seen_by_own[t].q[int(row)], resp, limit)
        if "elbo_qprev_at_this_theta" in expected:
            split = half_steps[2 * t - 1].bound
            near(split.elbo, expected["elbo_qprev_at_this_theta"], limit)
            near(split.kl, expected["kl_qprev_vs_posterior"], limit)
            near(split.log_lik, expected["loglik"], limit)
    for step in half_steps:
        b = step.bound
        assert abs(b.residual) <= 1e-12 * max(1, abs(b.log_lik), abs(b.elbo))


def compare_covariances(model, expected, tolerance):
    """Covariances as the file gives them: all, or in 20 dimensions the first, all log determinants, or none."""
    if "covariances_logdet" in expected:
        near(model.covariances[:1], expected["covariances"], tolerance)
        near(np.linalg.slogdet(model.covariances)[1], expected["covariances_logdet"], tolerance)
    elif expected["covariances"] == "identity":
        assert np.array_equal(model.covariances, np.eye(len(model.covariances)))
    elif expected["covariances"] != "omitted (size)":
        near(model.covariances, expected["covariances"], tolerance)


def test_the_standardised_data_are_those_of_the_file():
    std = load("g03b")["std"]
    near(FAITHFUL.mean(axis=0), std["mean"], 1e-14)
    near(FAITHFUL.std(axis=0), std["sd_ddof0"], 1e-14)


@pytest.mark.parametrize("case", load("g15a")["cases"], ids=lambda case: case["covariance_type"])
def test_tight_clusters_far_from_the_origin(case):
    offset = FAR["offset"]
    x = offset + np.array(FAR["k"]) * 2.0**-13
    steps = list(itertools.islice(em(start(case), x), 2 * len(case["loglik_trace"]) - 1))
    own = steps[0::2]
    for step, expected in zip(own, case["loglik_trace"], strict=True):
        assert step.bound.log_lik == pytest.approx(expected, rel=1e-6)
    for expected in case["steps"]:
        model = own[expected["t"]].model
        assert model.means - offset == pytest.approx(np.array(expected["means_minus_offset"]), abs=2e-9)
        # entries near 0 are relative to the variances they stand between: the file's entries are all ~1e-6
        cov = np.array(expected["covariances"])
        assert np.max(np.abs(model.covariances - cov)) <= 1e-6 * np.max(np.abs(cov))
        assert model.weights == pytest.approx(expected["weights"], rel=1e-6)


# Converged fits --------------------------------------------------------------------------------------------------

KIND = {"EII": "spherical", "VII": "spherical", "XII": "spherical", "EEI": "diag", "VVI": "diag", "XXI": "diag",
        "EEE": "tied", "XXX": "tied", "VVV": "full"}
EQUAL_BUT_NOT_TIED = {"EII", "EEI"}     # one spherical or diagonal Σ shared by all components: no type of emlib
SCALED = (FAITHFUL - FAITHFUL.mean(axis=0)) / FAITHFUL.std(axis=0, ddof=1)


def mclust_fits():
    """(data, published fit, whether exact EM stays there) for every fit of g03c whose parameters are printed."""
    for units, fits in load("g03c")["expected"].items():
        for name, entry in fits.items():
            found = entry.get("converged", entry["default"])
            shared = found["modelName"] in EQUAL_BUT_NOT_TIED
            yield pytest.param(FAITHFUL if units == "raw" else SCALED, found, shared, id=f"{units}-{name}")


def of_mclust(found):
    """A published fit as a model of ours, and its type."""
    kind, full = KIND[found["modelName"]], np.array(found["covariances"], dtype=float)
    cov = {"full": full, "tied": full[0], "diag": np.diagonal(full, axis1=1, axis2=2), "spherical": full[:, 0, 0]}[kind]
    return GaussianMixture(np.atleast_1d(found["weights"]) / np.sum(found["weights"]), found["means"], cov, kind)


@pytest.mark.parametrize(("x", "found", "shared"), [*mclust_fits()])
def test_mclust_fits(x, found, shared):
    model = of_mclust(found)
    assert model.log_lik(x) == pytest.approx(found["loglik"], abs=1e-6)
    if shared:                                                  # fewer parameters than ours: only the density compares
        return
    assert model.n_parameters == found["df"]
    assert -model.bic(x) == pytest.approx(found["bic_mclust"], abs=1e-5)
    after = model.m_step(x, model.posterior(x))                 # a maximum stays where it is under an exact step
    assert after.weights == pytest.approx(model.weights, abs=1e-5)
    assert after.means == pytest.approx(model.means, abs=1e-5)
    assert after.covariances == pytest.approx(model.covariances, abs=1e-5)
    # EM started a little off comes back
    pushed = GaussianMixture(model.weights, model.means + 0.01 * x.std(axis=0), model.covariances * 1.05, KIND[
        found["modelName"]])
    trace = fit(pushed, x, tol=1e-13, max_iter=20_000, keep="last")
    assert trace.stop == "converged"
    assert trace.log_liks[-1] == pytest.approx(found["loglik"], abs=1e-6)


def test_old_faithful_reaches_the_published_optimum_from_a_bad_start():
    x = datasets.old_faithful()
    bad = GaussianMixture([0.5, 0.5], [[4.5, 50.0], [2.0, 90.0]], [np.diag([1.0, 100.0])] * 2)
    trace = fit(bad, x)
    best = load("g03c")["expected"]["raw"]["VVV_2"]["converged"]
    assert trace.stop == "converged"
    assert trace.log_liks[-1] == pytest.approx(-1130.26396018, abs=1e-6)
    assert trace.log_liks[-1] == trace.model.log_lik(x) == trace.steps[-1].bound.log_lik
    order = np.argsort(-trace.model.weights)
    for name in ("weights", "means", "covariances"):
        assert getattr(trace.model, name)[order] == pytest.approx(np.array(best[name]), abs=1e-4)
    published = load("g03c")["published"]["VVV_2"]
    assert trace.model.log_lik(x) == pytest.approx(published["loglik"], abs=5e-4)
    assert -trace.model.bic(x) == pytest.approx(published["bic_mclust"], abs=5e-4)


def test_three_tied_normals_reach_the_published_optimum():
    published, best = load("g03c")["published"]["EEE_3"], load("g03c")["expected"]["raw"]["EEE_3"]["converged"]
    pushed = of_mclust(best)
    pushed = GaussianMixture(pushed.weights, pushed.means + np.array([0.02, -0.5]), pushed.covariances * 1.2, "tied")
    trace = fit(pushed, FAITHFUL, tol=1e-13, max_iter=20_000, keep="last")
    assert trace.log_liks[-1] == pytest.approx(best["loglik"], abs=1e-6)
    assert trace.model.n_parameters == published["df"]
    # mclust stops early, at 1e-5: what it prints is a little below the maximum
    assert published["loglik"] <= trace.log_liks[-1] <= published["loglik"] + 0.02


@pytest.mark.parametrize(("variance", "kind"), [("unequal_variance", "full"), ("equal_variance", "tied")])
def test_waiting_times_in_one_dimension(variance, kind):
    x, case = FAITHFUL[:, 1:], load("g03d")
    init = case["init"]
    means, cov = np.reshape(init["means"], (2, 1)), np.square(init["sds"]).reshape(2, 1, 1)
    model = GaussianMixture(init["weights"], means, cov if kind == "full" else cov[0], kind)
    trace = fit(model, x, tol=None, max_iter=case[variance][-1]["t"])
    for expected in case[variance]:
        t = expected["t"]
        model = trace.steps[2 * t - 1].model if t else trace.steps[0].model
        near(trace.log_liks[t], expected["loglik"], 1e-9)
        near(model.weights, expected["weights"], 1e-9)
        near(model.means[:, 0], expected["means"], 1e-9)
        near(np.sqrt(model.full_covariances[:, 0, 0]), expected["sds"], 1e-9)
    if kind == "tied":
        published = case["published"]
        assert trace.model.weights == pytest.approx(published["weights"], abs=1e-4)
        assert trace.model.means[:, 0] == pytest.approx(published["means"], abs=5e-3)
        assert math.sqrt(trace.model.covariances[0, 0]) == pytest.approx(published["sigma_equal"], abs=5e-4)
        assert trace.log_liks[-1] == pytest.approx(published["loglik"], abs=5e-4)


# Two coins -------------------------------------------------------------------------------------------------------


def test_two_coins():
    case = load("g02")
    expected, published, x = case["expected"], case["published"], datasets.two_coins()
    model = CoinMixture(case["init"]["weights"], case["init"]["theta"], learn_weights=False)
    trace = fit(model, x, tol=None, max_iter=30)
    first = trace.steps[0].q
    near(first[:, 0], expected["resp_A_first_E_step"], 1e-12)
    assert first[:, 0] == pytest.approx(published["resp_A_first_E_step"], abs=5.1e-3)
    counts = model.soft_counts(x, first)
    for coin, row in zip("AB", counts, strict=True):
        for side, value in zip(("heads", "tails"), row, strict=True):
            near(value, expected["expected_counts"][f"{coin}_{side}"], 1e-12)
            assert value == pytest.approx(published["expected_counts"][f"{coin}_{side}"], abs=0.051)
    for iterate in expected["iterates"]:
        t = iterate["t"]
        near(trace.log_liks[t], iterate["loglik_binomial"], 1e-12)
        if t:
            step = trace.steps[2 * t - 1]
            near(step.model.probs, iterate["theta"], 1e-12)
            near(step.bound.elbo, iterate["elbo_qprev_at_this_theta"], 1e-12)
            near(step.bound.kl, iterate["kl_qprev_vs_posterior_at_this_theta"], 1e-12)
    for t in (1, 10):
        assert trace.steps[2 * t - 1].model.probs == pytest.approx(published[f"theta_after_{t}"], abs=5.1e-3)
    assert trace.model.weights.tolist() == [0.5, 0.5]


def test_two_coins_at_the_fixed_point():
    case, x = load("g02"), datasets.two_coins()
    assert x[:, 0].tolist() == case["data"]["heads"]
    assert np.all(x.sum(axis=1) == case["data"]["tosses_per_set"])
    model = fit(CoinMixture([0.5, 0.5], case["init"]["theta"], learn_weights=False), x, tol=None, max_iter=200).model
    near(model.probs, case["expected"]["fixed_point"]["theta"], 1e-12)
    near(model.posterior(x)[:, 0], case["expected"]["fixed_point"]["resp_A"], 1e-12)
    assert model.probs == pytest.approx(case["R_crosscheck"]["theta"], abs=1e-6)


@pytest.mark.parametrize("t", [10, 600])
def test_two_coins_with_free_weights(t):
    case, x = load("g02"), datasets.two_coins()
    free = case["expected"]["variant_free_weights"]
    model = fit(CoinMixture([0.5, 0.5], case["init"]["theta"]), x, tol=None, max_iter=t, keep="last").model
    near(model.probs, free[f"theta_after_{t}"], 1e-12)
    near(model.weights, free[f"weights_after_{t}"], 1e-12)
    if t == 600:
        near(model.log_lik(x), free["loglik_binomial_after_600"], 1e-12)


def test_two_coins_when_the_labels_are_known():
    """Figure 1a: the M-step on one-hot q is the complete-data estimate; coin A made sets 2, 3 and 5."""
    known = np.eye(2)[[1, 0, 0, 1, 0]]
    model = CoinMixture([0.5, 0.5], [0.6, 0.5]).m_step(datasets.two_coins(), known)
    assert model.probs.tolist() == [24 / 30, 9 / 20]
    assert model.weights.tolist() == [0.6, 0.4]


# The identity, for the models whose z is a label ---------------------------------------------------------------


def identity_cases():
    """(case, log_joint) of g16: Gaussian mixtures, a Poisson mixture, and an HMM with every path a label."""
    cases = {case["id"]: case for case in load("g16")["cases"]}
    base = cases["gmm_random_q"]
    for case in cases.values():
        if case["id"].startswith("gmm"):
            weights = [1, 0, 0] if case["id"] == "gmm_zero_weight_component" else base["weights"]
            model = GaussianMixture(weights, base["means"], base["covariances"])
            yield pytest.param(case, model.log_joint(case.get("X", base["X"])), case["q"], id=case["id"])
        elif case["id"] == "poisson_mixture":
            log_joint = [[math.log(w) + x * math.log(rate) - rate - math.lgamma(x + 1)
                          for w, rate in zip(case["weights"], case["lambdas"], strict=True)] for x in case["X"]]
            yield pytest.param(case, np.array(log_joint), case["q"], id=case["id"])
        elif case["id"].startswith("hmm"):
            paths = list(itertools.product(range(2), repeat=len(case["obs"])))
            log_joint = np.array([[hmm_log_joint(case, path) for path in paths]])
            yield pytest.param(case, log_joint, [[hmm_q(case, path) for path in paths]], id=case["id"])


def hmm_log_joint(case, path):
    """log p(x, z) of one path of a hidden Markov model."""
    factors = [case["startprob"][path[0]], *(case["transmat"][a][b] for a, b in itertools.pairwise(path)),
               *(case["emissionprob"][z][x] for z, x in zip(path, case["obs"], strict=True))]
    return math.fsum(map(math.log, factors))


def hmm_q(case, path):
    """q of one path: independent steps, or a Markov chain of its own."""
    if case["q_kind"] == "meanfield":
        return math.prod(float(case["q"][t][z]) for t, z in enumerate(path))
    first, moves = case["q"]["start"], zip(case["q"]["trans"], itertools.pairwise(path), strict=True)
    return float(first[path[0]]) * math.prod(float(table[a][b]) for table, (a, b) in moves)


@pytest.mark.parametrize(("case", "log_joint", "q"), [*identity_cases()])
def test_identity_to_thirty_digits(case, log_joint, q):
    b = bound(log_joint, np.array(q, dtype=float))
    tolerance = 1e-10 if case["id"] == "gmm_far_points" else 1e-12
    rows = case.get("rows", [case])                             # an HMM's file has one sequence, its rows are itself
    per_point = zip(b.per_point.log_lik, b.per_point.elbo, b.per_point.kl, strict=True)
    pairs = [*zip(per_point, rows, strict=True), ((b.log_lik, b.elbo, b.kl), case.get("total", case))]
    for numbers, expected in pairs:
        for got, name in zip(numbers, ("log_p", "elbo", "kl"), strict=True):
            value = float(expected[name])
            assert got == value or abs(got - value) <= tolerance * max(1, abs(value)), name
    assert abs(b.residual) <= 1e-12 * max(1, abs(b.log_lik), abs(b.elbo) if np.isfinite(b.elbo) else 0)
    for n, row in enumerate(rows):
        if "posterior" in row:
            posterior = np.exp(log_joint[n] - np.logaddexp.reduce(log_joint[n]))
            assert posterior == pytest.approx(np.array(row["posterior"], dtype=float), rel=1e-9, abs=1e-300)


# Hard behaviours -------------------------------------------------------------------------------------------------

BEHAVIOURS = {case["id"]: case for case in load("g15b")["behaviours"]}


def run(name, kind="full", floor=0.0, **options):
    """Fit a behaviour case; a fit that does not converge warns, and says the same in the trace."""
    case = BEHAVIOURS[name]
    cov = np.array(case["init"]["covariances"])
    cov = {"full": cov, "diag": np.diagonal(cov, axis1=1, axis2=2), "spherical": cov[:, 0, 0]}[kind]
    model = GaussianMixture(case["init"]["weights"], case["init"]["means"], cov, kind, floor)
    return case, np.array(case["X"]), fit(model, case["X"], **options)


def test_an_empty_component_is_called_by_its_name():
    with pytest.warns(UserWarning, match="component 1 is empty"):
        case, x, trace = run("empty_component")
    assert trace.stop == "collapsed"
    assert "component 1 is empty" in trace.message and "floor=" in trace.message
    assert np.isfinite(trace.log_liks).all()
    assert np.array_equal(trace.model.means.ravel(), np.ravel(case["init"]["means"]))       # the last good model
    alone = GaussianMixture([1.0], [[0.0]], [1.0]).m_step(x, np.ones((len(x), 1)))
    assert alone.means.item() == pytest.approx(case["exact_one_step"]["mean_1"][0], rel=1e-12)
    assert alone.covariances.item() == pytest.approx(case["exact_one_step"]["var_1"], rel=1e-12)


def test_a_component_that_sits_on_one_point_is_never_called_converged():
    with pytest.warns(UserWarning, match="component 1 has collapsed"):
        case, _, trace = run("singular_collapse")
    assert trace.stop == "collapsed"
    assert np.isfinite(trace.log_liks).all()
    assert trace.log_liks[0] == pytest.approx(case["exact_trace"][0]["loglik"], rel=1e-9)
    assert trace.log_liks[1] == pytest.approx(case["exact_trace"][1]["loglik"], rel=1e-9)
    _, _, floored = run("singular_collapse", floor=1e-6)
    assert floored.stop == "converged"
    assert floored.model.covariances.min() == pytest.approx(1e-6)
    assert np.all(np.diff(floored.log_liks) >= -1e-12 * np.abs(floored.log_liks[1:]))


def test_identical_points_collapse_or_rest_on_the_floor():
    with pytest.warns(UserWarning, match="has collapsed"):
        assert run("all_points_identical")[2].stop == "collapsed"
    trace = run("all_points_identical", floor=1e-6)[2]
    assert trace.stop == "converged"
    assert trace.model.full_covariances == pytest.approx(np.array([np.eye(2)] * 2) * 1e-6)


def test_points_on_a_line_have_no_full_covariance_but_a_diagonal_one():
    with pytest.warns(UserWarning, match="component 0 has collapsed"):
        assert run("rank_deficient")[2].stop == "collapsed"
    case, _, trace = run("rank_deficient", kind="diag")
    assert trace.stop == "converged"
    assert trace.model.means[0] == pytest.approx(case["diag_exact"]["mean"], rel=1e-12)
    assert trace.model.covariances[0] == pytest.approx(case["diag_exact"]["var"], rel=1e-12)


def test_every_behaviour_of_the_file_has_its_test():
    assert set(BEHAVIOURS) == {"empty_component", "singular_collapse", "all_points_identical", "rank_deficient"}


def test_shipped_data_are_the_reference_data():
    assert np.array_equal(datasets.old_faithful(), FAITHFUL)

"""What a Gaussian mixture must get right, after scikit-learn's own tests and where it fails: 37 points, none forgotten.

Each point has the tests that hold it, which must exist, or the reason why there is nothing to test. Some points
are about scikit-learn itself: there what it does is shown beside what emlib does.
"""

import ast
import re
import warnings
from pathlib import Path

import numpy as np
import pytest
from sklearn.mixture import GaussianMixture as Theirs
from strategies import KINDS, parameters

from emlib import Collapse, GaussianMixture, datasets, fit, to_sklearn

HERE = Path(__file__).parent
X = datasets.old_faithful()

# point → "module: test, test" or "–: why there is no test"
POINTS = {
    1: "test_gaussian: test_m_step_is_weighted_maximum_likelihood_for_any_q, test_types_agree_where_they_must",
    2: "test_checklist: test_log_determinants_come_from_the_whitener",
    3: "test_gaussian: test_density_is_a_product_of_normals_along_the_axes_of_the_ellipsoid",
    4: "test_gaussian: test_density_is_a_product_of_normals_along_the_axes_of_the_ellipsoid",
    5: "test_gaussian: test_number_of_parameters",
    6: "test_gaussian: test_information_criteria, test_all_types_are_one_model_when_k_and_d_are_1",
    7: "test_sklearn_bridge: test_precisions_are_those_that_scikit_learn_would_compute",
    8: "–: a model takes covariances, never precisions; a start is a model, so that there is one way to give it",
    9: "test_em: test_no_iterations_give_back_the_start, test_half_steps_come_in_order_and_each_moves_one_side",
    10: "test_em: test_neither_elbo_nor_log_lik_ever_falls, test_a_fall_of_the_log_likelihood_is_called_a_bug",
    11: "test_em: test_one_step_and_one_step_are_two_steps",
    12: "test_em: test_no_iterations_give_back_the_start, "
        "test_fit_keeps_every_half_step_and_the_log_likelihood_around_each_iteration",
    13: "test_em: test_running_out_of_iterations_warns_unless_asked_for",
    14: "test_restarts: test_the_best_run_is_returned_and_has_them_all, test_if_all_collapse_the_trace_says_so",
    15: "test_restarts: test_more_starts_are_never_worse_and_the_first_ones_stay",
    16: "test_checklist: test_the_model_of_a_fit_is_the_one_that_its_last_number_belongs_to",
    17: "test_restarts: test_starts_are_distinct_and_of_the_kind_of_the_first; "
        "test_gaussian: test_a_start_has_distinct_points_as_means_and_can_be_repeated",
    18: "test_restarts: test_the_same_seed_gives_the_same_runs_and_another_seed_others; "
        "test_gaussian: test_order_of_rows_and_of_labels_does_not_matter",
    19: "test_gaussian: test_a_well_separated_truth_is_recovered",
    20: "test_sklearn_bridge: test_there_and_back_is_exact_and_densities_agree; "
        "test_gaussian: test_density_is_a_product_of_normals_along_the_axes_of_the_ellipsoid",
    21: "test_bound: test_totals_are_sums_over_points_each_as_often_as_its_weight; "
        "test_em: test_neither_elbo_nor_log_lik_ever_falls",
    22: "test_gaussian: test_samples_have_the_moments_of_the_model, "
        "test_sample_has_the_size_asked_for_and_repeats_with_its_seed; test_bad_input: test_refused",
    23: "test_gaussian: test_one_component_and_three_points",
    24: "test_bad_input: test_refused",
    25: "test_bad_input: test_refused, test_other_bad_input",
    26: "test_references: test_identical_points_collapse_or_rest_on_the_floor, "
        "test_points_on_a_line_have_no_full_covariance_but_a_diagonal_one",
    27: "–: a model without parameters cannot exist, so that nothing can be called too early",
    28: "test_bad_input: test_refused, test_works; test_blocks: test_bad_data_is_refused_in_the_first_pass",
    29: "test_bad_input: test_works; test_blocks: test_other_number_types_and_orders_are_read_block_by_block",
    30: "test_restarts: test_a_real_bar_is_drawn, test_no_bar_unless_asked_for",
    31: "test_gaussian: test_moving_the_data_moves_the_means_and_nothing_else, test_types_agree_where_they_must; "
        "test_sweeps: test_moving_the_data_moves_the_means_and_nothing_else",
    32: "test_references: test_tight_clusters_far_from_the_origin; "
        "test_sweeps: test_tight_clusters_far_from_the_origin; "
        "test_checklist: test_tight_clusters_far_out_where_others_raise",
    33: "test_references: test_an_empty_component_is_called_by_its_name; "
        "test_checklist: test_an_empty_component_goes_nowhere_in_silence",
    34: "test_references: test_a_component_that_sits_on_one_point_is_never_called_converged; "
        "test_sweeps: test_a_collapse_has_its_name_and_leaves_the_last_good_model; "
        "test_checklist: test_a_collapse_that_others_call_a_fit",
    35: "test_gaussian: test_a_repeated_column_is_a_singular_covariance_wherever_it_lies; "
        "test_sweeps: test_a_repeated_column_collapses_on_both_roads",
    36: "test_em: test_a_component_of_weight_zero_never_gives_nan; "
        "test_sweeps: test_a_component_of_weight_zero_is_empty",
    37: "test_gaussian: test_affine_maps_of_the_data_shift_the_log_likelihood_by_log_det, "
        "test_integer_sample_weights_are_repeated_rows_and_zero_weights_absent_ones; "
        "test_sweeps: test_rows_labels_and_affine_maps, "
        "test_integer_weights_are_repeated_rows_and_zero_weights_absent_ones",
}


def test_every_point_is_there():
    assert list(POINTS) == list(range(1, 38))


@pytest.mark.parametrize("point", POINTS)
def test_the_tests_of_a_point_exist_or_it_says_why_there_is_none(point):
    entry = POINTS[point]
    if entry.startswith("–: "):
        assert len(entry) > 40
        return
    for part in entry.split("; "):
        module, names = re.fullmatch(r"(test_\w+): ((?:test_\w+(?:, )?)+)", part).groups()
        tree = ast.parse((HERE / f"{module}.py").read_text(encoding="utf-8"))
        there = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
        assert set(names.split(", ")) <= there, f"{module}: {set(names.split(', ')) - there}"


# Points that had no test elsewhere ---------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_log_determinants_come_from_the_whitener(kind):
    """Point 2: at its mean a component's log-density is log π − ½ log |2πΣ|."""
    model = GaussianMixture.start(X, 3, rng=0, covariance_type=kind)
    peaks = np.diagonal(model.log_joint(model.means))
    expected = np.log(model.weights) - 0.5 * np.linalg.slogdet(2 * np.pi * model.full_covariances)[1]
    assert peaks == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("keep", ["all", "last"])
@pytest.mark.parametrize("max_iter", [0, 1, 5, 200])
def test_the_model_of_a_fit_is_the_one_that_its_last_number_belongs_to(max_iter, keep):
    """Point 16: converged or not, alone or the best of many."""
    for options in ({}, {"n_starts": 3, "rng": 0}):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            trace = fit(GaussianMixture.start(X, 3, rng=1), X, max_iter=max_iter, keep=keep, **options)
        for run in (trace, *trace.runs):
            assert run.model.log_lik(X) == pytest.approx(run.log_liks[-1], rel=1e-12)


def theirs(model, x, **options):
    """A fit of scikit-learn from the same start, without regularisation."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return to_sklearn(model).set_params(**{"tol": 0, "max_iter": 5, **options}).fit(x)


@pytest.mark.parametrize("kind", KINDS)
def test_tight_clusters_far_out_where_others_raise(kind):
    """Point 32: spread 1e-3 at 1e6. scikit-learn fits full covariances and raises for the other three types."""
    at_home = np.random.default_rng(0).standard_normal((200, 2)) * 2.0**-10
    at_home[100:] += 2.0**-7
    at_home = np.round(at_home * 2.0**32) / 2.0**32                 # so that x is exact where it is
    shift = 2.0**20
    x = at_home + shift
    start = GaussianMixture.start(x, 2, rng=0, covariance_type=kind)
    for keep in ("all", "last"):
        far = fit(start, x, max_iter=5, tol=None, keep=keep).model
        near = fit(GaussianMixture(start.weights, start.means - shift, start.covariances, kind), at_home, max_iter=5,
                   tol=None, keep=keep).model
        assert far.covariances == pytest.approx(near.covariances, rel=1e-5, abs=1e-13)
    if kind == "full":
        assert theirs(start, x).covariances_ == pytest.approx(far.covariances, rel=1e-2)
    else:
        with pytest.raises(ValueError, match="ill-defined empirical covariance"):
            theirs(start, x)


def test_an_empty_component_goes_nowhere_in_silence():
    """Point 33: with reg_covar, scikit-learn puts it at the origin and says nothing."""
    x = 50 + np.random.default_rng(0).standard_normal((30, 1))
    start = GaussianMixture([0.5, 0.5], [[50.0], [1e4]], [[[1.0]], [[1.0]]])
    lost = theirs(start, x, reg_covar=1e-6)
    assert abs(lost.means_[1, 0]) < 1e-6 and lost.covariances_[1, 0, 0] == pytest.approx(1e-6)
    for keep in ("all", "last"):
        with pytest.warns(UserWarning, match="component 1 is empty"):
            trace = fit(start, x, keep=keep)
        assert trace.stop == "collapsed" and np.array_equal(parameters(trace.model), parameters(start))
    with pytest.raises(Collapse, match="component 1 is empty"):
        start.m_step(x, start.posterior(x))


def test_a_collapse_that_others_call_a_fit():
    """Point 34: without regularisation scikit-learn ends at a variance of 1e-28 and a finite likelihood, no error."""
    x = np.array([[0.0], [1.0], [1.5], [2.0], [10.0]])
    start = GaussianMixture([0.5, 0.5], [[1.0], [10.0]], [[[1.0]], [[1.0]]])
    silent = theirs(start, x, max_iter=50)
    assert isinstance(silent, Theirs) and silent.covariances_.min() < 1e-20 and np.isfinite(silent.lower_bound_)
    with pytest.warns(UserWarning, match="component 1 has collapsed"):
        assert fit(start, x, keep="last").stop == "collapsed"

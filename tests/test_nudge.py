"""A nudge tells a maximum from a saddle, whatever z is; and says what it cannot tell."""

from dataclasses import replace

import numpy as np
import pytest
from latent_models import CASES
from test_objective import two_heaps

from emlib import CoinMixture, Collapse, GaussianMixture, datasets, fit, hard, nudge

FAITHFUL = datasets.old_faithful()


def coinciding(x, kind):
    """Two components where one belongs: the slope of log p(x|θ) is 0, and EM stays."""
    if kind == "spherical":
        return GaussianMixture([0.5, 0.5], [x.mean(axis=0)] * 2, [x.var(axis=0).mean()] * 2, kind)
    return GaussianMixture([0.5, 0.5], [x.mean(axis=0)] * 2, [np.cov(x.T, bias=True)] * 2, kind)


SADDLES = {
    "Old Faithful": (coinciding(FAITHFUL, "full"), FAITHFUL),
    "two heaps, where EM is slow": (coinciding(two_heaps(), "spherical"), two_heaps()),
    "two coins": (CoinMixture([0.5, 0.5], [0.66, 0.66]), datasets.two_coins()),
}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", SADDLES)
def test_from_a_saddle_a_nudge_finds_the_way_up(name, seed):
    start, x = SADDLES[name]
    trace = fit(start, x)
    assert trace.stop == "converged" and trace.log_liks[-1] - trace.log_liks[0] < 1e-6
    found = nudge(trace, x, seed)
    gain = found.objectives[-1] - trace.objectives[-1]
    assert gain > 0.4 and found.stop == "converged"
    assert found.message.startswith(f"a nudge ended {gain:.4g} nats higher")
    assert "saddle, a plateau or a low maximum" in found.message


@pytest.mark.parametrize("x", [FAITHFUL, two_heaps()], ids=["Old Faithful", "two heaps"])
def test_to_a_maximum_em_comes_back(x):
    trace = fit(GaussianMixture.start(x, 2, 0), x)
    found = nudge(trace, x, 0, times=2)
    assert found.model is trace.model and np.array_equal(found.log_liks, trace.log_liks)
    assert found.message == (f"converged after {trace.n_iter} iterations; "
                             "2 nudges ended no higher: a maximum as far as this can tell")
    assert len(found.runs) == 2
    assert all(run.log_liks[0] < trace.log_liks[-1] - 1e-4 for run in found.runs)           # they did start elsewhere
    assert [run.objectives[-1] for run in found.runs] == pytest.approx([trace.objectives[-1]] * 2, abs=1e-6)


@pytest.mark.parametrize("kind", CASES)
def test_where_z_is_no_label_q_moves_to_another_of_its_family(kind):
    start, x = CASES[kind](np.random.default_rng(0))
    trace = fit(start, x, max_iter=3000, warn=False)
    found = nudge(trace, x, 0, times=2, max_iter=3000)
    assert len(found.runs) == 2 and found.objectives[-1] >= trace.objectives[-1]
    assert all(run.log_liks[0] < trace.log_liks[-1] for run in found.runs)


def test_a_nudge_uses_the_weights_and_the_options_of_the_fit():
    x, w = two_heaps(), 1.0 + np.arange(300) % 3
    long = np.repeat(x, w.astype(int), axis=0)
    start = coinciding(long, "spherical")
    found = nudge(fit(start, x, sample_weight=w), x, 0, sample_weight=w, keep="last")
    best = fit(GaussianMixture.start(long, 2, 0, "spherical"), long)
    assert found.objectives[-1] == pytest.approx(best.objectives[-1], abs=1e-4) and found.steps == ()
    harder = fit(GaussianMixture.start(x, 2, 0), x, e_step=hard)
    assert nudge(harder, x, 0, e_step=hard).objectives[-1] >= harder.objectives[-1]


def test_what_is_under_way_is_not_called_a_maximum():
    x = two_heaps()
    found = nudge(fit(GaussianMixture.start(x, 2, 0), x), x, 0, max_iter=1)
    assert "3 of 3 nudges were still under way, give a larger max_iter" in found.message


def test_bad_arguments_and_collapses():
    trace = fit(GaussianMixture.start(FAITHFUL, 2, 0), FAITHFUL)
    for size in (0, -1, 1.5, np.nan):
        with pytest.raises(ValueError, match="size is"):
            nudge(trace, FAITHFUL, 0, size=size)
    with pytest.raises(ValueError, match="rng is None"):
        nudge(trace, FAITHFUL, None)
    with pytest.raises(ValueError, match="times is 0"):
        nudge(trace, FAITHFUL, 0, times=0)

    class Falls(GaussianMixture):
        def m_step(self, x, q, sample_weight=None):
            raise Collapse("no maximum")

    lost = replace(trace, model=Falls(trace.model.weights, trace.model.means, trace.model.covariances))
    with pytest.raises(ValueError, match="all 3 nudges ended in a collapse"):
        nudge(lost, FAITHFUL, 0)

"""The picture of a choice of q: what it draws is q, and its words never overlap."""

import numpy as np
import pytest
from legible import assert_legible

from emlib.draw.parts.identity_bar import window
from emlib.draw.parts.q_bars import QBars
from emlib.lessons.choose_q.scene import Choice, ChoiceScene

NAMES = ("left", "middle", "right", "far right")


def choices(k, rng):
    log_joint = rng.normal(scale=3, size=k)
    return [Choice.of(log_joint, q) for q in (*rng.dirichlet(np.ones(k), size=4), *np.eye(k), np.full(k, 1 / k))]


@pytest.mark.parametrize("k", [2, 3, 4])
def test_legible_and_true_for_any_q(k):
    rng = np.random.default_rng(0)
    states = choices(k, rng)
    scene = ChoiceScene(NAMES[:k], window(c.bound for c in states))
    for state in states:
        assert_legible(scene.figure(state))
        scene.rgba(state)
        bars = scene.parts[0][0]
        np.testing.assert_allclose([bar.get_height() for bar in bars._q], state.q)
        np.testing.assert_allclose([bar.get_height() for bar in bars._posterior], state.posterior)
        for value in state.q:
            assert f"{value:.2f}" in scene.sentence(state)


def test_the_wrong_number_of_labels_is_refused():
    with pytest.raises(ValueError, match="2 to 4"):
        QBars(["one"])
    scene = ChoiceScene(("a", "b"), (-5, 0))
    with pytest.raises(ValueError, match="q has 3 entries"):
        scene.rgba(choices(3, np.random.default_rng(1))[0])

"""The pictures say what the numbers say, and every word in them can be read."""
import itertools
import math
from types import SimpleNamespace

import numpy as np
import pytest
from legible import assert_legible
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.markers import MarkerStyle
from matplotlib.text import Text

from emlib import GaussianMixture, bound, datasets, fit, hard
from emlib.draw import Ascent, Histogram, IdentityBar, Plane, mixture, nats, style
from emlib.draw.parts.identity_bar import scale_for, window
from emlib.draw.parts.marks import Gap, names_above, put_marker
from emlib.draw.parts.mixture import blend, ellipse
from emlib.draw.parts.table import write_row
from emlib.lessons.gaussian_mixture import FitScene


def a_bound(log_lik, kl, residual=2e-13):
    return SimpleNamespace(log_lik=log_lik, kl=kl, elbo=log_lik - kl, residual=residual)


def a_step(t, kind, model, q, b):
    return SimpleNamespace(t=t, kind=kind, model=model, q=q, bound=b)


def old_faithful_steps(d=2):
    x = datasets.old_faithful()
    if d == 2:
        start = GaussianMixture([0.5, 0.5], [[2.0, 85.0], [5.0, 55.0]], [np.diag([1.0, 100.0])] * 2)
    else:
        x, start = x[:, 1:], GaussianMixture([0.5, 0.5], [[60.0], [65.0]], [[[50.0]], [[150.0]]])
    return x, fit(start, x, tol=1e-8).steps


@pytest.fixture(scope="module")
def faithful():
    return old_faithful_steps()


@pytest.fixture(scope="module")
def faithful_1d():
    return old_faithful_steps(1)


# Text can be read: no two words overlap, none leaves the picture.

NASTY = [
    a_bound(-1130.26, 0.0), a_bound(-1130.26, 0.3), a_bound(-1130.26, 1e-4), a_bound(-1130.26, 45.0),
    a_bound(-1130.26, 5000.0), a_bound(-1130.26, math.inf, math.nan), a_bound(1210.0, 6210.0), a_bound(1210.0, 0.0),
    a_bound(-2000.0, 10.0), a_bound(-1185.0, 10.0), a_bound(-123456.78, 0.01), a_bound(-123456.78, 112233.44),
    a_bound(123456.78, 987654.32), a_bound(-1.2345e8, 1e7, -1.2e-8), a_bound(1e12, 3e13, 1e-3),
    a_bound(0.0, 0.0, 0.0), a_bound(-1e-12, 0.0, -1e-12), a_bound(-1115.0, 2.0),
]
BARS = {
    "absolute": lambda: IdentityBar((-1200, -1100)),
    "narrow": lambda: IdentityBar((-1200, -1100), size=(4.6, 2.1)),
    "from the line": lambda: IdentityBar.for_bounds([*NASTY[:4], a_bound(-1200.0, 3.0)]),
    "positive": lambda: IdentityBar((-6000, 1500), size=(4.6, 2.1)),
    "tiny": lambda: IdentityBar.for_bounds([a_bound(-123456.78, 1e-7)], size=(4.6, 2.1)),
    "wide": lambda: IdentityBar((-1.5e8, 1e12), size=(4.6, 2.1)),
}


@pytest.mark.parametrize("which", BARS)
def test_identity_bar_is_legible_in_every_state(which):
    bar = BARS[which]()
    for b in NASTY:
        assert_legible(bar.figure(b))


def test_fit_is_legible_in_every_state(faithful, faithful_1d):
    for (x, steps), labels in ((faithful, ("eruption [min]", "waiting [min]")), (faithful_1d, ("waiting [min]",))):
        scene = FitScene(x, steps, labels)
        for step in [*steps[:2], steps[33], steps[-1]]:
            assert_legible(scene.figure(step))
        for b in NASTY[4::3]:
            last = steps[-1]
            assert_legible(scene.figure(a_step(300, "M", last.model, last.q, b)))


@pytest.mark.parametrize("shift, scale", [(1e6, 1), (0, 1e-4), (0, 1e5), (-3e4, 10)])
def test_fit_is_legible_in_any_units(shift, scale):
    x = datasets.old_faithful() * scale + shift
    steps = fit(GaussianMixture.start(x, 2, np.random.default_rng(0)), x, tol=1e-6).steps
    assert_legible(FitScene(x, steps).figure(steps[1]))
    steps = fit(GaussianMixture.start(x[:, 1:], 2, np.random.default_rng(0)), x[:, 1:], tol=1e-6).steps
    assert_legible(FitScene(x[:, 1:], steps).figure(steps[1]))


def test_letters_are_projector_size(faithful):
    x, steps = faithful
    for figure in (FitScene(x, steps).figure(steps[5]), IdentityBar((-1200, -1100)).figure(NASTY[3])):
        assert min(t.get_fontsize() for t in figure.findobj(Text) if t.get_text()) >= 13
        assert figure.get_figwidth() == pytest.approx(9)


# The identity bar draws what it says.

def pieces(bar, state):
    """In nats: where the ELBO, the KL and the line are drawn; None for what is not shown."""
    bar.rgba(state)
    span = [(p.get_x(), p.get_x() + p.get_width()) if p.get_visible() else None for p in (bar._elbo, bar._kl)]
    return *span, bar._line.get_xdata()[0] if bar._line.get_visible() else None


def shown(bar):
    return [t.get_text() for t in (*bar._numbers, bar._residual)]


@pytest.mark.parametrize("log_lik", [-1130.26, 1210.5, 0.0])
def test_bar_meets_the_line_for_either_sign(log_lik):
    bar = IdentityBar((log_lik - 10, log_lik + 1))
    for kl in (0.5, 3.0, 9.5):
        elbo, gap, line = pieces(bar, a_bound(log_lik, kl))
        assert (*elbo, *gap, line) == pytest.approx((log_lik - 10, log_lik - kl, log_lik - kl, log_lik, log_lik))
        assert shown(bar) == [nats(log_lik), nats(log_lik - kl), nats(kl), "residual 2e−13"]
        assert bar._left.get_text() == bar._right.get_text() == ""
    elbo, gap, line = pieces(bar, a_bound(log_lik, 0.0))
    assert elbo == pytest.approx((log_lik - 10, log_lik)) and gap is None and line == log_lik


def test_line_stands_still_when_theta_moves(faithful):
    _, steps = faithful
    bar = IdentityBar.for_bounds(steps)
    assert bar.from_line
    for step in steps:
        elbo, _, line = pieces(bar, step)
        assert line == 0
        assert elbo[1] == pytest.approx(-max(step.bound.kl, 0), abs=1e-9)
        assert shown(bar)[:3] == [nats(step.bound.log_lik), nats(step.bound.elbo), nats(step.bound.kl)]
        assert bar._left.get_text() == ""


def test_scale_is_absolute_when_only_q_moves():
    states = [a_bound(-1130.0, kl) for kl in (0.0, 2.0, 30.0, math.inf)]
    limits, from_line = scale_for(states)
    assert not from_line and limits[0] < -1160 and limits[1] > -1130
    assert limits == window(states)
    # ten digits on a tick are no help: then it counts from the line
    assert scale_for([a_bound(-1130000.0, 0.5), a_bound(-1130000.0, 0.1)]) == (pytest.approx((-0.625, 0.04)), True)


def test_what_lies_outside_the_window_is_said_with_its_number():
    bar = IdentityBar((-1200, -1100))
    elbo, gap, line = pieces(bar, a_bound(-1130.0, 5000.0))
    assert elbo is None and gap == pytest.approx((-1200, -1130)) and line == -1130
    assert bar._left.get_text() == "◀ ELBO −6130.00" and bar._right.get_text() == ""
    elbo, gap, line = pieces(bar, a_bound(-1000.0, 5000.0))
    assert elbo is None and gap == pytest.approx((-1200, -1100)) and line is None
    assert bar._left.get_text() == "◀ ELBO −6000.00" and bar._right.get_text() == "log p(x|θ) −1000.00 ▶"
    assert pieces(bar, a_bound(-2000.0, 5.0)) == (None, None, None)
    assert bar._left.get_text() == "◀ ELBO −2005.00, log p(x|θ) −2000.00"
    elbo, gap, line = pieces(bar, a_bound(-1000.0, 5.0))
    assert elbo == pytest.approx((-1200, -1100)) and gap is None and line is None
    assert bar._right.get_text() == "ELBO −1005.00, log p(x|θ) −1000.00 ▶"


def test_infinite_kl_is_said_not_drawn():
    log_joint, q = np.array([[-1.0, -np.inf], [-2.0, -3.0]]), np.full((2, 2), 0.5)
    b = bound(log_joint, q)
    bar = IdentityBar.for_bounds([b])
    elbo, gap, line = pieces(bar, b)
    assert elbo is None and gap is None and line is not None
    assert "ELBO = −∞, KL = ∞" in bar._left.get_text()
    assert shown(bar)[1:3] == ["−∞", "∞"]
    assert "KL = ∞" in bar.sentence(b) and nats(b.log_lik) in bar.sentence(b)
    # and the next finite state is whole again
    assert pieces(bar, a_bound(b.log_lik, 0.5))[0] is not None and bar._left.get_text() == ""


def test_numbers_stand_still():
    bar = IdentityBar.for_bounds([a_bound(-1130.0, 20.0)])
    ends = {tuple(t.get_window_extent().x1 for t in bar._numbers)
            for kl in (0.0, 3.33, 17.171, 20.0) if bar.rgba(a_bound(-1130.0, kl)) is not None}
    assert len({tuple(np.round(e, 6)) for e in ends}) == 1


def test_bar_pixels_have_the_colours_of_their_quantities():
    bar = IdentityBar((-110, -90))
    frame = bar.rgba(a_bound(-95.0, 6.0))[..., :3]

    def at(value, height=0.5):
        low, high = bar._bar
        x, y = bar.to_picture(value, low + height * (high - low))
        return frame[int(y * frame.shape[0]), int(x * frame.shape[1])] / 255

    assert at(-104) == pytest.approx(to_rgb(style.ELBO), abs=0.01)
    assert at(-95) == pytest.approx(to_rgb(style.LOG_LIK), abs=0.01)
    assert at(-92) == pytest.approx((1, 1, 1), abs=0.01)
    hatched = {tuple(np.round(at(-100.8 + i * 0.02, 0.3), 1)) for i in range(60)}
    assert len(hatched) > 2 and all(r > g >= b for r, g, b in hatched)      # stripes of vermillion


@pytest.mark.parametrize("log_lik", [-95.0, -80.0])
def test_the_bar_is_torn_where_it_goes_on(log_lik):
    """At the left always, for a logarithm has no natural zero; at the right where the line is beyond the window."""
    bar = IdentityBar((-110, -90))
    frame = bar.rgba(a_bound(log_lik, 0.0))[..., :3] / 255

    def filled(x):
        """Which pixels of a column of the bar have the ELBO's blue; x counts in pixels from the left, or the right."""
        left, top, right, bottom = bar.boxes()[0]
        low, high = (bottom - at * (bottom - top) for at in bar._bar)
        column = int((left if x >= 0 else right) * frame.shape[1] + x)
        pixels = frame[int(high * frame.shape[0]) + 1:int(low * frame.shape[0]) - 1, column]
        return np.abs(pixels - to_rgb(style.ELBO)).max(axis=1) < 0.02

    assert 0.2 < filled(4).mean() < 0.8, "three teeth: white and blue"
    assert np.sum(filled(4)[1:] & ~filled(4)[:-1]) in (2, 3)
    assert filled(12).all()
    if log_lik > -90:
        assert 0.2 < filled(-4).mean() < 0.8 and filled(-12).all()


@pytest.mark.parametrize("kl, said", [(0.004, "4e−3"), (0.0049, "5e−3"), (3e-5, "3e−5"), (0.006, "0.01"), (0.3, "0.30"),
                                      (0.005, "0.01")])
def test_a_small_kl_is_said_with_its_magnitude(kl, said):
    """0.00 would say that there is no gap."""
    assert IdentityBar((-20, -5)).sentence(a_bound(-10.0, kl)).endswith(f"KL {said}.")


@pytest.mark.parametrize("limits", [(1, 1), (2, 1), (0, math.inf), (math.nan, 1)])
def test_bad_limits(limits):
    with pytest.raises(ValueError, match="limits: "):
        IdentityBar(limits)


def test_bad_states_and_bounds():
    with pytest.raises(ValueError, match="bounds: no finite"):
        IdentityBar.for_bounds([])
    with pytest.raises(ValueError, match="state: a float has no log_lik"):
        IdentityBar((0, 1)).rgba(3.0)
    with pytest.raises(ValueError, match="size: the identity bar needs"):
        IdentityBar((0, 1), size=(9, 0.8)).rgba(a_bound(0.5, 0.1))


# Sentences

def test_each_sentence_has_the_state_and_its_numbers(faithful):
    x, steps = faithful
    scene = FitScene(x, steps)
    for step in steps:
        said, b = scene.sentence(step), step.bound
        assert said.startswith(f"Iteration {step.t}, after {step.kind}: ")
        assert nats(b.log_lik) in said
        if step.kind == "E":
            assert "ELBO = log-lik" in said and said.endswith("KL = 0.")
        elif b.kl >= 0.005:
            assert f"ELBO {nats(b.elbo)}" in said and f"KL {nats(b.kl)}" in said
    loose = fit(steps[1].model, x, e_step=hard, max_iter=2, tol=None).steps[0]
    assert "KL = 0" not in scene.sentence(loose) and nats(loose.bound.kl) in scene.sentence(loose)


def test_nats():
    said = {-1130.26396: "−1130.26", 0.0: "0.00", -0.004: "0.00", 0.006: "0.01", -0.006: "−0.01", 99998.999: "99999.00",
            -123456.78: "−123456.8", 999999.6: "1.000e6", -1.5e8: "−1.500e8", math.inf: "∞", -math.inf: "−∞"}
    assert {v: nats(v) for v in said} == said
    assert nats(-0.0) == "0.00" and nats(math.nan) == "undefined"
    assert [style.tiny(v) for v in (2.3e-13, -2.3e-13, 0.0)] == ["2e−13", "−2e−13", "0"]


# The mixture

def rotated(angle, a, b):
    c, s = math.cos(angle), math.sin(angle)
    turn = np.array([[c, -s], [s, c]])
    return turn @ np.diag([a * a, b * b]) @ turn.T


@pytest.mark.parametrize("kind, covariances", [
    ("full", [rotated(0.5, 3, 1), rotated(-1.1, 0.5, 2)]),
    ("tied", rotated(0.5, 3, 1)),
    ("diag", [[9.0, 1.0], [0.25, 4.0]]),
    ("spherical", [4.0, 0.25]),
])
def test_ellipses_match_the_covariances(kind, covariances):
    rng = np.random.default_rng(1)
    model = GaussianMixture([0.4, 0.6], [[0.0, 1.0], [4.0, -2.0]], covariances, kind)
    x, _ = model.sample(60, rng)
    plane = Plane(x)
    plane.rgba(SimpleNamespace(model=model, q=model.posterior(x)))
    drawn = [path.vertices for path in plane._ellipses.get_paths()]
    assert len(drawn) == 4
    for (radius, k), vertices in zip(itertools.product((1, 2), range(2)), drawn, strict=True):
        sigma, away = model.full_covariances[k], vertices - model.means[k]
        mahalanobis = np.sqrt(np.einsum("ni,ij,nj->n", away, np.linalg.inv(sigma), away))
        np.testing.assert_allclose(mahalanobis, radius, rtol=1e-9)
        # the long axis lies along the first eigenvector, one standard deviation for each unit of radius
        far = np.linalg.norm(away, axis=1)
        assert far.max() == pytest.approx(radius * math.sqrt(np.linalg.eigvalsh(sigma)[-1]), rel=1e-9)
        assert far.min() == pytest.approx(radius * math.sqrt(np.linalg.eigvalsh(sigma)[0]), rel=1e-9)
    np.testing.assert_array_equal(plane._means.get_offsets(), model.means)


def test_a_known_ellipse():
    points = ellipse(np.array([1.0, 2.0]), rotated(math.pi / 6, 3, 1), 2)
    tip = np.array([1.0, 2.0]) + 6 * np.array([math.cos(math.pi / 6), math.sin(math.pi / 6)])
    assert np.linalg.norm(points - tip, axis=1).min() < 1e-9


def test_colours_and_markers_follow_the_responsibilities():
    x = np.array([[0.0, 0.0], [5.0, 0.0], [10.0, 10.0]])
    model = GaussianMixture([0.5, 0.5], [[0.0, 10.0], [10.0, 0.0]], [1.0, 1.0], "spherical")
    q = np.array([[1.0, 0.0], [0.25, 0.75], [0.0, 1.0]])
    plane = Plane(x, limits=((-2, 12), (-2, 12)))
    frame = plane.rgba(SimpleNamespace(model=model, q=q))
    first, second = (np.array(to_rgb(style.component(k))) for k in range(2))
    for point, colour in zip(x, (first, 0.25 * first + 0.75 * second, second), strict=True):
        u, v = plane.to_picture(*point)
        pixel = frame[int(v * frame.shape[0]), int(u * frame.shape[1]), :3] / 255
        assert pixel == pytest.approx(colour, abs=0.01)
    for path, k in zip(plane._points.get_paths(), (0, 1, 1), strict=True):          # a circle, two squares
        glyph = MarkerStyle(style.marker(k))
        np.testing.assert_allclose(path.vertices, glyph.get_transform().transform(glyph.get_path().vertices))
    np.testing.assert_allclose(blend(q)[1], 0.25 * first + 0.75 * second)


def test_a_changed_q_changes_only_colours(faithful):
    x, steps = faithful
    plane = Plane(x)
    plane.rgba(steps[0])
    before = plane._points.get_offsets().copy()
    plane.rgba(steps[-1])
    np.testing.assert_array_equal(plane._points.get_offsets(), before)
    np.testing.assert_allclose(plane._points.get_facecolor()[:, :3], blend(steps[-1].q))


def test_bars_of_the_histogram_share_out_the_points(faithful_1d):
    x, steps = faithful_1d
    histogram = Histogram(x)
    step = steps[1]
    shares = histogram.shares(step.q)
    width = np.diff(histogram.edges)
    np.testing.assert_allclose((shares * width).sum(axis=1), step.q.mean(axis=0))       # areas are soft counts
    np.testing.assert_allclose(shares.sum(axis=0), np.histogram(x[:, 0], histogram.edges, density=True)[0])
    histogram.rgba(step)
    tops = np.array([p.vertices[:, 1].max() for p in histogram._bars.get_paths()]).reshape(shares.shape)
    np.testing.assert_allclose(tops, np.cumsum(shares, axis=0), atol=1e-12)


def test_total_density_is_that_of_the_model(faithful_1d):
    x, steps = faithful_1d
    histogram = Histogram(x)
    histogram.rgba(steps[7])
    t, density = histogram._total.get_data()
    np.testing.assert_allclose(density, np.exp(np.logaddexp.reduce(steps[7].model.log_joint(t[:, None]), axis=1)))
    # a spike between two points of the grid is drawn to its height
    thin = GaussianMixture([0.5, 0.5], [[60.123], [80.0]], [[[1e-6]], [[30.0]]])
    histogram.rgba(SimpleNamespace(model=thin, q=thin.posterior(x)))
    assert histogram._total.get_ydata().max() >= 0.5 / math.sqrt(2 * math.pi * 1e-6)


def test_eight_components_and_no_more():
    x = np.random.default_rng(0).normal(size=(40, 2))
    for k in (1, 8):
        model = GaussianMixture(np.full(k, 1 / k), x[:k], np.ones(k), "spherical")
        Plane(x).rgba(SimpleNamespace(model=model, q=model.posterior(x)))
    model = GaussianMixture(np.full(9, 1 / 9), x[:9], np.ones(9), "spherical")
    with pytest.raises(ValueError, match="at most 8 components"):
        Plane(x).rgba(SimpleNamespace(model=model, q=model.posterior(x)))


def test_bad_data_and_states(faithful):
    x, steps = faithful
    with pytest.raises(ValueError, match=r"x: has 3 columns .* choose one or two columns"):
        mixture(np.zeros((5, 3)))
    with pytest.raises(ValueError, match=r"x: has shape \(5,\)"):
        mixture(np.zeros(5))
    with pytest.raises(ValueError, match="x: empty, NaN or infinite"):
        mixture(np.array([[0.0, np.nan]]))
    with pytest.raises(ValueError, match="labels: 1 given for 2"):
        mixture(x, labels=("only one",))
    with pytest.raises(ValueError, match=r"state: q has shape \(272, 2\), not \(271, 2\)"):
        Plane(x[1:]).rgba(steps[0])
    with pytest.raises(ValueError, match="state: the model has D = 2, the data drawn D = 1"):
        Histogram(x[:, :1]).rgba(steps[0])
    with pytest.raises(ValueError, match=r"state: this picture needs \.q and \.model"):
        Plane(x).rgba(3)
    for empty in (lambda: FitScene(x, []), lambda: Ascent([])):
        with pytest.raises(ValueError, match="steps: empty"):
            empty()


# The ascent

def test_ascent_shows_the_past_and_the_present_only(faithful):
    _, steps = faithful
    ascent = Ascent(steps)
    for i in (0, 1, 30, len(steps) - 1):
        ascent.rgba(steps[i])
        t, log_lik = ascent._log_lik.get_data()
        np.testing.assert_array_equal(t, 0.5 * (1 + np.arange(i + 1)))
        np.testing.assert_array_equal(log_lik, [s.bound.log_lik for s in steps[:i + 1]])
        np.testing.assert_array_equal(ascent._elbo.get_ydata(), [s.bound.elbo for s in steps[:i + 1]])
        assert ascent._now_log_lik.get_xdata()[0] == t[-1]


def test_ascent_draws_the_states_own_bound(faithful):
    _, steps = faithful
    ascent = Ascent(steps)
    lo, hi = ascent.limits
    ascent.rgba(a_step(3, "M", None, None, a_bound((lo + hi) / 2, 1.0)))
    assert ascent._log_lik.get_ydata()[-1] == (lo + hi) / 2 and len(ascent._log_lik.get_ydata()) == 6
    ascent.rgba(a_step(3, "M", None, None, a_bound(lo - 100, math.inf)))
    for line in (ascent._now_log_lik, ascent._now_elbo):
        assert line.get_marker() == "v" and line.get_ydata()[0] == lo    # an arrow at the edge
    ascent.rgba(a_step(3, "M", None, None, a_bound(hi + 100, 0.0)))
    assert ascent._now_elbo.get_marker() == "^"


def test_ascent_is_not_flattened_by_a_bad_start(faithful):
    _, steps = faithful
    values = [s.bound.log_lik for s in steps]
    assert values[1] - values[0] > 4 * (values[-1] - values[1])          # the start is that bad
    lo, hi = Ascent(steps).limits
    assert values[0] < lo < values[1] < values[-1] < hi


def test_ascent_wants_steps_in_order(faithful):
    _, steps = faithful
    with pytest.raises(ValueError, match="steps: not in order"):
        Ascent(steps[::-1])
    with pytest.raises(ValueError, match="has no t and kind"):
        Ascent(steps).rgba(a_bound(0.0, 0.0))


# The whole picture

def test_fit_blit_equals_full_draw_and_forgets_the_past(faithful, faithful_1d):
    for x, steps in (faithful, faithful_1d):
        scene = FitScene(x, steps)
        first = scene.rgba(steps[3])
        scene.rgba(steps[-1])
        np.testing.assert_array_equal(scene.rgba(steps[3]), first)
        figure = scene.figure(steps[3])
        figure.canvas.draw()
        np.testing.assert_array_equal(np.array(figure.canvas.buffer_rgba()), first)


def test_the_first_axes_are_those_of_the_data(faithful):
    x, steps = faithful
    scene = FitScene(x, steps)
    u, v = scene.to_picture(*x[7])
    assert scene.to_data(u, v) == pytest.approx(tuple(x[7]))
    assert scene.to_data(0.99, 0.5) is None


# Style

SEES = {    # Viénot, Brettel & Mollon (1999) and Brettel (1997): linear RGB as seen without one kind of cone
    "everything": np.eye(3),
    "no L cones": np.array([[0.11238, 0.88762, 0], [0.11238, 0.88762, 0], [0.00401, -0.00401, 1]]),
    "no M cones": np.array([[0.29275, 0.70725, 0], [0.29275, 0.70725, 0], [-0.02234, 0.02234, 1]]),
}


def lab(colours, sight):
    """CIE L*a*b* (K, 3) of sRGB colours as seen with one kind of sight."""
    rgb = np.array([to_rgb(c) for c in colours])
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4) @ SEES[sight].T
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    xyz = np.clip(linear, 0, 1) @ to_xyz.T / [0.9505, 1.0, 1.089]
    f = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    return np.stack([116 * f[:, 1] - 16, 500 * (f[:, 0] - f[:, 1]), 200 * (f[:, 1] - f[:, 2])], axis=1)


@pytest.mark.parametrize("sight", SEES)
def test_colours_can_be_told_apart(sight):
    for colours, least in ((style.COMPONENTS[:4], 25), (style.COMPONENTS, 9),
                           ((style.LOG_LIK, style.ELBO, style.KL, style.Q, style.POSTERIOR), 18)):
        points = lab(colours, sight)
        for i, j in itertools.combinations(range(len(colours)), 2):
            assert np.linalg.norm(points[i] - points[j]) >= least, (colours[i], colours[j])


def test_never_colour_alone():
    """Eight components differ by marker and by line style, too; the KL is hatched and the ELBO is not."""
    x = np.linspace(0, 9, 40)[:, None]
    model = GaussianMixture(np.full(8, 1 / 8), x[::5], np.ones(8), "spherical")
    state, histogram = SimpleNamespace(model=model, q=model.posterior(x)), Histogram(x)
    histogram.rgba(state)
    means, curves = histogram._means, histogram._curves
    for looks in ([path.vertices.tobytes() for path in means.get_paths()], map(tuple, means.get_facecolor()),
                  map(str, curves.get_linestyle()), map(tuple, curves.get_color())):
        assert len(set(looks)) == 8
    bar = IdentityBar((-10, 0))
    bar.rgba(a_bound(-1.0, 3.0))
    assert bar._kl.get_hatch() and not bar._elbo.get_hatch()


# Marks that pictures share


def marked(size=(4.0, 2.0)):
    """Axes from 0 to 10, both ways, 0.8 of their figure wide and 0.6 high."""
    figure = Figure(figsize=size, dpi=100)
    axes = figure.add_axes((0.1, 0.2, 0.8, 0.6))
    axes.set(xlim=(0, 10), ylim=(0, 10))
    return axes


def test_names_above_stand_side_by_side_in_their_colours():
    axes = marked()
    names = [("log p(x|θ)", style.LOG_LIK), ("ELBO", style.ELBO), ("Wwwww", style.KL)]
    texts = names_above(axes, names, space=10)
    boxes = [t.get_window_extent() for t in texts]
    assert [(t.get_text(), t.get_color()) for t in texts] == names
    assert boxes[0].x0 == pytest.approx(axes.bbox.x0, abs=2) and all(b.y0 > axes.bbox.y1 for b in boxes)
    for left, right in itertools.pairwise(boxes):
        assert right.x0 - left.x1 == pytest.approx(10 * 100 / 72, abs=3), "10 points"


def test_the_gap_is_hatched_and_never_upside_down():
    axes = marked()
    gap = Gap(axes, 0.5)
    for x, low, high, height in ((3, -2, 5, 7), (4, 5, 5, 0), (4, 6, 5, 0)):
        gap.put(x, low, high)
        assert (gap.patch.get_x() + 0.25, gap.patch.get_y(), gap.patch.get_height()) == (x, low, height)
    assert gap.patch.get_hatch() == style.KL_HATCH


@pytest.mark.parametrize("y, shown, marker", [
    (5, 5, "o"), (0, 0, "o"), (10, 10, "o"), (-1e-9, 0, "v"), (-math.inf, 0, "v"), (10.1, 10, "^"), (math.inf, 10, "^"),
    (math.nan, math.nan, "o")])
def test_a_marker_beyond_the_window_is_an_arrow_at_its_edge(y, shown, marker):
    axes = marked()
    line, = axes.plot([], [])
    assert put_marker(line, 3, y, (0, 10), "o") == pytest.approx(shown, nan_ok=True)
    assert line.get_marker() == marker and line.get_xdata()[0] == 3
    assert line.get_ydata()[0] == pytest.approx(shown, nan_ok=True)


def test_a_row_of_a_table_has_its_name_left_and_its_number_right():
    axes = marked()
    for text in write_row(axes, 0.5, "name", "12.34", style.ELBO, left=0.1, right=0.9):
        assert text.get_color() == style.ELBO
    name, number = (text.get_window_extent() for text in axes.texts)
    assert name.x0 == pytest.approx(40 + 32, abs=2) and number.x1 == pytest.approx(40 + 288, abs=2)

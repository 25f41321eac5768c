"""What every scene promises: exact sizes, blits equal to full draws, pictures that depend on the state alone."""
import io
import subprocess
import sys
import threading

import matplotlib
import numpy as np
import pytest
from PIL import Image

from emlib.draw.film import animate, filmstrip, spread
from emlib.draw.scene import Part, Together, encode


class Dot(Part):
    """A dot at (state, 0.5), a line and a number; raises at 13."""

    size = (4.0, 2.0)
    rect = (0.2, 0.2, 0.7, 0.7)

    def __init__(self):
        self.builds = 0

    def build_in(self, axes):
        self.builds += 1
        axes.set(xlim=(0, 10), ylim=(0, 1))
        # low z-orders and wide strokes, on purpose: they would run under spines and ticks in a full draw
        self.line, = axes.plot([], [], "o-", markersize=30, linewidth=20, zorder=-1, clip_on=False)
        self.text = axes.text(0.1, 0.8, "", transform=axes.transAxes, zorder=0.5)
        return [self.text, self.line]

    def update(self, state):
        self.line.set_data([0, state], [0, 0.5])
        if state == 13:
            raise ArithmeticError("no picture of 13")
        self.text.set_text(str(state))

    def sentence(self, state):
        return f"The dot is at {state}."


def drawn(figure):
    figure.canvas.draw()
    return np.array(figure.canvas.buffer_rgba())


@pytest.mark.parametrize("scale", [1, 1.1, 1.25, 1.5, 1.7777, 2, 2.625, 3, 4])
@pytest.mark.parametrize("size", [(9.0, 3.6), (4.61, 2.13)])
def test_size_is_exact_at_every_pixel_ratio(scale, size):
    dot = Dot()
    dot.size = size
    for state in (0, 5):
        frame = dot.rgba(state, scale)
        assert frame.shape == (round(size[1] * 100 * scale), round(size[0] * 100 * scale), 4)
        assert frame.dtype == np.uint8


@pytest.mark.parametrize("scene", [Dot(), Together([(Dot(), (0.1, 0.2, 0.35, 0.7)), (Dot(), (0.6, 0.2, 0.35, 0.7))])])
def test_blit_equals_full_draw_to_the_pixel(scene):
    for state in (0, 3, 10):
        np.testing.assert_array_equal(scene.rgba(state), drawn(scene.figure(state)))


def test_picture_depends_on_the_state_alone():
    dot = Dot()
    first = {s: dot.rgba(2, s) for s in (1, 2, 1.5)}
    other = dot.rgba(7)
    assert (other != first[1]).any()
    for s in (1.5, 1, 2, 1):
        np.testing.assert_array_equal(dot.rgba(2, s), first[s])
    assert dot.builds == 1                              # one set of artists for all scales


def test_frames_do_not_share_memory():
    dot = Dot()
    frame = dot.rgba(2)
    kept = frame.copy()
    dot.rgba(7)
    np.testing.assert_array_equal(frame, kept)


def test_error_in_update_passes_through_and_the_next_state_repairs_it():
    dot = Dot()
    good = dot.rgba(4)
    with pytest.raises(ArithmeticError, match="13"):
        dot.rgba(13)
    np.testing.assert_array_equal(dot.rgba(4), good)
    fresh = Dot()
    with pytest.raises(ArithmeticError):
        fresh.rgba(13)
    np.testing.assert_array_equal(fresh.rgba(4), good)


def test_error_in_build_passes_through_and_is_tried_again():
    class Late(Dot):
        def build_in(self, axes):
            artists = super().build_in(axes)
            if self.builds == 1:
                raise ArithmeticError("not yet")
            return artists
    late = Late()
    with pytest.raises(ArithmeticError, match="not yet"):
        late.rgba(1)
    np.testing.assert_array_equal(late.rgba(1), Dot().rgba(1))


@pytest.mark.parametrize("scale", [1, 2.5])
def test_to_data_finds_the_dot_where_it_is_drawn(scale):
    dot = Dot()
    dot.rgba(5, scale)
    x, y = dot.to_data(0.2 + 0.7 * 0.3, 1 - (0.2 + 0.7 * 0.9))      # 30 % along, 90 % up the axes
    assert (x, y) == pytest.approx((3, 0.9))
    assert dot.to_data(*dot.to_picture(6.5, 0.25)) == pytest.approx((6.5, 0.25))
    assert dot.to_data(0.05, 0.5) is None and dot.to_data(0.5, 0.95) is None


def test_to_data_of_the_second_axes():
    both = Together([(Dot(), (0.1, 0.2, 0.35, 0.7)), (Dot(), (0.6, 0.2, 0.35, 0.7))])
    assert both.to_data(0.6 + 0.35 / 2, 0.45, axes=1) == pytest.approx((5, 0.5))
    assert both.to_data(0.6 + 0.35 / 2, 0.45, axes=0) is None
    with pytest.raises(ValueError, match="axes: 2 does not exist"):
        both.to_data(0.5, 0.5, axes=2)


@pytest.mark.parametrize("scale", [0, 0.5, 4.1, -1, float("nan")])
def test_bad_scale_is_refused_by_name(scale):
    with pytest.raises(ValueError, match=r"scale: .* pixel ratio"):
        Dot().rgba(1, scale)


def test_threads_draw_what_one_thread_draws():
    scenes = [Dot() for _ in range(4)]
    alone = [Dot().rgba(s) for s in range(8)]
    wrong = []

    def work(scene):
        for turn in range(24):
            scale = 1 + turn % 3 // 2
            frame = scene.rgba(turn % 8, scale)
            if scale == 1 and (frame != alone[turn % 8]).any():
                wrong.append(turn)

    threads = [threading.Thread(target=work, args=(scenes[i % 3],)) for i in range(4)]   # two share a scene
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_a_figure_is_the_readers_own():
    dot = Dot()
    frame = dot.rgba(4)
    figure = dot.figure(4)
    figure.axes[0].set_title("mine")
    figure.savefig(io.BytesIO(), format="svg")
    np.testing.assert_array_equal(dot.rgba(4), frame)


def test_the_readers_settings_neither_leak_in_nor_change():
    plain = Dot().rgba(4)
    with matplotlib.rc_context({"axes.facecolor": "black", "font.size": 30, "lines.linewidth": 9,
                                "xtick.labelsize": 30, "axes.grid": True}):
        before = dict(matplotlib.rcParams)
        np.testing.assert_array_equal(Dot().rgba(4), plain)
        assert dict(matplotlib.rcParams) == before


def test_no_pyplot():
    code = "import sys, emlib.draw; sys.exit('matplotlib.pyplot' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def opened(data):
    return np.array(Image.open(io.BytesIO(data)).convert("RGB"), dtype=int)


def test_encodings():
    frame = Dot().rgba(4)
    rgb = frame[..., :3].astype(int)
    np.testing.assert_array_equal(opened(encode(frame, "png")), rgb)
    # the palette rounds colours, but no pixel may look different
    assert np.abs(opened(encode(frame, "png8")) - rgb).max() <= 40
    assert np.abs(opened(encode(frame, "png8")) - rgb).mean() < 0.2
    assert (opened(encode(frame, "png8"))[0, 0] == 255).all()
    assert np.abs(opened(encode(frame, "jpeg")) - rgb).mean() < 2
    assert len(encode(frame, "png8")) < len(encode(frame, "png"))
    with pytest.raises(ValueError, match="fmt: 'tiff'"):
        encode(frame, "tiff")


def test_filmstrip_shows_first_and_last_in_reading_order():
    dot, states = Dot(), list(range(10))
    page = opened(filmstrip(dot, states, n=3))
    height, width = 200, 400
    assert page.shape == (2 * height + 4, 2 * width + 4, 3)
    places = [(0, 0), (0, width + 4), (height + 4, 0)]
    for (y, x), state in zip(places, (0, 4, 9), strict=True):
        frame = dot.rgba(state)[..., :3].astype(int)
        assert np.abs(page[y:y + height, x:x + width] - frame).mean() < 1
    assert opened(filmstrip(dot, states, n=4, columns=4)).shape == (height, 4 * width + 12, 3)


def test_spread():
    assert spread(58, 4) == [0, 19, 38, 57]
    assert spread(3, 10) == [0, 1, 2]
    assert spread(5, 1) == [4]
    for n in (0, -1, 2.5, "3", None):
        with pytest.raises(ValueError, match="n: "):
            spread(5, n)


def test_gif_has_every_frame(tmp_path):
    dot = Dot()
    path = animate(dot, [1, 5, 9], tmp_path / "a.gif", fps=5)
    image = Image.open(io.BytesIO(path.read_bytes()))
    assert image.n_frames == 3 and image.size == (400, 200) and image.info["duration"] == 200
    for i, state in enumerate((1, 5, 9)):
        image.seek(i)
        difference = np.abs(np.array(image.convert("RGB"), dtype=int) - dot.rgba(state)[..., :3])
        assert difference.mean() < 1
    assert image.info["loop"] == 0, "it plays without end"


def test_bad_input_to_films(tmp_path):
    for call in (lambda: filmstrip(Dot(), []), lambda: animate(Dot(), [], tmp_path / "a.gif")):
        with pytest.raises(ValueError, match="states: empty"):
            call()
    with pytest.raises(ValueError, match=r"path: 'a.avi' must end in .gif; a Stage writes a page"):
        animate(Dot(), [1], tmp_path / "a.avi")
    for fps in (0, -1, float("nan"), 1e9):
        with pytest.raises(ValueError, match="fps: "):
            animate(Dot(), [1], tmp_path / "a.gif", fps=fps)
    with pytest.raises(ValueError, match="parts: empty"):
        Together([])


class Named(Together):
    """Two dots under a title that says where they are."""

    def title(self, state):
        return f"{state} of 9"


def test_a_title_follows_the_state():
    parts = [(Dot(), (0.1, 0.2, 0.8, 0.6))]
    named, plain = Named(parts, (4.0, 2.0), title=(0.1, 0.88)), Together(parts, (4.0, 2.0))
    for state in (3, 8, 3):
        frame = named.rgba(state)
        assert named.figure(state).texts[0].get_text() == f"{state} of 9"
        differs = (frame != plain.rgba(state)).any(axis=(1, 2))
        assert differs[:28].any() and not differs[40:].any(), "the title alone, and above"
    np.testing.assert_array_equal(named.rgba(3), drawn(named.figure(3)))


def test_boxes_are_where_the_axes_stand():
    both = Together([(Dot(), (0.1, 0.2, 0.35, 0.7)), (Dot(), (0.6, 0.2, 0.35, 0.7))])
    assert np.allclose(both.boxes(), [(0.1, 0.1, 0.45, 0.8), (0.6, 0.1, 0.95, 0.8)])
    for axes, (left, top, right, bottom) in enumerate(both.boxes()):
        assert both.to_data(left, bottom, axes) == pytest.approx((0, 0))
        assert both.to_data(right, top, axes) == pytest.approx((10, 1))

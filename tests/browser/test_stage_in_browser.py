"""The stage in real front ends: what is on screen is the kernel's own frame, by mouse and by keyboard."""

import os
import re
import signal

import front_ends
import numpy as np
import pytest
import toy_scene
from front_ends import FRONT_ENDS, decoded, kernel_frame, pixels, run_code, until

from emlib.live.stage import Stage

MAKE = """
import toy_scene
from emlib.live.stage import Stage
def stage(**more):
    s = Stage(toy_scene.Toy(), toy_scene.states(), alt="toy", handles=toy_scene.handles,
              on_drag=lambda n, x, y: toy_scene.moved(s, n, x, y),
              on_hover=lambda x, y, axes: f"here {x:.1f}, {y:.1f} in {axes}", **more)
    return s
"""
ONE = (MAKE + "s = stage()\ns",)
LATE = (MAKE + "s = stage(interval=60)\n"                     # a kernel that takes its time for every answer
        "def late(m, answer=s._answer):\n    import time; time.sleep(0.4); answer(m)\n"
        "s._answer = late\ns",)
COUNT = "window.jupyterapp.shell.currentWidget.content.widgets[1].model.executionCount"
KERNEL = "window.jupyterapp.shell.currentWidget.sessionContext.session.kernel"
PNG8 = "s._frame({})[0]"
NOW = "__import__('emlib.draw.scene', fromlist=['x']).encode(s._scene.rgba(s.state), 'png')"

# every paint is noted: how often, the canvas height, and whether anything but one colour is there
WATCH = """() => { window.paints = []; for (const name of ['drawImage', 'putImageData']) {
  const old = CanvasRenderingContext2D.prototype[name];
  CanvasRenderingContext2D.prototype[name] = function (...a) { old.apply(this, a); const c = this.canvas;
    paints.push([performance.now(), c.width, c.height, c.closest('.emlib-stage')?.getBoundingClientRect().height]);
  }; } }"""


def whole(page, n=61, stage=0):
    """Wait until the bank is complete."""
    root = page.locator(".emlib-stage").nth(stage)
    root.wait_for(timeout=30_000)
    until(lambda: root.get_attribute("data-frames") == str(n), 20, "the bank was not complete")
    return root


def same(a, b):
    return a.shape == b.shape and (a == b).all()


def shows(canvas, expected, timeout=10.0, say="the canvas does not show the kernel's frame"):
    until(lambda: same(pixels(canvas), expected), timeout, say)


def here(stage, i):
    """The frame i of the toy, drawn in this process: the same code and the same fonts as in the kernel."""
    return decoded(stage._frame(i)[0])


@pytest.fixture(scope="module")
def toy():
    return Stage(toy_scene.Toy(), toy_scene.states())


def spot(canvas, page, name, stage="s"):
    """Screen place of a handle, asked from the kernel."""
    place = run_code(page, f"print(*{stage}.scene.to_picture(*getattr({stage}.state, {name!r})))")
    x, y = (float(v) for v in place.split())
    box = canvas.bounding_box()
    return box["x"] + x * box["width"], box["y"] + y * box["height"]


@pytest.mark.parametrize("front", FRONT_ENDS)
def test_each_front_end_scrubs_steps_and_plays_the_kernels_frames(notebook, toy, front):
    page = notebook(*ONE, front=front)
    root = whole(page)
    canvas, slider = root.locator("canvas"), root.locator("input")
    shows(canvas, here(toy, 0))
    slider.focus()
    for key, i in [("ArrowRight", 1), ("ArrowRight", 2), ("ArrowLeft", 1), ("End", 60), ("Home", 0)]:
        page.keyboard.press(key)
        shows(canvas, here(toy, i), say=f"{key} did not lead to frame {i}")
        assert root.locator("p").first.inner_text() == toy.scene.sentence(toy.states[i])
    root.get_by_label("Next step").click()
    shows(canvas, here(toy, 1))
    slider.evaluate("e => { e.value = 57; e.dispatchEvent(new Event('input')); }")
    root.get_by_label("Play").click()
    shows(canvas, here(toy, 60))


@pytest.mark.parametrize("front", FRONT_ENDS)
def test_a_handle_is_dragged_by_mouse_and_moved_by_keys(notebook, toy, front):
    page = notebook(*ONE, front=front)
    root = whole(page)
    canvas, view, text = root.locator("canvas"), root.locator(".view"), root.locator("p").first
    box = canvas.bounding_box()
    ax, ay = toy.scene.to_picture(*toy.states[0].a)
    x, y = box["x"] + ax * box["width"], box["y"] + ay * box["height"]
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 151, y - 60, steps=12)
    page.mouse.up()
    where = toy.scene.to_data((x + 151 - box["x"]) / box["width"], (y - 60 - box["y"]) / box["height"])
    drawn = toy.states[0]._replace(a=where)
    until(lambda: text.inner_text() == toy.scene.sentence(drawn), say="the last place of the hand is not the state")
    got = pixels(canvas)
    # two floats that differ in the last digit may round to another shade at an edge, no more
    assert (got != toy.scene.rgba(drawn)).any(-1).mean() < 0.001
    # by keyboard: Tab from the cell's output into the picture, arrows move by 8 pixels, Shift by 1
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Shift+ArrowLeft")
    fx, fy = toy.scene.to_picture(*where)
    moved = toy.states[0]._replace(a=toy.scene.to_data(fx + 7 / 900, fy - 8 / 360))
    until(lambda: text.inner_text() == toy.scene.sentence(moved), say="the arrow keys did not move the handle")
    assert root.locator(".ring").is_visible()
    page.keyboard.press("]")
    until(lambda: "second centre" in root.locator(".tip").inner_text())
    page.keyboard.press("Delete")            # no on_remove: nothing happens, and the cell is still there
    page.keyboard.press("d")
    page.keyboard.press("d")
    assert view.is_visible()


def test_a_click_moves_nothing_and_a_pixel_does(notebook, toy):
    page = notebook(MAKE + "heard = []\n"
                    "note = lambda kind, make=lambda *a: None: lambda *a: (heard.append(kind), make(*a))[1]\n"
                    "s = Stage(toy_scene.Toy(), toy_scene.states(), index=20, handles=toy_scene.handles,\n"
                    "          on_drag=note('drag', lambda n, x, y: toy_scene.moved(s, n, x, y)),\n"
                    "          on_drop=note('drop'), on_click=note('click'))\ns")
    root = whole(page)
    canvas = root.locator("canvas")
    for k, name in enumerate(["a", "b", "a"], 1):
        page.mouse.click(*spot(canvas, page, name))
        until(lambda k=k: run_code(page, "print(*heard)").split() == ["click"] * k, say="the click is not heard")
        assert run_code(page, "print(s.index, s.state is s.states[20], repr(s.error))").split() == ["20", "True", "''"]
        shows(canvas, here(toy, 20))
    x, y = spot(canvas, page, "a")
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 1, y)
    page.mouse.up()
    until(lambda: run_code(page, "print(*heard[3:])").split() == ["drag", "drop"], say="a pixel is no drag")
    shows(canvas, kernel_frame(page, NOW))
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    until(lambda: run_code(page, "print(*heard[5:])").split() == ["click", "drag", "drop"], say="keys are not heard")


def test_play_is_not_thrown_back_by_what_the_kernel_was_told_before(notebook, toy, page, server):
    """The kernel's echo of an index arrives when Play has gone on; it must not win."""
    hold, told = server["root"] / "hold_echo", []
    page.on("websocket", lambda ws: ws.on("framesent", lambda data: told.append(data)))
    hold.touch()
    notebook(MAKE + "s = stage(interval=60)\n"                # a kernel that takes in nothing while the file is there
             "def held(message, take=s._handle_msg):\n    import os, time\n"
             "    while os.path.exists('hold_echo'): time.sleep(0.02)\n    take(message)\n"
             "s.comm.on_msg(held)\ns")
    root = whole(page)
    root.locator("input").evaluate("e => { e.value = 20; e.dispatchEvent(new Event('input')); }")
    until(lambda: page.wait_for_timeout(20) or any('"index":20' in f"{frame}" for frame in told),
          say="the kernel is not told")
    root.get_by_label("Play").click()
    until(lambda: int(root.locator("output").inner_text().split(" /")[0]) >= 24, say="Play does not start")
    hold.unlink()                                             # now it answers
    shows(root.locator("canvas"), here(toy, 60), 20, "Play stopped on the way")
    until(lambda: run_code(page, "print(s.index)").strip() == "60", say="the kernel was not told where it stopped")


def test_a_mouse_over_the_picture_does_not_throw_play_back(notebook, toy):
    """Each look asks the kernel, and tells it where Play was then; its answer must not bring the picture back."""
    page = notebook(*LATE)
    root = whole(page)
    box = root.locator("canvas").bounding_box()
    root.locator("input").evaluate("e => { e.value = 20; e.dispatchEvent(new Event('input')); }")
    root.get_by_label("Play").click()
    for k in range(30):
        page.mouse.move(box["x"] + 300 + 5 * k, box["y"] + 100)
        page.wait_for_timeout(40)
    shows(root.locator("canvas"), here(toy, 60), 20, "Play stopped on the way")
    until(lambda: run_code(page, "print(s.index)").strip() == "60", say="the kernel was not told where it stopped")


@pytest.mark.parametrize("front", ["lab", "notebook"])
def test_home_and_end_on_the_picture_lead_through_the_bank_and_never_scroll(notebook, toy, front):
    page = notebook(MAKE + "s = stage()\none = Stage(toy_scene.Toy(), [toy_scene.State()], "
                    "handles=toy_scene.handles, on_drag=lambda *a: None)\ns",
                    "one", *["print('a line\\n' * 40)"] * 3, front=front)
    first, second = (page.locator(".emlib-stage").nth(k) for k in (0, 1))
    whole(page)
    view, text = first.locator(".view"), first.locator("p").first
    x, y = spot(first.locator("canvas"), page, "a")
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 80, y + 30, steps=3)
    page.mouse.up()
    until(lambda: text.inner_text() not in [toy.scene.sentence(state) for state in toy.states])
    top = view.bounding_box()["y"]
    for key, i in (("Home", 0), ("End", 60), ("Home", 0)):
        page.keyboard.press(key)
        shows(first.locator("canvas"), here(toy, i), say=f"{key} did not lead to frame {i}")
        until(lambda i=i: run_code(page, "print(s.state == s.states[s.index], s.index)").split() == ["True", str(i)],
              say="Python believes in a state that was left")
    page.wait_for_timeout(300)                                # scrolling may be smooth
    assert view.bounding_box()["y"] == top, "the page was scrolled away"
    second.locator(".view").focus()                           # one state: nowhere to go, and nothing to scroll
    top = second.bounding_box()["y"]
    for key in ("End", "Home"):
        page.keyboard.press(key)
        page.wait_for_timeout(300)
        assert second.bounding_box()["y"] == top, f"{key} scrolled the page away"


def test_tab_enters_chooses_and_leaves(notebook):
    page = notebook(*ONE)
    root = whole(page)
    view, tip = root.locator(".view"), root.locator(".tip")
    root.locator("button").first.focus()
    page.keyboard.press("Shift+Tab")
    assert view.evaluate("e => e === document.activeElement")
    until(lambda: "first centre" in tip.inner_text())
    page.keyboard.press("Tab")
    until(lambda: "second centre" in tip.inner_text())
    page.keyboard.press("Tab")
    until(lambda: "free place" in tip.inner_text())
    page.keyboard.press("ArrowUp")
    until(lambda: re.match(r"here -?\d", tip.inner_text()), say="the free place is not read")
    page.keyboard.press("Tab")
    assert root.locator("button").first.evaluate("e => e === document.activeElement"), "Tab does not leave the picture"


def test_the_picture_is_the_kernels_frame_to_the_pixel(notebook):
    page = notebook(*ONE)
    canvas = whole(page).locator("canvas")
    for i in (0, 17, 60):
        run_code(page, f"s.index = {i}")
        shows(canvas, kernel_frame(page, PNG8.format(i)))
    for x in (-1.5, 0.3, 2.0):
        run_code(page, f"s.show(toy_scene.State(a=({x}, 1.0), t=30))")
        shows(canvas, kernel_frame(page, NOW))
    run_code(page, "s.set_states([toy_scene.State(t=5 * t) for t in range(9)])")
    whole(page, 9)
    assert page.locator(".emlib-stage output").inner_text() == "8 / 8"
    shows(canvas, kernel_frame(page, PNG8.format(8)))


def test_after_a_fast_drag_the_last_state_wins_and_nothing_flickers(notebook):
    page = notebook(*ONE)
    page.evaluate(WATCH)
    canvas = whole(page).locator("canvas")
    x, y = spot(canvas, page, "a")
    page.mouse.move(x, y)
    page.mouse.down()
    for k in range(150):
        page.mouse.move(x + k, y + (k % 5) * 10)
    page.mouse.move(x + 200, y + 20)
    page.mouse.up()
    want = run_code(page, "import json; x, y = s._scene.to_picture(*toy_scene.states()[0].a);"
                          "p = s._scene.to_data(x + 200 / 900, y + 20 / 360); print(p[0], p[1])").split()
    want = np.array(want, float)
    until(lambda: np.allclose(np.array(run_code(page, "print(*s.state.a)").split(), float), want, atol=1e-6))
    shows(canvas, kernel_frame(page, NOW))
    paints = page.evaluate("paints")
    assert len(paints) >= 3
    assert {tuple(p[1:3]) for p in paints} == {(900, 360)}, "a frame of another size"
    assert len({p[3] for p in paints}) == 1, "the panel changed its height"
    assert run_code(page, "print(repr(s.error))").strip() == "''"


def test_an_error_is_shown_in_words_and_the_next_good_state_clears_it(notebook):
    page = notebook(MAKE + "s = stage()\n"
                    "def bad(n, x, y):\n"
                    "    if x > 0: raise ValueError('x must not be positive')\n"
                    "    return toy_scene.moved(s, n, x, y)\n"
                    "s._hand.on['drag'] = bad\ns")
    root = whole(page)
    canvas, alert = root.locator("canvas"), root.get_by_role("alert")
    x, y = spot(canvas, page, "a")
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 300, y)
    until(alert.is_visible)
    assert "x must not be positive" in alert.inner_text() and "bad" in alert.inner_text()
    assert "x must not be positive" in run_code(page, "print(s.error)")
    ring, a = root.locator(".ring").bounding_box(), spot(canvas, page, "a")
    assert abs(ring["x"] + ring["width"] / 2 - a[0]) < 2, "the ring stays where the move was refused"
    page.mouse.move(x + 40, y)
    page.mouse.up()
    until(lambda: not alert.is_visible())
    assert run_code(page, "print(repr(s.error))").strip() == "''"


def test_a_state_of_the_bank_that_fails_is_named_when_it_is_reached_and_only_then(notebook, toy):
    page = notebook(MAKE + "s = Stage(toy_scene.Toy(), [*toy_scene.states(5), 'broken', *toy_scene.states(61)[6:]])\ns")
    root = whole(page)
    canvas, alert = root.locator("canvas"), root.get_by_role("alert")
    assert not alert.is_visible()
    root.locator("input").evaluate("e => { e.value = 4; e.dispatchEvent(new Event('input')); }")
    shows(canvas, here(toy, 4))
    root.locator("input").focus()
    page.keyboard.press("ArrowRight")
    until(alert.is_visible)
    assert "AttributeError" in alert.inner_text() and root.locator("p").first.inner_text() == ""
    until(lambda: "AttributeError" in run_code(page, "print(s.error)"))
    page.keyboard.press("ArrowRight")
    shows(canvas, here(toy, 6))
    until(lambda: not alert.is_visible(), say="the next good state does not clear it")
    assert root.locator("p").first.inner_text() == toy.scene.sentence(toy.states[6])


def test_two_copies_on_a_page_are_independent(notebook, toy):
    page = notebook(MAKE + "s, r = stage(), stage()\nimport ipywidgets\nipywidgets.VBox([s, r])")
    one, two = whole(page, stage=0), whole(page, stage=1)
    one.locator("input").focus()
    page.keyboard.press("End")
    shows(one.locator("canvas"), here(toy, 60))
    shows(two.locator("canvas"), here(toy, 0))
    run_code(page, "r.show(toy_scene.State(t=33))")
    until(lambda: "step 33" in two.locator("p").first.inner_text())
    shows(one.locator("canvas"), here(toy, 60))


def test_two_views_of_one_stage_move_together(notebook, toy):
    page = notebook(*ONE, "s")
    page.locator(".emlib-stage").nth(1).wait_for(timeout=30_000)
    one, two = whole(page, stage=0), whole(page, stage=1)
    one.locator("input").focus()
    page.keyboard.press("End")
    shows(two.locator("canvas"), here(toy, 60))


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="a process cannot be made to wait on this system")
def test_a_linked_slider_scrubs_without_the_kernel(notebook, toy):
    page = notebook(MAKE + "import ipywidgets as w\ns = stage()\nslider = w.IntSlider(max=60)\n"
                    "link = w.jslink((slider, 'value'), (s, 'index'))\nw.VBox([slider, s])")
    root = whole(page)
    shows(root.locator("canvas"), here(toy, 0))
    kernel = int(run_code(page, "import os; print(os.getpid())"))
    os.kill(kernel, signal.SIGSTOP)                           # whatever is shown now is the browser's own doing
    try:
        page.locator(".noUi-handle").focus()
        for _ in range(3):
            page.keyboard.press("ArrowRight")
        shows(root.locator("canvas"), here(toy, 3))
    finally:
        os.kill(kernel, signal.SIGCONT)
    until(lambda: run_code(page, "print(s.index, slider.value)").split() == ["3", "3"], say="the kernel hears nothing")


def test_under_run_all_the_bank_does_not_wait_behind_a_busy_cell(notebook, server):
    hold = server["root"] / "hold_cell"
    hold.touch()
    page = notebook(*ONE, "import os, time\nwhile os.path.exists('hold_cell'): time.sleep(0.02)", run=False)
    front_ends.run_all(page, wait=False)
    root = page.locator(".emlib-stage")
    root.wait_for(timeout=30_000)
    until(lambda: root.get_attribute("data-frames") == "61", 60, "the bank waited for the busy cell")
    # the cell itself is asked: the kernel's status also turns idle after each message of another thread
    assert page.evaluate(COUNT) is None
    hold.unlink()
    until(lambda: page.evaluate(COUNT) == 2, 15, "the busy cell never ended")


def test_a_killed_kernel_leaves_the_last_picture_and_says_so(notebook, toy):
    page = notebook(*ONE)
    root = whole(page)
    root.locator("input").focus()
    page.keyboard.press("End")
    shows(root.locator("canvas"), here(toy, 60))
    page.evaluate(f"async () => {{ await {KERNEL}.restart(); }}")
    tip = root.locator(".tip")
    until(lambda: tip.is_visible() and "run the cell again" in tip.inner_text(), 15, "nothing was said")
    shows(root.locator("canvas"), here(toy, 60))
    page.keyboard.press("Home")                               # the bank is still in the browser
    shows(root.locator("canvas"), here(toy, 0))
    front_ends.run_all(page)
    whole(page)
    until(lambda: not page.locator(".emlib-stage .tip").is_visible())


def test_a_kernel_that_is_killed_leaves_the_last_picture_and_says_so(notebook, toy):
    """SIGKILL, as the system does when memory runs out; the server starts another kernel, which knows no stage."""
    page = notebook(*ONE)
    root = whole(page)
    root.locator("input").focus()
    page.keyboard.press("End")
    shows(root.locator("canvas"), here(toy, 60))
    os.kill(int(run_code(page, "import os; print(os.getpid())")), signal.SIGKILL)
    tip = root.locator(".tip")
    until(lambda: tip.is_visible() and "run the cell again" in tip.inner_text(), 30, "nothing was said")
    shows(root.locator("canvas"), here(toy, 60))
    page.get_by_role("button", name="Ok", exact=True).click(timeout=20_000)         # JupyterLab's own dialog
    root.locator("input").focus()
    page.keyboard.press("Home")                               # the bank is still in the browser
    shows(root.locator("canvas"), here(toy, 0))


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="a process cannot be made to wait on this system")
def test_a_kernel_that_does_not_answer_is_named_and_so_is_its_return(notebook, toy):
    page = notebook(*ONE)
    root = whole(page)
    canvas, tip = root.locator("canvas"), root.locator(".tip")
    x, y = spot(canvas, page, "a")
    kernel = int(run_code(page, "import os; print(os.getpid())"))
    os.kill(kernel, signal.SIGSTOP)
    try:
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x + 50, y, steps=3)
        page.mouse.up()
        until(lambda: "Python is busy" in tip.inner_text(), 5, "a slow kernel is not named")
        until(lambda: "Python does not answer" in tip.inner_text(), 10, "a kernel that does not answer is not named")
        shows(canvas, here(toy, 0))
    finally:
        os.kill(kernel, signal.SIGCONT)
    until(lambda: "Python" not in tip.inner_text(), 10, "it answers again, and the note stays")
    page.keyboard.press("ArrowRight")
    until(lambda: run_code(page, "print(s.state == s.states[0])").strip() == "False")
    shows(canvas, kernel_frame(page, NOW))


def test_a_zoom_or_another_screen_while_open_gets_a_crisp_frame_at_the_new_ratio(notebook):
    page = notebook(*ONE)
    canvas = whole(page).locator("canvas")
    crisp = "__import__('emlib.draw.scene', fromlist=['x']).encode(s._scene.rgba(s.state, {}), 'png8')"
    shows(canvas, kernel_frame(page, crisp.format(1)))
    screen = page.context.new_cdp_session(page)
    # a denser screen; its window differs by a pixel, or the emulation would not tell the page
    for ratio in (2, 3):
        screen.send("Emulation.setDeviceMetricsOverride",
                    {"width": 1250, "height": 1000 + ratio, "deviceScaleFactor": ratio, "mobile": False})
        shows(canvas, kernel_frame(page, crisp.format(ratio)), say=f"no crisp frame at {ratio} pixels for one")
    run_code(page, "s.show(toy_scene.State(t=40))")
    shows(canvas, kernel_frame(page, crisp.format(3)))
    screen.send("Emulation.setDeviceMetricsOverride",         # zoomed to 200 %: half the window, twice the pixels
                {"width": 625, "height": 500, "deviceScaleFactor": 2, "mobile": False})
    until(lambda: canvas.bounding_box()["width"] < 625)
    run_code(page, "s.show(toy_scene.State(t=50))")
    shows(canvas, kernel_frame(page, crisp.format(2)), say="no crisp frame after a zoom")
    assert 900 < 2 * canvas.bounding_box()["width"] <= 1800, "one pixel for one would have been enough"


def test_a_dense_screen_does_not_throw_play_back(browser, server, toy):
    """At rest a dense screen asks for a crisp frame; Play that starts meanwhile goes on."""
    context = browser.new_context(viewport={"width": 1250, "height": 1000}, device_scale_factor=2)
    page = context.new_page()
    front_ends.write_notebook(server["root"] / "dense_play.ipynb", *LATE)
    front_ends.open_notebook(page, server, "dense_play.ipynb")
    root = whole(page)
    for start in (45, 30):
        root.locator("input").evaluate(f"e => {{ e.value = {start}; e.dispatchEvent(new Event('input')); }}")
        page.wait_for_timeout(200)                            # asked at 150 ms, answered while Play runs
        root.get_by_label("Play").click()
        until(lambda: root.locator("output").inner_text() == "60 / 60", 15, "Play stopped on the way")
    front_ends.close(page)
    context.close()


def test_a_dense_or_zoomed_screen_gets_a_crisp_frame(browser, server):
    context = browser.new_context(viewport={"width": 1250, "height": 1000}, device_scale_factor=2)
    page = context.new_page()
    front_ends.write_notebook(server["root"] / "dense.ipynb", *ONE)
    front_ends.open_notebook(page, server, "dense.ipynb")
    canvas = whole(page).locator("canvas")
    crisp = "__import__('emlib.draw.scene', fromlist=['x']).encode(s._scene.rgba(s.state, 2), 'png8')"
    shows(canvas, kernel_frame(page, crisp), say="no crisp frame at rest")
    run_code(page, "s.show(toy_scene.State(t=40))")
    shows(canvas, kernel_frame(page, crisp), say="no crisp frame after a free move")
    assert canvas.bounding_box()["width"] == pytest.approx(900, abs=1)
    front_ends.close(page)
    context.close()


def test_a_page_opened_again_gets_the_bank_back(notebook, server):
    page = notebook(*ONE, "s", front="voila")                 # Voilà opens the page when the cells have run
    whole(page)


NASTY = "<!--<script> a </script> b"


@pytest.mark.parametrize("words", ["", NASTY])
def test_the_page_of_its_own_plays_offline(browser, toy, tmp_path, words):
    """Also where its words would end, or hide, the script that they stand in."""
    if words:
        class Nasty(toy_scene.Toy):
            def sentence(self, state):
                return words + super().sentence(state)
        toy = Stage(Nasty(), toy.states, alt=words, names={"next": words})
    toy.html(tmp_path / "toy.html")
    context = browser.new_context(offline=True)
    page = context.new_page()
    errors, asked = [], []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("request", lambda r: asked.append(r.url))
    page.goto((tmp_path / "toy.html").as_uri())
    root = whole(page)
    canvas = root.locator("canvas")
    shows(canvas, here(toy, 0))
    root.locator("input").focus()
    page.keyboard.press("End")
    shows(canvas, here(toy, 60))
    assert root.locator("p").first.inner_text() == toy.scene.sentence(toy.states[60])
    assert errors == [] and all(u.startswith(("file:", "blob:", "data:")) for u in asked)
    context.close()

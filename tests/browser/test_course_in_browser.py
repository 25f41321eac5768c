"""Every panel of every notebook, in real front ends, by mouse and by keyboard: the kernel's own frame is on screen.

A notebook is opened and run, and on each of its stages the slider, the handles and the controls are moved as a student
would. What the kernel knows is asked past the page, over the kernel's own connection: so it can be in Voilà, too.
"""

import contextlib
import itertools
import json
import os
import pathlib
import re
import shutil

import front_ends
import pytest
from front_ends import until
from jupyter_client import BlockingKernelClient
from jupyter_core.paths import jupyter_runtime_dir

HERE = pathlib.Path(__file__).resolve().parent
NOTEBOOKS = sorted(path.name for path in (HERE.parents[1] / "notebooks").glob("*.ipynb"))
EVERYWHERE = ("03_", "05_", "08_")      # in Notebook 7 and Voilà, too: bars, a curve and means; buttons, menus, a field
CASES = [(name, front) for name in NOTEBOOKS for front in front_ends.FRONT_ENDS
         if front == "lab" or name.startswith(EVERYWHERE)]

# every paint is noted: which stage, the canvas's size, the stage's height, and whether there is more than one colour
WATCH = """() => { window.paints = []; let own = false; const small = document.createElement('canvas');
  small.width = 90; small.height = 36; const g = small.getContext('2d', {willReadFrequently: true});
  for (const name of ['drawImage', 'putImageData']) { const old = CanvasRenderingContext2D.prototype[name];
    CanvasRenderingContext2D.prototype[name] = function (...a) { old.apply(this, a); const c = this.canvas;
      const root = c.closest('.emlib-stage'); if (own || !root) return;
      own = true; g.drawImage(c, 0, 0, 90, 36); own = false;
      const d = new Uint32Array(g.getImageData(0, 0, 90, 36).data.buffer);
      paints.push({stage: [...document.querySelectorAll('.emlib-stage')].indexOf(root), size: [c.width, c.height],
        height: Math.round(root.getBoundingClientRect().height), blank: d.every(v => v === d[0])}); }; } }"""


# the sentence, and a digest of every pixel: to carry them over would take most of the test's time
SHOWN = """async root => { const c = root.querySelector('canvas');
  const digest = await crypto.subtle.digest('SHA-256', c.getContext('2d').getImageData(0, 0, c.width, c.height).data);
  return [root.querySelector('p').textContent,
          [...new Uint8Array(digest)].map(b => b.toString(16).padStart(2, '0')).join('')]; }"""


class Bench:
    """One stage on a page, and what its kernel says about it."""

    def __init__(self, page, ask, k):
        self.page, self.ask, self.k = page, ask, k
        self.root = page.locator(".emlib-stage").nth(k)
        self.root.scroll_into_view_if_needed()
        self.canvas, self.view, self.slider = (self.root.locator(s) for s in ("canvas", ".view", "input"))
        self.panel = self.root.locator("xpath=ancestor::*[contains(concat(' ', @class, ' '), ' widget-vbox ')][1]")

    def look(self):
        """What the kernel says is on the stage."""
        return json.loads(self.ask(f"kernel_side.look({self.k}, globals())"))

    def settled(self, after):
        """Wait until page and kernel agree: picture to the pixel, sentence, no error. Return what the kernel says."""
        now = {}

        def agree():
            now.update(self.look())
            sentence, frame = self.root.evaluate(SHOWN)
            return sentence == now["sentence"] and frame in now["frames"]
        until(agree, 20, f"after {after} the page does not show what the kernel has")
        assert now["error"] == "" and not self.root.get_by_role("alert").is_visible(), f"after {after}"
        return now

    def whole(self):
        """Wait until the bank of now has arrived."""
        def arrived():
            now = self.look()
            return now["n"] == 1 or (self.root.get_attribute("data-epoch") == str(now["epoch"])
                                     and self.root.get_attribute("data-frames") == str(now["n"]))
        until(arrived, 30, "the bank is not complete")
        return self.settled("the bank arrived")

    def heard(self, before, last, after):
        """Wait until the kernel has heard something new, the last of it of the kind `last`."""
        until(lambda: len(h := self.look()["heard"]) > before and h[-1][0] == last, 15, f"{after} is not heard")
        return self.settled(after)

    def at(self, x, y):
        """Place on the page of a point of the picture."""
        box = self.canvas.bounding_box()
        return box["x"] + x * box["width"], box["y"] + y * box["height"]


def scrub(bench):
    """The stage's slider by keyboard, then Play."""
    n = bench.whole()["n"]
    bench.slider.focus()
    top = bench.root.bounding_box()["y"]
    i = bench.look()["index"]
    for key, step in (("End", n), ("ArrowLeft", -1), ("Home", -n), ("ArrowRight", 1), ("ArrowRight", 1)):
        i = min(max(i + step, 0), n - 1)
        bench.page.keyboard.press(key)
        until(lambda i=i: bench.look()["index"] == i, 10, f"{key} did not lead to state {i}")
        bench.settled(key)
    assert bench.root.bounding_box()["y"] == top, "keys on the slider scroll the page"
    bench.slider.evaluate(f"e => {{ e.value = {max(n - 3, 0)}; e.dispatchEvent(new Event('input')); }}")
    bench.root.get_by_label("Play").click()
    until(lambda: bench.look()["index"] == n - 1, 20, "Play does not reach the end")
    bench.settled("Play")


def place(handle):
    """Of a handle, as fractions of the picture."""
    return handle["x"], handle["y"]


def apart(handles, k, least=0.04):
    """Whether handle k lies in the picture and no other is near."""
    x, y = place(handles[k])
    return 0.02 < x < 0.98 and 0.02 < y < 0.98 and all(
        abs(h["x"] - x) > least or abs(h["y"] - y) > 2 * least for j, h in enumerate(handles) if j != k)


def drag(bench, k):
    """A handle by mouse, fast, towards the middle and beyond; then by arrow keys and Enter; then Home and End.

    Before that a mere click on it, which moves nothing, and so is no drag and no drop.
    """
    now = bench.whole()
    bench.page.mouse.click(*bench.at(*place(now["handles"][k])))
    clicked = bench.heard(len(now["heard"]), "click", "a click")
    assert [h[0] for h in clicked["heard"][len(now["heard"]):]] == ["click"]
    assert (clicked["index"], clicked["n"], clicked["epoch"]) == (now["index"], now["n"], now["epoch"])
    now = bench.whole()
    name, (x, y) = now["handles"][k]["name"], place(now["handles"][k])
    to = (x + (0.13 if x < 0.5 else -0.13), y + (0.17 if y < 0.5 else -0.17))
    (ax, ay), (bx, by) = bench.at(x, y), bench.at(*to)
    bench.page.mouse.move(ax, ay)
    bench.page.mouse.down()
    for s in range(1, 31):
        bench.page.mouse.move(ax + (bx - ax) * s / 30, ay + (by - ay) * s / 30 + 9 * (s % 3 - 1) * (s < 30))
    bench.page.mouse.up()
    after = bench.heard(len(now["heard"]), "drop", f"a drag of {name}")
    moves = after["heard"][len(now["heard"]):]
    assert [m[0] for m in moves] == ["drag"] * (len(moves) - 1) + ["drop"] and {m[1] for m in moves} == {name}
    inside = [min(max(v, lo), hi) for v, (lo, hi) in zip(to, box_of(now, x, y), strict=True)]
    assert moves[-1][2:] == pytest.approx(inside, abs=0.004), "the last place of the hand is not what the kernel heard"
    top, page = bench.root.bounding_box()["y"], bench.page
    said = [after["sentence"]]
    for key in ("ArrowUp", "Shift+ArrowLeft", "ArrowLeft", "ArrowRight"):
        before = len(bench.look()["heard"])
        page.keyboard.press(key)
        said.append(bench.heard(before, "key" if now["keyed"] else "drag", key)["sentence"])
    assert len(set(said)) > 1, "the arrow keys change nothing"
    before = len(bench.look()["heard"])
    page.keyboard.press("Enter")
    n = bench.heard(before, "click" if now["keyed"] else "drop", "Enter")["n"]
    for key, i in (("Home", 0), ("End", n - 1)):
        page.keyboard.press(key)
        until(lambda i=i: bench.look()["index"] == i, 10, f"{key} on the picture did not lead to state {i}")
        bench.settled(key)
    page.wait_for_timeout(200)
    assert bench.root.bounding_box()["y"] == top, "keys on the picture scroll the page"


def box_of(now, x, y):
    """Sides of the axes nearest to a point, ((left, right), (top, bottom))."""
    def far(box):
        return max(box[0] - x, x - box[2], box[1] - y, y - box[3])
    left, top, right, bottom = min(now["boxes"], key=far)
    return (left, right), (top, bottom)


def add_and_remove(bench):
    """A click on a free place and shift-click on what it made; the same by Enter and Delete."""
    now = bench.whole()
    left, top, right, bottom = now["boxes"][0]
    grid = itertools.product((0.8, 0.5, 0.2), (0.2, 0.5, 0.8))
    places = [(left + u * (right - left), top + v * (bottom - top)) for u, v in grid]
    taken = [place(handle) for handle in now["handles"]]
    free = next(p for p in places if all(abs(x - p[0]) > 0.05 or abs(y - p[1]) > 0.12 for x, y in taken))
    bench.page.mouse.click(*bench.at(*free))
    more = bench.heard(len(now["heard"]), "add", "a click on a free place")
    assert more["heard"][-1][2:] == pytest.approx(free, abs=0.004)
    if "remove" not in now["acts"]:
        return
    assert len(more["handles"]) == len(now["handles"]) + 1
    more = bench.whole()
    k = next(k for k in reversed(range(len(more["handles"]))) if apart(more["handles"], k))
    bench.page.keyboard.down("Shift")
    bench.page.mouse.click(*bench.at(*place(more["handles"][k])))
    bench.page.keyboard.up("Shift")
    less = bench.heard(len(more["heard"]), "remove", "shift-click")
    assert less["heard"][-1][1] == more["handles"][k]["name"] and len(less["handles"]) == len(now["handles"])
    tip = bench.root.locator(".tip")
    choose(bench, lambda: "free place" in tip.inner_text())
    bench.page.keyboard.press("Enter")
    more = bench.heard(len(less["heard"]), "add", "Enter on a free place")
    assert len(more["handles"]) == len(now["handles"]) + 1
    choose(bench, lambda: tip.inner_text() == more["handles"][-1]["label"])
    bench.page.keyboard.press("Delete")
    less = bench.heard(len(more["heard"]), "remove", "Delete")
    assert less["heard"][-1][1] == more["handles"][-1]["name"] and len(less["handles"]) == len(now["handles"])


def choose(bench, chosen):
    """Press ] until it is chosen."""
    for _ in range(20):
        if chosen():
            return
        bench.page.keyboard.press("]")
        bench.page.wait_for_timeout(50)
    raise AssertionError("] does not lead there")


def work_the_controls(bench):
    """Every button, menu, slider and field above the stage; a field is given nonsense, too."""
    page, panel = bench.page, bench.panel
    for button in panel.locator("button.jupyter-button:not([disabled])").all():
        if "mod-active" in button.get_attribute("class"):
            continue
        words, before = button.inner_text(), bench.whole()
        button.click()
        until(lambda b=before: (n := bench.look())["clicks"] != b["clicks"] or n["values"] != b["values"], 15,
              f"{words!r} is not heard")
        bench.settled(words)
    for menu in panel.locator("select:not([disabled])").all():
        for i in [*range(1, menu.locator("option").count()), 0]:
            before = bench.whole()
            menu.select_option(index=i)
            until(lambda b=before: bench.look()["values"] != b["values"], 15, f"choice {i} is not heard")
            bench.settled(f"choice {i}")
    for handle in panel.locator(".noUi-target:not([disabled]) .noUi-handle").all():
        before = bench.whole()
        handle.focus()
        page.keyboard.press("ArrowRight")
        until(lambda b=before: bench.look()["values"] != b["values"], 15, "ArrowRight on a slider is not heard")
        bench.settled("ArrowRight on a slider")
    for field in panel.locator("input[type=text]:not([disabled])").all():
        before, old = bench.whole(), field.input_value()
        for words in ("nonsense", old):
            field.fill(words)
            page.keyboard.press("Enter")
            page.wait_for_timeout(500)
            now = bench.settled(f"{words!r} in a field")
        assert re.sub(r"[\d.]+", "", now["sentence"]) == re.sub(r"[\d.]+", "", before["sentence"]) or now["index"] == 0


@contextlib.contextmanager
def kernel_of(page, front):
    """ask(code) -> what it prints, over the kernel's own connection: its id is on the page."""
    key = page.evaluate("""() => window.jupyterapp?.shell?.currentWidget?.sessionContext?.session.kernel.id
        ?? JSON.parse(document.getElementById('jupyter-config-data').textContent).kernelId""")
    client = BlockingKernelClient(connection_file=os.path.join(jupyter_runtime_dir(), f"kernel-{key}.json"))
    client.load_connection_file()
    client.start_channels()

    def ask(code):
        out = []
        reply = client.execute_interactive(
            code, store_history=False, timeout=60,
            output_hook=lambda m: out.append(m["content"]["text"]) if m["msg_type"] == "stream" else None)
        assert reply["content"]["status"] == "ok", reply["content"]
        return "".join(out)
    try:
        client.wait_for_ready(timeout=60)
        yield ask
    finally:
        client.stop_channels()


@pytest.fixture
def course(page, server, noise, request):
    """course(name, front) opens a notebook of the course and runs it; at the end the page must not have complained."""
    used = []

    def opened(name, front):
        used.append(front)
        shutil.copy(HERE.parents[1] / "notebooks" / name, server["root"] / f"{front}_{name}")
        page.add_init_script(f"({WATCH})()")
        front_ends.open_notebook(page, server, f"{front}_{name}", front)
        return page
    yield opened
    known = set().union(*(noise(front) for front in used))
    assert [e for e in page.errors if e not in known] == []


@pytest.mark.parametrize(("name", "front"), CASES)
def test_every_panel_shows_the_kernels_own_frames_whatever_the_hand_does(course, name, front):
    page = course(name, front)
    with contextlib.ExitStack() as stack:
        if front == "voila":
            page.locator(".emlib-stage").first.wait_for(timeout=60_000)
        ask = stack.enter_context(kernel_of(page, front))
        ask(f"import sys; sys.path.append({str(HERE)!r}); import kernel_side; kernel_side.listen()")
        n = int(ask("print(len(kernel_side.stages()))"))
        until(lambda: page.locator(".emlib-stage").count() == n, 30, f"not all of {n} stages are on the page")
        for k in range(n):
            bench = Bench(page, ask, k)
            now = bench.whole()
            assert now["alt"] == (bench.view.get_attribute("aria-label") or bench.canvas.get_attribute("aria-label"))
            if folder := os.environ.get("EMLIB_PICTURES"):     # to look at every panel: set it to a folder
                bench.panel.screenshot(path=f"{folder}/{front}_{pathlib.Path(name).stem}_{k}.png")
            if now["n"] > 1:
                scrub(bench)
            if "move" in now["acts"]:
                handles = bench.whole()["handles"]
                drag(bench, next(h for h in range(len(handles)) if apart(handles, h)))
            if "add" in now["acts"]:
                add_and_remove(bench)
            work_the_controls(bench)
    paints = page.evaluate("paints")
    assert {p["stage"] for p in paints} >= set(range(n))      # −1: painted before it was on the page
    assert [p for p in paints if p["blank"]] == [], "a blank frame"
    for k in range(n):
        assert len({tuple(p["size"]) for p in paints if p["stage"] == k}) == 1, "a frame of another size"
        assert len({p["height"] for p in paints if p["stage"] == k}) == 1, "a stage changed its height"

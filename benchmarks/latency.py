"""How long from the hand to the picture, in JupyterLab: the stage, and the usual `interact`, in one run.

    python benchmarks/latency.py [--moves 60] [--seconds 3]

Measured in a headless Chromium against a Jupyter server on this machine. A move is timed from the browser's event (key,
pointer or input) until the picture is on its canvas (drawImage or putImageData has returned) or, for `interact`, until
its new <img> is decoded. Pictures: 900 x 360 pixels, 500 points. The next move comes when the last was painted, after a
pause.
"""

import argparse
import os
import pathlib
import platform
import statistics
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "tests"), str(HERE.parent / "tests" / "browser")]

import front_ends  # noqa: E402
import project  # noqa: E402
import toy_scene  # noqa: E402
from playwright.sync_api import TimeoutError as PlaywrightTimeout  # noqa: E402
from playwright.sync_api import sync_playwright  # noqa: E402

STAGE = """
import toy_scene, ipywidgets as w
from emlib.live.stage import Stage
s = Stage(toy_scene.Toy(), toy_scene.states(), alt="toy", handles=toy_scene.handles,
          on_drag=lambda n, x, y: toy_scene.moved(s, n, x, y))
free = w.IntSlider(max=120, description="free", continuous_update=True)
free.observe(lambda change: s.show(toy_scene.State(a=(change["new"] / 60 - 1, 0.5), t=change["new"] // 2)), "value")
w.VBox([free, s])
"""
INTERACT = """
%matplotlib inline
import matplotlib.pyplot as plt, toy_scene
from ipywidgets import interact, IntSlider
toy, states = toy_scene.Toy(), toy_scene.states()
def draw(i):
    figure = plt.figure(figsize=(9, 3.6), dpi=100)
    toy.build(figure); toy.update(states[i])
    plt.show()
interact(draw, i=IntSlider(max=60));
"""
# Every paint is noted with its time; so are events and the bytes that arrive.
NOTE = """(() => {
  window.log = {events: [], paints: [], bytes: 0};
  for (const name of ['drawImage', 'putImageData']) { const old = CanvasRenderingContext2D.prototype[name];
    CanvasRenderingContext2D.prototype[name] = function (...a) {
      old.apply(this, a); log.paints.push(performance.now()); }; }
  for (const type of ['keydown', 'pointermove', 'input'])
    addEventListener(type, () => log.events.push(performance.now()), true);
  new MutationObserver(list => { for (const m of list) for (const n of m.addedNodes)
    for (const i of n.querySelectorAll ? [n, ...n.querySelectorAll('img')] : []) if (i.tagName === 'IMG')
      i.decode().then(() => log.paints.push(performance.now()), () => {}); })
    .observe(document, {childList: true, subtree: true});
  const setter = Object.getOwnPropertyDescriptor(WebSocket.prototype, 'onmessage');
  Object.defineProperty(WebSocket.prototype, 'onmessage', {...setter, set(f) { setter.set.call(this, f && (e => {
    log.bytes += e.data.byteLength ?? e.data.length; f.call(this, e); })); }});
})()"""
CLEAR = "() => { log.events.length = log.paints.length = log.bytes = 0; }"


def timed(page, moves, act, pause=0.1, wait=5.0):
    """Milliseconds from event to paint of each move, the bytes a move, and how many were never painted."""
    took, lost = [], 0
    page.evaluate(CLEAR)
    for k in range(moves):
        page.evaluate("() => { log.events.length = log.paints.length = 0; }")
        act(k)
        try:
            page.wait_for_function("log.paints.length && log.events.length", timeout=wait * 1000, polling=5)
        except PlaywrightTimeout:
            lost += 1
            continue
        took.append(page.evaluate("log.paints[0] - log.events[0]"))
        time.sleep(pause)
    return took, page.evaluate("log.bytes") / moves, lost


def rate(page, seconds, keep_going):
    """Paints a second while `keep_going` keeps the hand busy."""
    page.evaluate(CLEAR)
    keep_going(seconds)
    return page.evaluate(
        "log.paints.length > 1 ? 1000 * (log.paints.length - 1) / (log.paints.at(-1) - log.paints[0]) : 0"
    )


def row(name, result, fps=None):
    took, size, lost = result
    ordered = sorted(took)
    return (
        name,
        len(took),
        statistics.median(took),
        ordered[min(len(ordered) - 1, round(0.95 * len(ordered)))],
        fps,
        size,
        lost,
    )


def hold(page, key):
    """Press a key again and again for some seconds, as fast as it is painted or repeats (60 a second)."""

    def going(seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            page.keyboard.down(key)
            time.sleep(0.015)
        page.keyboard.up(key)

    return going


def measure(page, server, moves, seconds):
    rows = []
    front_ends.write_notebook(server["root"] / "stage.ipynb", STAGE)
    start = time.monotonic()
    front_ends.open_notebook(page, server, "stage.ipynb", run=False)
    front_ends.run_code(page, "import toy_scene, ipywidgets, emlib.live.stage")     # another cell did that
    page.evaluate("() => { window.t0 = performance.now(); }")
    page.evaluate(CLEAR)
    front_ends.run_all(page, wait=False)
    root = page.locator(".emlib-stage")
    root.wait_for(timeout=30_000)
    page.wait_for_function("log.paints.length", timeout=30_000)
    first = page.evaluate("log.paints[0] - t0")
    front_ends.until(lambda: root.get_attribute("data-frames") == "61", 30)
    print(
        f"first picture {first:.0f} ms after its cell was run, "
        f"whole bank after {page.evaluate('performance.now() - t0'):.0f} ms, "
        f"page open after {time.monotonic() - start:.1f} s"
    )
    print(
        "bank:",
        front_ends.run_code(
            page, "print(sum(len(s._frame(i)[0]) for i in range(61)) // 1000, 'kB, 61 frames')"
        ).strip(),
    )
    front_ends.run_code(page, "import time; time.sleep(0.5)")

    own = root.locator("input")
    own.focus()
    jump = "(e, i) => { e.value = i; e.dispatchEvent(new Event('input', {bubbles: true})); }"
    # every other frame, twice through a fresh bank: what is decoded ahead (the neighbour) is never the next one
    cold = timed(page, 30, lambda k: own.evaluate(jump, 2 * (k + 1)))
    front_ends.run_code(page, "s.set_states(toy_scene.states(), index=0)")
    page.wait_for_selector(".emlib-stage[data-epoch='1'][data-frames='61']")
    again = timed(page, 30, lambda k: own.evaluate(jump, 2 * (k + 1)))
    rows.append(row("scrub, cold: jumps to frames never shown", (cold[0] + again[0], cold[1], cold[2] + again[2])))
    page.keyboard.press("Home")
    rows.append(
        row(
            "scrub, warm",
            timed(page, moves, lambda k: page.keyboard.press("ArrowRight" if k % 110 < 55 else "ArrowLeft")),
        )
    )
    root.get_by_label("Next step").focus()
    own.evaluate("e => { e.value = 0; e.dispatchEvent(new Event('input')); }")
    rows.append(row("step (button)", timed(page, min(moves, 59), lambda k: page.keyboard.press("Enter"))))

    front_ends.run_code(page, "s.interval = 1")
    gaps = []
    for _ in range(3):
        own.evaluate("e => { e.value = 0; e.dispatchEvent(new Event('input')); }")
        page.evaluate(CLEAR)
        root.get_by_label("Play").click()
        page.wait_for_function("document.querySelector('.emlib-stage input').value === '60'", polling=50)
        gaps.append(page.evaluate("1000 * (log.paints.length - 1) / (log.paints.at(-1) - log.paints[0])"))
    rows.append(("play", 180, None, None, statistics.median(gaps), 0, 0))

    time.sleep(1)  # the kernel knows the index when the hand has rested
    box = root.locator("canvas").bounding_box()
    x, y = (float(v) for v in front_ends.run_code(page, "print(*s.scene.to_picture(*s.state.a))").split())
    x, y = box["x"] + x * box["width"], box["y"] + y * box["height"]
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 5, y)
    time.sleep(0.6)
    result = timed(page, moves, lambda k: page.mouse.move(x + (k * 7) % 200, y + (k * 3) % 60))

    def drag(seconds):
        page.evaluate(
            """([x, y, ms]) => new Promise(done => {
            const v = document.querySelector('.emlib-stage .view'), t0 = performance.now();
            let k = 0; const tick = () => { if (performance.now() - t0 > ms) return done(); k++;
              v.dispatchEvent(new PointerEvent('pointermove', {
                clientX: x + k % 200, clientY: y + k % 50, pointerId: 1, bubbles: true}));
              requestAnimationFrame(tick); }; tick(); })""",
            [x, y, 1000 * seconds],
        )

    rows.append(row("free move: drag a handle", result, rate(page, seconds, drag)))
    page.mouse.up()
    time.sleep(0.5)

    page.locator(".noUi-handle").first.focus()
    result = timed(page, moves, lambda k: page.keyboard.press("ArrowRight"))
    rows.append(row("free move: ipywidgets slider", result, rate(page, seconds, hold(page, "ArrowLeft"))))
    error = front_ends.run_code(page, "print(s.error)").strip()
    assert error == "", error
    front_ends.close(page)

    front_ends.write_notebook(server["root"] / "interact.ipynb", INTERACT)
    front_ends.open_notebook(page, server, "interact.ipynb")
    page.locator(".jp-OutputArea img").first.wait_for(timeout=30_000)
    page.locator(".noUi-handle").first.focus()
    time.sleep(1)
    result = timed(page, min(moves, 59), lambda k: page.keyboard.press("ArrowRight"), pause=0.25)
    rows.append(row("interact + inline, the usual way", result, rate(page, seconds, hold(page, "ArrowLeft"))))
    front_ends.close(page)
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--moves", type=int, default=60)
    parser.add_argument("--seconds", type=float, default=3)
    options = parser.parse_args()
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        path = project.find_chromium()
        if path is None:
            sys.exit(project.HOW_TO_GET_ONE)
        root = pathlib.Path(folder)
        (root / "toy_scene.py").write_text(pathlib.Path(toy_scene.__file__).read_text())
        print(
            f"{platform.node()}, {platform.platform()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, "
            f"Python {platform.python_version()}"
        )
        browser = playwright.chromium.launch(executable_path=path, args=front_ends.FLAGS)
        with front_ends.jupyter(root) as server:
            page = browser.new_context(viewport={"width": 1250, "height": 1000}).new_page()
            page.add_init_script(NOTE)
            rows = measure(page, server, options.moves, options.seconds)
        browser.close()
    usual = rows[-1]
    print(
        f"\n{'move':44} {'n':>4} {'median ms':>10} {'p95 ms':>8} {'frames/s':>9} {'kB a move':>10} "
        f"{'x interact':>11} {'lost':>5}"
    )
    for name, n, median, p95, fps, size, lost in rows:
        cells = [
            f"{v:{w}.1f}" if v is not None else " " * (w - 1) + "-" for v, w in ((median, 10), (p95, 8), (fps, 9))
        ]
        faster = f"{usual[2] / median:11.1f}" if median else " " * 10 + "-"
        print(f"{name:44} {n:4} {' '.join(cells)} {size / 1000:10.1f} {faster} {lost:5}")


if __name__ == "__main__":
    main()

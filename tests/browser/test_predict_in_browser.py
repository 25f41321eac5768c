"""Predictions by mouse, by keyboard and by touch: in JupyterLab, without a kernel, and where no widget runs at all."""

import json
import pathlib
import shutil

import front_ends
import pytest

from emlib.live import Answer, Predict, Question
from emlib.live.front_end import PREDICT_MODULE, PREDICT_STYLE

MAKE = """from emlib.live import Answer, Predict, Question
chosen = Question("Which?", [Answer("this", "It is this."), Answer("that", "It is that.", right=True),
                             Answer("none", "There is one.")], "the bar.")
typed = Question("How much?", [Answer("a half", "It is ½.", right=True, between=(0.4, 0.6)), Answer("other", "No.")])
Predict(chosen, typed)"""


def made():
    scope = {"Answer": Answer, "Predict": Predict, "Question": Question}
    exec(MAKE.rpartition("\n")[0], scope)
    return Predict(scope["chosen"], scope["typed"])


def shim(predict):
    """A page with the widget's own module and its data, and nothing of Jupyter."""
    data = json.dumps({"questions": predict.questions, "names": predict.names}).replace("<", "\\u003c")
    module = json.dumps(PREDICT_MODULE).replace("<", "\\u003c")
    return f"""<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<style>{PREDICT_STYLE}</style><div id="here"></div><script type="module">
const module = await import(URL.createObjectURL(new Blob([{module}], {{type: "text/javascript"}})));
const data = {data};
const model = new Proxy({{ get: (name) => data[name] }}, {{
  get(target, name) {{ if (name !== "get") throw new Error("no " + String(name)); return target.get; }} }});
module.default.render({{ model, el: document.getElementById("here") }});
</script>"""


STORED = "() => JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])"


class Asked:
    """The two questions on a page."""

    def __init__(self, page):
        self.page, (self.chosen, self.typed) = page, [page.locator(".emlib-predict .question").nth(k) for k in (0, 1)]
        self.typed.wait_for(timeout=60_000)

    def said(self, block):
        return block.locator(".said").inner_text().split("\n")

    def button(self, words):
        return self.chosen.get_by_role("button", name=words, exact=True)

    def pressed(self):
        return self.chosen.locator("[aria-pressed=true]").all_inner_texts()


def by_hand(asked, act):
    """Choose wrong, then right; type nonsense, then right: `act` is a click or a tap."""
    assert asked.said(asked.chosen) == [""] and asked.pressed() == []
    assert "It is that." not in asked.page.locator(".emlib-predict").inner_text()
    act(asked.button("this"))
    assert asked.said(asked.chosen) == ["Not so. It is this.", "", "Look at this below: the bar."]
    act(asked.button("that"))
    assert asked.said(asked.chosen)[:3] == ["Right. It is that.", "", "You first said: “this”"]
    assert asked.pressed() == ["that"]
    field, send = asked.typed.get_by_label("Your prediction"), asked.typed.get_by_role("button", name="Predict")
    act(field)
    field.fill("half")
    act(send)
    assert asked.said(asked.typed) == ["Your prediction: write a number, such as 0.5 or −2."]
    field.fill("0.5")
    act(send)
    assert asked.said(asked.typed) == ["Right. It is ½."]


def by_keyboard(asked):
    """From the first button: arrows, Enter, Space, Tab; then the field."""
    keys = asked.page.keyboard
    asked.button("this").focus()
    keys.press("ArrowRight")
    assert asked.said(asked.chosen) == [""], "an arrow goes on, and chooses nothing"
    keys.press("Enter")
    assert asked.said(asked.chosen)[0] == "Right. It is that." and asked.pressed() == ["that"]
    keys.press("ArrowDown")
    keys.press("ArrowDown")
    keys.press(" ")
    assert asked.said(asked.chosen)[:3] == ["Not so. It is this.", "", "You first said: “that”"]
    for _ in range(3):
        keys.press("Tab")
    keys.type("0.7")
    keys.press("Enter")
    assert asked.said(asked.typed) == ["Not so. No."]
    keys.press("Control+A")
    keys.type(".5")
    keys.press("Tab")
    keys.press("Enter")
    assert asked.said(asked.typed)[0] == "Right. It is ½." and "You first said: “0.7”" in asked.said(asked.typed)


def open_shim(page, tmp_path):
    path = tmp_path / "shim.html"
    path.write_text(shim(made()), encoding="utf-8")
    page.goto(path.as_uri())
    return Asked(page)


def test_without_a_kernel_by_mouse(page, tmp_path):
    by_hand(open_shim(page, tmp_path), lambda where: where.click())
    assert page.errors == []


def test_without_a_kernel_by_keyboard(page, tmp_path):
    by_keyboard(open_shim(page, tmp_path))
    assert page.errors == []


def test_without_a_kernel_by_touch_on_a_small_screen(browser, tmp_path):
    context = browser.new_context(has_touch=True, viewport={"width": 360, "height": 640})
    asked = open_shim(context.new_page(), tmp_path)
    by_hand(asked, lambda where: where.tap())
    boxes = [button.bounding_box() for button in asked.page.get_by_role("button").all()]
    assert all(box["height"] >= 44 for box in boxes), "a finger needs 44 pixels"
    assert asked.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    context.close()


def test_it_can_be_read_from_the_last_row_and_by_a_screen_reader(page, tmp_path):
    asked = open_shim(page, tmp_path)
    asked.button("this").click()
    sizes = page.evaluate("""[...document.querySelectorAll('.emlib-predict *')].filter(e => e.textContent)
        .map(e => parseFloat(getComputedStyle(e).fontSize))""")
    assert min(sizes) >= 15
    assert page.get_by_role("group", name="Which?").count() == 1
    assert asked.chosen.locator(".said").get_attribute("aria-live") == "polite"


@pytest.mark.parametrize("way", ["mouse", "keyboard"])
def test_in_jupyterlab_and_nothing_leaves_the_page(notebook, way):
    page = notebook(MAKE)
    asked, sent = Asked(page), []
    page.wait_for_timeout(500)
    stored = page.evaluate(STORED)
    page.on("request", lambda request: request.method != "GET" and sent.append(request.url))
    page.evaluate("""() => { window.out = []; const old = WebSocket.prototype.send;
        WebSocket.prototype.send = function (d) { out.push(d); return old.call(this, d); }; }""")
    if way == "mouse":
        by_hand(asked, lambda where: where.click())
    else:
        by_keyboard(asked)
    assert page.locator(".jp-Cell").count() == 1, "a key reached the notebook"
    told = page.evaluate("out.map(d => typeof d === 'string' ? d : new TextDecoder().decode(d))")
    assert [text for text in told if "comm_" in text] == [] and page.evaluate(STORED) == stored
    assert [url for url in sent if "/api/contents" not in url and "workspaces" not in url] == []
    front_ends.run_code(page, "1")
    assert page.evaluate("out.length") > len(told), "what is sent to the kernel is heard here"


def test_in_jupyterlab_after_the_kernel_is_gone(notebook):
    page = notebook(MAKE)
    asked = Asked(page)
    asked.button("this").click()
    front_ends.close(page)
    page.wait_for_timeout(500)
    asked.button("that").click()
    assert asked.said(asked.chosen)[:3] == ["Right. It is that.", "", "You first said: “this”"]


def test_a_saved_notebook_that_nobody_trusts_shows_the_question_and_folds(page, server, noise):
    name = next((pathlib.Path(__file__).parents[2] / "notebooks").glob("04_*.ipynb"))
    shutil.copy(name, server["root"] / "saved.ipynb")
    front_ends.open_notebook(page, server, "saved.ipynb", run=False)
    fold = page.locator(".jp-OutputArea-output summary", has_text="To the right.")
    fold.wait_for(timeout=30_000)
    why = page.locator(".jp-OutputArea-output details p", has_text="so a smaller q makes a larger ratio")
    assert page.get_by_text("Where does the marker go?").first.is_visible() and not why.is_visible()
    fold.click()
    assert why.is_visible()
    reading = page.locator(".jp-MarkdownOutput summary", has_text="What you should have seen")
    reading.scroll_into_view_if_needed()
    assert not page.get_by_text("less q in the denominator").is_visible()
    reading.click()
    inside = reading.locator("xpath=..")
    inside.locator("mjx-container").first.wait_for(timeout=10_000)
    assert inside.locator("mjx-container").count() >= 2, "formulas in a fold are typeset"


def test_folds_by_keyboard_and_by_touch_where_no_script_runs(browser):
    context = browser.new_context(java_script_enabled=False, has_touch=True)
    page = context.new_page()
    page.set_content(made()._repr_mimebundle_()[0]["text/html"])
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.get_by_text("It is this.").is_visible() and not page.get_by_text("It is that.").is_visible()
    page.locator("summary", has_text="that").tap()
    assert page.get_by_text("It is that.").is_visible()
    assert not page.get_by_text("It is ½.").is_visible()
    page.locator("summary").last.tap()
    assert page.get_by_text("It is ½.").is_visible()
    context.close()

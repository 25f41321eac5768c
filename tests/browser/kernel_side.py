"""Imported by a test in a notebook's kernel: what is on each stage there, and what has reached it from the page."""

import hashlib
import io
import json

import numpy as np
from ipywidgets import Button, Widget
from ipywidgets.widgets import widget as registry
from PIL import Image

from emlib.live.panel import Panel
from emlib.live.stage import Stage

HEARD = {}      # model id -> what arrived: drags, drops, clicks, adds, removes of a stage; clicks of a button


def stages():
    """Every stage, in the order of their making."""
    return [w for w in list(registry._instances.values()) if isinstance(w, Stage)]


def panels(namespace):
    """Model id of a stage -> its panel."""
    return {v.stage.model_id: v for v in namespace.values() if isinstance(v, Panel)}


def within(widget):
    """A widget and all that it holds."""
    return [widget, *(w for child in getattr(widget, "children", ()) for w in within(child))]


def listen():
    """From now on, note what arrives at stages and buttons."""
    for stage in stages():
        heard = HEARD[stage.model_id] = []
        for kind, act in stage._hand.on.items():
            if kind == "key" and act is None:       # with one, arrow keys would be no drags any more
                continue
            stage._hand.on[kind] = noted(stage, kind, act or (lambda *a: None), heard)
    for button in [w for w in list(registry._instances.values()) if isinstance(w, Button)]:
        HEARD[button.model_id] = []
        button.on_click(lambda b: HEARD[b.model_id].append("click"))


def noted(stage, kind, act, heard):
    """The callback `act`; what it is called with goes to `heard`, with the place as fractions of the picture."""
    def called(*a):
        if kind in ("drag", "drop"):
            name, x, y = a
            axes = next(h.axes for h in stage._hand.handles(stage.state) if h.name == name)
            heard.append([kind, name, *stage.scene.to_picture(x, y, axes)])
        elif kind == "add":
            heard.append(["add", "", *stage.scene.to_picture(*a)])
        else:
            heard.append([kind, *a])
        return act(*a)
    return called


def look(k, namespace):
    """What is on the stage number k, as JSON: its frames are digests of the pictures that a page may show."""
    stage = stages()[k]
    panel = panels(namespace).get(stage.model_id)
    with stage._lock:
        state = stage.state
        frames = [stage.scene.rgba(state)]
        if stage._live is None:
            frames.append(np.array(Image.open(io.BytesIO(stage._frame(stage.index)[0])).convert("RGBA")))
        parts = within(panel.widget) if panel else []
        print(json.dumps({
            "sentence": stage.sentence, "error": stage.error, "index": stage.index, "n": stage.n, "alt": stage.alt,
            "epoch": stage.epoch, "acts": stage.acts, "keyed": bool(stage._hand.on["key"]),
            "handles": stage._words(state)[1], "boxes": stage.scene.boxes(),
            "heard": HEARD.get(stage.model_id, []),
            "clicks": {p.description: len(HEARD[p.model_id]) for p in parts if isinstance(p, Button)},
            "values": [str(p.value) for p in parts if isinstance(p, Widget) and hasattr(p, "value")],
            "frames": [hashlib.sha256(f.tobytes()).hexdigest() for f in frames]}))

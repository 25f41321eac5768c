"""A hand on a panel, without a browser: it sends the stage the messages that the browser sends, in pixels.

Places are fractions of the picture from its top left, as in the browser, or data coordinates of an axes (`to`).
"""

STEP, FINE = 8, 1       # pixels that an arrow key moves a handle, and with Shift
ARROWS = {"ArrowLeft": (-1, 0), "ArrowRight": (1, 0), "ArrowUp": (0, -1), "ArrowDown": (0, 1)}


class Hand:
    """A mouse and the arrow keys over one panel.

    After each message the panel's error must be empty, unless `quiet` is False.
    """

    def __init__(self, panel, quiet=True):
        self.panel, self.stage, self.quiet, self.holds, self.seq = panel, panel.stage, quiet, None, 0

    def send(self, kind, **more):
        """One message of the browser; it says which state of the bank is on screen, or −1 for a free state."""
        shown = self.stage.state is self.stage.states[self.stage.index]
        self.seq += 1
        message = {"kind": kind, "seq": self.seq, "epoch": self.stage.epoch, "i": self.stage.index if shown else -1}
        self.stage._on_msg(self.stage, {**message, **more}, [])
        assert not (self.quiet and self.panel.error), self.panel.error

    def handle(self, name):
        """The handle of that name in the state on screen."""
        return next(h for h in self.stage._hand.handles(self.stage.state) if h.name == name)

    def where(self, name):
        """Where the handle is, picture fractions."""
        handle = self.handle(name)
        return self.stage.scene.to_picture(handle.x, handle.y, handle.axes)

    def to(self, name, x, y):
        """Picture fractions of data coordinates of the axes in which the handle is."""
        return self.stage.scene.to_picture(x, y, self.handle(name).axes)

    def press(self, name):
        """Press the mouse on a handle."""
        self.holds = name, self.where(name)
        self._move("down")

    def move(self, x, y):
        """Move the handle that is held to a place of the picture."""
        self.holds = self.holds[0], (min(max(x, 0.0), 1.0), min(max(y, 0.0), 1.0))
        self._move("move")

    def nudge(self, dx, dy):
        """Move the handle that is held by pixels."""
        (x, y), (width, height) = self.holds[1], self.stage.size
        self.move(x + dx / width, y + dy / height)

    def release(self):
        """Let go."""
        self._move("up")
        self.holds = None

    def drag(self, name, x, y, release=True):
        """Press on a handle, move it to data coordinates of its axes, and let go."""
        place = self.to(name, x, y)
        self.press(name)
        self.move(*place)
        if release:
            self.release()

    def click(self, name):
        """Press on a handle and let go where it is."""
        self.press(name)
        self.release()

    def key(self, name, key, shift=False):
        """An arrow key, or Enter, on a chosen handle."""
        (x, y), (width, height) = self.where(name), self.stage.size
        if key == "Enter":
            self.send("move", name=name, phase="enter", x=x, y=y)
            return
        (dx, dy), pixels = ARROWS[key], FINE if shift else STEP
        least = next(h for h in self.stage._words(self.stage.state)[1] if h["name"] == name)
        x, y = x + dx * max(pixels / width, least.get("dx", 0)), y + dy * max(pixels / height, least.get("dy", 0))
        self.send("move", name=name, phase="key", x=min(max(x, 0.0), 1.0), y=min(max(y, 0.0), 1.0))

    def add(self, x, y, axes=0):
        """A click on a free place, data coordinates."""
        px, py = self.stage.scene.to_picture(x, y, axes)
        self.send("add", x=px, y=py)

    def remove(self, name):
        """Shift-click on a handle."""
        self.send("remove", name=name)

    def _move(self, phase):
        name, (x, y) = self.holds
        self.send("move", name=name, phase=phase, x=x, y=y)

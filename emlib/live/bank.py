"""The bank of a stage: its states, and their frames as they go to the browser."""

import threading
import time

from emlib.live.handles import attempt

__all__ = ["CHUNK", "Bank", "in_background"]

CHUNK = 8          # frames a message: the bank streams in and the connection stays free for other things


class Bank:
    """States and their frames, each drawn when it is first wanted and then kept.

    Parameters
    ----------
    states : sequence
        At least one.
    draw : callable
        ``draw(state) -> (PNG bytes, sentence, handles)``.
    lock : context manager
        Held while a frame is drawn, and not between two of them: there a hand may take its turn.

    Raises
    ------
    ValueError
        If `states` is empty.
    """

    def __init__(self, states, draw, lock):
        self.states = tuple(states)
        if not self.states:
            raise ValueError("states is empty: a stage needs at least one state to show")
        self._draw, self._lock, self._frames = draw, lock, {}

    def __len__(self):
        return len(self.states)

    def frame(self, i):
        """PNG bytes, the sentence and the handles of state i; raises what the scene raises."""
        with self._lock:
            if i not in self._frames:
                self._frames[i] = self._draw(self.states[i])
            return self._frames[i]

    def parts(self, here):
        """Where the messages begin that carry the whole bank; the one with the state `here` comes first."""
        return sorted(range(0, len(self), CHUNK), key=lambda first: (first != here // CHUNK * CHUNK, first))

    def part(self, first, wanted=lambda: True):
        """One message: up to CHUNK frames from `first` on.

        A state that cannot be drawn has an empty picture and says why; it is told when a reader comes to it.

        Returns
        -------
        (dict, list of bytes), or None as soon as it is not `wanted` any more
            See BankMessage in js/types.js.
        """
        frames = []
        for i in range(first, min(first + CHUNK, len(self))):
            with self._lock:
                if not wanted():
                    return None
                frames.append(attempt(self.frame, i, otherwise=(b"", "", [])))
        pictures, texts, handles, errors = map(list, zip(*frames, strict=True))
        return {"kind": "bank", "first": first, "texts": texts, "handles": handles, "errors": errors}, pictures


def in_background(act, after):
    """Run `act` in a thread of its own, after some seconds.

    Returns
    -------
    Thread or None
        None where threads cannot start, as in a browser's Python: then `act` does not run.
    """
    def work():
        time.sleep(after)
        act()

    thread = threading.Thread(target=work, daemon=True, name="emlib-stage")
    try:
        thread.start()
    except RuntimeError:
        return None
    return thread

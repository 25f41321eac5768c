"""A limit of time for one proof, so that a statement that is too much for SymPy is refused and not waited for."""

import ctypes
import threading
from contextlib import contextmanager

__all__ = ["SECONDS", "TooLong", "time_limit"]

SECONDS = 30


class TooLong(BaseException):
    """Raised inside a proof whose time is up; SymPy's own `except Exception` cannot hold it back."""


@contextmanager
def time_limit(seconds=None):
    """Raise `TooLong` inside the `with` block after this many seconds (`SECONDS` when left out).

    It is raised in the thread that runs the block, between two steps of Python: that needs no signals, which
    only the main thread knows. Where a system has no threads (a browser) there is no limit.
    """
    lock, over, late = threading.Lock(), False, False
    thread = threading.get_ident()

    def stop():
        nonlocal late
        with lock:
            if not over:
                late = True
                ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(TooLong))

    timer = threading.Timer(SECONDS if seconds is None else seconds, stop)
    timer.daemon = True
    try:
        timer.start()
    except RuntimeError:
        timer = None
    try:
        yield
        with lock:
            over = True
        for _ in range(1000 if late else 0):  # it was raised at the last moment: let it arrive here, not later
            pass
    finally:
        with lock:
            over = True
        if timer is not None:
            timer.cancel()

"""Run a student's function for a limited time, in any thread of any system."""

import contextvars
import ctypes
import threading

__all__ = ["SECONDS", "TooSlow", "run"]

SECONDS = 5.0
STILL_RUNS = (" It could not be stopped and still runs behind this answer: restart the kernel if the fan stays loud, "
              "or if later answers are slow.")


class TooSlow(BaseException):
    """Raised inside a function whose time is up; no `except Exception` of its own can hold it back.

    Attributes
    ----------
    advice : str
        What to tell if the function still runs, because it could not be stopped; else empty.
    """

    advice = ""


def run(function, arguments, seconds=None):
    """Call a function; stop it when its time is up.

    It runs in a thread of its own, and an exception is raised in that thread when the time is up. This needs neither
    signals, which know the main thread only and are missing on Windows, nor another process, which could not be sent
    a function from a notebook; and it costs the function nothing. Python looks for such an exception between two
    steps of its own: a single call into compiled code cannot be stopped, nor a function that catches everything. Such
    a thread is left behind, and `TooSlow.advice` says so. How many there are is not limited: a limit would refuse
    every later answer of the session, right ones too.

    Parameters
    ----------
    function : callable
    arguments : sequence
    seconds : float, optional
        `SECONDS` when left out.

    Returns
    -------
    What the function returns.

    Raises
    ------
    TooSlow
        When the time is up. Whatever the function raises is raised here.
    """
    result = {}

    def work():
        try:
            result["value"] = function(*arguments)
        except BaseException as error:          # everything the function raises is given to the caller
            result["error"] = error

    # in the caller's context: what it says about warnings, and where it prints to, holds there too
    worker = threading.Thread(target=contextvars.copy_context().run, args=(work,), daemon=True, name="emlib-exercise")
    try:
        worker.start()
    except RuntimeError:                        # a system without threads (a browser): no limit there
        work()
    else:
        try:
            worker.join(SECONDS if seconds is None else seconds)
        finally:                                # the time is up, or somebody pressed the stop button
            for _ in range(20):                 # raise again, up to 20 times, in case the function catches it
                if not worker.is_alive():
                    break
                ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(worker.ident), ctypes.py_object(TooSlow))
                worker.join(0.05)
    if "error" in result:
        raise result["error"]
    if "value" not in result:                   # neither: it is still at work
        late = TooSlow()
        late.advice = STILL_RUNS
        raise late
    return result["value"]

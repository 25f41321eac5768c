"""What can be seen in a student's function itself: where an error came from, and what it takes from the notebook."""

import dis
import inspect
import linecache
import traceback
import types

import numpy as np

__all__ = ["error_in_words", "in_another_order", "is_underflow", "not_written", "outside_names", "outside_words"]

# what math and Python raise where NumPy gives −inf, inf or NaN
ARITHMETIC = ("math domain error", "math range error", "expected a positive input", "expected a nonnegative input")


def not_written(error):
    """Whether a function said that it is still empty.

    The type is compared exactly: where nobody can answer `input()`, IPython raises a kind of NotImplementedError too.
    """
    return type(error) is NotImplementedError


def is_underflow(error):
    """Whether an error is what log 0, exp 1000 or 0/0 look like in plain Python."""
    return isinstance(error, ArithmeticError) or (isinstance(error, ValueError) and str(error).startswith(ARITHMETIC))


def error_in_words(function, error, exercise, given):
    """The student's error with the line of their code that it comes from, and what to do where that is known."""
    text = f"Your function raised {type(error).__name__}: {error}.".replace("..", ".")
    own = [frame for frame in traceback.extract_tb(error.__traceback__)
           if frame.filename == getattr(getattr(function, "__code__", None), "co_filename", None)]
    if own:
        line = (linecache.getline(own[-1].filename, own[-1].lineno) or "").strip()
        number = own[-1].lineno - function.__code__.co_firstlineno
        where = f" It happened in line {number} of its body" if number else " It happened in its only line"
        text += where + (f": `{line}`." if line else ".")
    if any(word in str(error) for word in ("broadcast", "mismatch in its core dimension", "not aligned")):
        shapes = ", ".join(f"{name} has shape {np.shape(value)}"
                           for name, value in zip(exercise.arguments, given, strict=True)
                           if isinstance(value, np.ndarray))
        text += f" Two arrays do not fit. Here {shapes}. {exercise.misfit}"
    elif isinstance(error, RecursionError):
        text += " Your function calls itself and never stops."
    elif isinstance(error, UnboundLocalError):
        text += " The function sets that name itself, but only after this line."
    elif isinstance(error, NameError):
        text += (" That name is known neither in the function nor above it: set it in the function, or mend "
                 "its spelling.")
    elif isinstance(error, TypeError) and not own:
        text += f" Keep the arguments as they were given: `def {exercise.signature}:`."
    return text


def in_another_order(function, arguments):
    """Whether a function has the arguments that were asked, by their names, in another order."""
    code = getattr(function, "__code__", None)
    names = code.co_varnames[:code.co_argcount] if code else ()
    return names[:len(arguments)] != arguments and sorted(names[:len(arguments)]) == sorted(arguments)


def outside_names(function, arguments):
    """Names of data (numbers, arrays, lists, models) that a function takes from the notebook around it.

    Functions, classes and modules are no data: to use those of the notebook is how notebooks are written.
    """
    code = getattr(function, "__code__", None)
    if code is None:
        return []
    cells = zip(code.co_freevars, function.__closure__ or (), strict=True)
    around = {name: cell.cell_contents for name, cell in cells if cell != types.CellType()}
    around.update({name: function.__globals__[name] for name in _global_names(code) if name in function.__globals__})
    return [name for name, value in around.items() if name not in arguments and _is_data(value)]


def _global_names(code):
    """Global names that some code reads, also in the functions and comprehensions inside it, in order."""
    names = [step.argval for step in dis.get_instructions(code) if step.opname == "LOAD_GLOBAL"]
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            names += _global_names(constant)
    return list(dict.fromkeys(names))


def _is_data(value):
    return not (callable(value) or inspect.ismodule(value) or isinstance(value, str) or value is None)


def outside_words(names, exercise):
    """The sentence about what a function takes from the notebook."""
    used = " and ".join(f"`{name}`" for name in names)
    own = ", ".join(exercise.arguments)
    it, has = ("it has", "is not its own") if len(names) == 1 else ("they have", "are not its own")
    return (f"Your function uses {used}, which {has}: {it} whatever value the notebook gave before. Compute everything "
            f"from the arguments ({own}), and set every other name inside the function.")

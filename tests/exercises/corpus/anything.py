"""Whatever else a student may write: no check raises, each kind has its sentence. Every answer goes to every check."""

import numpy as np
from student_answers import wrong

ALL = "every check"


@wrong(ALL, "not started yet", "raise NotImplementedError", kind="not started")
def empty(*given):
    raise NotImplementedError


@wrong(ALL, "returned nothing (None)", "print only shows", kind="nothing")
def prints(*given):
    repr(given)


@wrong(ALL, "no array of numbers", kind="type")
def text(*given):
    return "0.5"


@wrong(ALL, "no array of numbers", kind="type")
def complex_number(*given):
    return np.array(1 + 2j)


@wrong(ALL, "no array of numbers", "dict", kind="type")
def dictionary(*given):
    return {"answer": 1}


@wrong(ALL, "different kinds or lengths", kind="type")
def ragged(*given):
    return [[1.0, 2.0], [3.0]]


@wrong(ALL, "a function or a class", "parentheses", kind="type")
def function_for_a_value(*given):
    return np.sum


@wrong(ALL, "no array of numbers", kind="type")
def generator(*given):
    return (value for value in (1.0, 2.0))


@wrong(ALL, "shape (2, 0, 3)", kind="shape")
def nothing_in_it(*given):
    return np.zeros((2, 0, 3))


@wrong(ALL, "raised ValueError: my own words", "line 2 of its body: `raise ValueError(\"my own", kind="raised")
def own_error(*given):
    raise ValueError("my own words")


@wrong(ALL, "ZeroDivisionError", "division by 0", kind="NaN")
def division(*given):
    return 1 / 0


@wrong(ALL, "NameError", "mend its spelling", kind="raised")
def unknown_name(*given):
    return some_name_that_nobody_set        # noqa: F821


@wrong(ALL, "UnboundLocalError", "only after this line", kind="raised")
def set_too_late(*given):
    total = total + 1                       # noqa: F821
    return total


@wrong(ALL, "RecursionError", "calls itself", kind="raised")
def calls_itself(*given):
    return calls_itself(*given)


@wrong(ALL, "raised SystemExit", kind="raised")
def leaves(*given):
    raise SystemExit("done")


@wrong(ALL, "Keep the arguments as they were given: `def ", kind="raised")
def no_arguments():
    return 1.0


@wrong(ALL, "a loop that never ends", kind="too slow")
def endless(*given):
    while True:
        pass

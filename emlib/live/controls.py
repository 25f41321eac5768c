"""What the controls of several panels share: a field for numbers, and one entry of a distribution."""

import re

import numpy as np
from ipywidgets import Label, Text

from emlib import words

__all__ = ["NumberField", "number_in", "numbers_in", "with_entry"]

# A number as Python and the course write it: ASCII digits, a decimal point, an ASCII or a true minus sign.
NUMBER = re.compile(r"[-+−]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+−]?[0-9]+)?")


class NumberField(Text):
    """A field that takes a number, or several, and keeps the last good one.

    What is typed is parsed when the field is left or Enter is pressed. Where that fails the message says why, and the
    last good number stands in the field again. `Panel.on` hooks a callback to the numbers that are good.

    Parameters
    ----------
    name : str
        What stands before the field, and begins the message.
    number : object
        What is shown first: a number, or whatever else `parse` returns.
    parse : callable
        ``parse(text) -> number``; it raises a ValueError whose text says what to write, such as "write a number above
        0". See `number_in`.
    written : callable
        ``written(number) -> str``, as a student would type it.
    said : Label, optional
        Where the message stands; a panel may lend a label that says other things too.

    Attributes
    ----------
    number : object
        The last good number.
    said : Label
        The message; empty when all is well.
    """

    def __init__(self, name, number, parse, written="{:.6g}".format, said=None, **looks):
        self.number, self.parse, self.written = number, parse, written
        self.said, self._act, self._guard = Label() if said is None else said, None, lambda act, *given: act(*given)
        super().__init__(value=written(number), description=name, continuous_update=False, **looks)
        self.observe(self._typed, "value")

    def on_number(self, act, guard=None):
        """Call ``act(number)`` for each good number that is typed.

        `guard`, where given, calls ``guard(function, *arguments)``: what goes wrong in reading the number, other than
        that it is none, is then said there.
        """
        self._act, self._guard = act, guard or self._guard

    def put(self, number):
        """Show a number, and no message; that is not typing it, so nothing is called."""
        self.number, self.said.value = number, ""
        self.unobserve(self._typed, "value")
        self.value = self.written(number)
        self.observe(self._typed, "value")

    def _typed(self, change):
        self._guard(self._read, change["new"])

    def _read(self, typed):
        try:
            number = self.parse(typed)
        except Exception as wrong:
            self.put(self.number)
            if not isinstance(wrong, ValueError):             # no fault of what was typed
                raise
            self.said.value = words.of("kit").REFUSED.format(name=self.description.rstrip(" ="), typed=typed,
                                                             wanted=wrong, kept=self.value)
            return
        self.number, self.said.value = number, ""
        if self._act:
            self._act(number)


def numbers_in(text, wanted):
    """The numbers in a text, separated by blanks, commas or semicolons, a list of floats.

    Raises
    ------
    ValueError
        With the text `wanted`, if something else than finite decimal numbers is there.
    """
    parts = text.replace(",", " ").replace(";", " ").split()
    numbers = [float(part.replace("−", "-")) for part in parts if NUMBER.fullmatch(part)]
    if len(numbers) < len(parts) or not np.isfinite(numbers).all():
        raise ValueError(wanted)
    return numbers


def number_in(lo, hi, wanted):
    """A `parse` for one number from `lo` to `hi`; `wanted` is what to write, such as "write a number from 0 to 1"."""
    def parse(text):
        numbers = numbers_in(text, wanted)
        if not NUMBER.fullmatch(text.strip()) or not lo <= numbers[0] <= hi:
            raise ValueError(wanted)
        return numbers[0]
    return parse


def with_entry(q, k, value):
    """The distribution nearest in shape to q, array (K,), whose entry k is `value` (held between 0 and 1).

    The other entries keep their ratios; where they were all 0 they share alike.
    """
    value = min(max(float(value), 0.0), 1.0)
    others = np.delete(np.asarray(q, dtype=float), k)
    others = others / others.sum() if others.sum() > 0 else np.full(len(others), 1 / len(others))
    return np.insert(others * (1 - value), k, value)

"""Predictions: a question before a panel, answered by choice or by a typed number, and judged in the page itself."""

import anywidget
import traitlets as T

from emlib import words
from emlib.live.folded import folded, plain
from emlib.live.front_end import PREDICT_MODULE, PREDICT_STYLE

__all__ = ["Answer", "Predict", "Question"]


class Answer:
    """One answer that a reader may give, and what is said to it.

    Parameters
    ----------
    say : str
        The answer: the words of a button; or, where the answer is typed, a name for all that this one covers, such as
        "below 0.5".
    why : str
        Why it holds, or why it fails.
    right : bool
        Whether the prediction comes true.
    between : pair of floats, optional
        A typed number counts as this answer from the first to the second, both included.
    words : sequence of str, optional
        A typed word counts as this answer if it is one of these; capitals do not matter.

    Raises
    ------
    ValueError
        If `say` or `why` is empty, `between` is no pair of numbers in order, or both `between` and `words` are given.
    """

    def __init__(self, say, why, right=False, between=None, words=()):
        self.say, self.why, self.right = say, why, bool(right)
        self.words = [word.strip().lower() for word in words]
        for name in ("say", "why"):
            text = getattr(self, name)
            if not isinstance(text, str) or not text.strip():
                raise ValueError(f"{name} is {text!r}; give the words, a text that is not empty")
        if between is not None and self.words:
            raise ValueError(f"answer {say!r} has both between and words; give one of them")
        try:
            self.between = None if between is None else [float(end) for end in between]
        except (TypeError, ValueError):
            raise ValueError(f"between is {between!r}; give two numbers, the lower one first") from None
        if self.between and not (len(self.between) == 2 and self.between[0] <= self.between[1]):
            raise ValueError(f"between is {between!r}; give two numbers, the lower one first")


class Question:
    """A question with the answers that real readers give.

    Parameters
    ----------
    ask : str
        The question.
    answers : sequence of Answer
        Buttons, in this order; at least one is right and one wrong. If any of them has `between` or `words` the reader
        types instead: the first answer that fits is the one, and the last one, which has neither, takes all others.
    look : str
        What to look at in the panel below; said after the choice.

    Raises
    ------
    ValueError
        If the question is empty, no answer is right, none is wrong, two have the same words, or the last one of a typed
        question does not take all others.
    """

    def __init__(self, ask, answers, look=""):
        self.ask, self.answers, self.look = ask, list(answers), look
        if not isinstance(ask, str) or not ask.strip():
            raise ValueError(f"ask is {ask!r}; give the question, a text that is not empty")
        if {answer.right for answer in self.answers} != {True, False}:
            raise ValueError(f"question {ask!r}: give at least one answer that is right and one that is wrong")
        if len({answer.say for answer in self.answers}) < len(self.answers):
            raise ValueError(f"question {ask!r}: two answers have the same words; give each its own")
        takes_all = [not answer.between and not answer.words for answer in self.answers]
        if self.typed and takes_all != [False] * (len(self.answers) - 1) + [True]:
            raise ValueError(f"question {ask!r} is typed: give all answers but the last between or words; the last one "
                             "takes whatever the others do not")
        if any(answer.between for answer in self.answers) and any(answer.words for answer in self.answers):
            raise ValueError(f"question {ask!r} has both numbers and words; let the reader type one kind")

    @property
    def typed(self):
        """What the reader types, "number" or "word"; "" where the answer is chosen."""
        kinds = ["number" if answer.between else "word" for answer in self.answers if answer.between or answer.words]
        return kinds[0] if kinds else ""


def of_the_course(name):
    """The questions of the course that have this name, such as "jensen.spread"; each is asked in one notebook.

    Raises
    ------
    ValueError
        If there are none of this name.
    """
    rooms = words.table("predictions")
    room, _, key = name.partition(".")
    if key not in rooms.get(room, {}):
        known = ", ".join(f"{room}.{key}" for room in rooms for key in rooms[room])
        raise ValueError(f"question is {name!r}, which the course does not ask; use one of {known}")
    return [Question(one["ask"], [Answer(**answer) for answer in one["answers"]], one.get("look", ""))
            for one in rooms[room][key]]


class Predict(anywidget.AnyWidget):
    """Ask before the panel is moved: choose an answer, or type it, and read how the prediction fared, and why.

    The page knows the answers and judges by itself: it needs no Python once it is shown, and what is chosen goes
    nowhere, not even to Python. Where no widget runs (a saved notebook, a page on GitHub) each answer is a fold.

    Parameters
    ----------
    *questions : str or Question
        The name of questions of the course, such as "jensen.spread", or questions of your own.

    Raises
    ------
    ValueError
        If there is no question, or a name that the course does not know.
    """

    _esm, _css = PREDICT_MODULE, PREDICT_STYLE
    questions, names = T.List().tag(sync=True), T.Dict().tag(sync=True)

    def __init__(self, *questions):
        self.asked = [one for given in questions
                      for one in (of_the_course(given) if isinstance(given, str) else [given])]
        for one in self.asked:
            if not isinstance(one, Question):
                raise ValueError(f"question is {one!r}; give the name of one of the course, or a Question")
        if not self.asked:
            raise ValueError("there is no question; give the name of one, or a Question")
        data = [{"ask": one.ask, "look": one.look, "typed": one.typed,
                 "answers": [vars(answer) for answer in one.answers]} for one in self.asked]
        super().__init__(questions=data, names=words.of("kit").PREDICT)

    def _repr_mimebundle_(self, **kwargs):
        """The widget; where none runs the questions with folded answers, and in plain text without."""
        bundle = super()._repr_mimebundle_(**kwargs)
        data, metadata = bundle if isinstance(bundle, tuple) else (bundle or {}, {})
        static = {"text/plain": plain(self.asked, self.names), "text/html": folded(self.asked, self.names)}
        return {**data, **static}, metadata

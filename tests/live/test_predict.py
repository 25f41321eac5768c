"""Predictions: what a question must have, what the widget carries, and what a page without it shows."""

import html.parser
import re

import pytest
from project import ROOT

from emlib import words
from emlib.live import Answer, Predict, Question

KINDS = ("p", "b", "em", "details", "summary", "blockquote")     # what GitHub and an untrusted notebook leave as it is


def question(*answers):
    answers = answers or [Answer("this", "it is so.", right=True), Answer("that", "it is not.")]
    return Question("Which?", answers, look="the bar.")


def number():
    return question(Answer("about a half", "so it is.", right=True, between=(0.4, 0.6)), Answer("any other", "no."))


class Folds(html.parser.HTMLParser):
    """What is in sight, what is on folds, and what is in them; and the kinds of element."""

    def __init__(self, text):
        super().__init__()
        self.open, self.kinds, self.texts, self.attributes = [], set(), {"sight": "", "summary": "", "folded": ""}, []
        self.feed(text)
        assert self.open == [], "each element is closed"

    def handle_starttag(self, tag, attributes):
        self.open.append(tag)
        self.kinds.add(tag)
        self.attributes += attributes

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        place = "summary" if "summary" in self.open else "folded" if "details" in self.open else "sight"
        self.texts[place] += data + "\n"


def test_a_page_without_the_widget_has_the_question_in_sight_and_the_answers_folded():
    shown = Folds(Predict(question())._repr_mimebundle_()[0]["text/html"])
    assert "Which?" in shown.texts["sight"] and shown.texts["summary"] == "this\nthat\n"
    for hidden in ("it is so.", "it is not.", "Right.", "Not so.", "the bar."):
        assert hidden in shown.texts["folded"] and hidden not in shown.texts["sight"] + shown.texts["summary"]
    assert shown.kinds <= set(KINDS) and shown.attributes == []


def test_a_typed_answer_is_under_one_fold_that_does_not_tell_it():
    shown = Folds(Predict(number())._repr_mimebundle_()[0]["text/html"])
    assert shown.texts["summary"] == words.of("kit").PREDICT["open"] + "\n"
    assert "about a half" in shown.texts["folded"] and "half" not in shown.texts["sight"]


def test_words_are_words_and_no_html():
    answers = [Answer("a < b & <script>", "<b>", right=True), Answer("b", "c")]
    odd = Question("<img src=x>?", answers, look="</details>")
    shown = Folds(Predict(odd)._repr_mimebundle_()[0]["text/html"])
    assert shown.kinds <= set(KINDS)
    assert "<img src=x>?" in shown.texts["sight"] and "a < b & <script>" in shown.texts["summary"]


def test_the_text_alone_asks_and_does_not_answer():
    text = Predict(question(), number())._repr_mimebundle_()[0]["text/plain"]
    assert text == "Predict (1): Which? this / that\nPredict (2): Which?"
    assert Predict(question())._repr_mimebundle_()[0]["text/plain"] == "Predict: Which? this / that"


def test_the_output_is_the_same_each_time():
    """nbval compares it, so there is no number of a model in it."""
    first, second = (Predict("jensen.spread")._repr_mimebundle_()[0] for _ in range(2))
    assert all(first[kind] == second[kind] for kind in ("text/plain", "text/html"))
    assert "application/vnd.jupyter.widget-view+json" in first


def test_the_page_gets_all_that_it_needs_to_judge_and_python_hears_nothing():
    predict = Predict(number())
    sent = predict.get_state()
    assert sent["questions"] == [{"ask": "Which?", "look": "the bar.", "typed": "number", "answers": [
        {"say": "about a half", "why": "so it is.", "right": True, "between": [0.4, 0.6], "words": []},
        {"say": "any other", "why": "no.", "right": False, "between": None, "words": []}]}]
    module = (ROOT / "emlib" / "live" / "js" / "predict.js").read_text(encoding="utf-8")
    assert not re.search(r"model\.(set|save_changes|send|on)|fetch|XMLHttp|WebSocket|Storage|cookie|navigator", module)


def test_words_of_an_answer_are_compared_without_capitals():
    asked = question(Answer("the entropy", "y", right=True, words=["Entropy ", "H(q)"]), Answer("other", "n"))
    assert asked.typed == "word" and asked.answers[0].words == ["entropy", "h(q)"]


# Bad input

RIGHT, WRONG = Answer("a", "b", right=True), Answer("c", "d")
LOW = Answer("low", "y", right=True, between=(0, 1))


@pytest.mark.parametrize(("make", "message"), [
    (lambda: Answer("", "b"), "say is ''; give the words"),
    (lambda: Answer("a", None), "why is None; give the words"),
    (lambda: Answer("a", "b", between=(1, 0)), r"between is \(1, 0\); give two numbers, the lower one first"),
    (lambda: Answer("a", "b", between=(1,)), "give two numbers"),
    (lambda: Answer("a", "b", between=3), "between is 3; give two numbers"),
    (lambda: Answer("a", "b", between=("low", "high")), "give two numbers"),
    (lambda: Answer("a", "b", between=(0, float("nan"))), "give two numbers"),
    (lambda: Answer("a", "b", between=(0, 1), words=["x"]), "both between and words"),
    (lambda: Question(" ", [RIGHT, WRONG]), "ask is ' '; give the question"),
    (lambda: Question("q", [RIGHT]), "at least one answer that is right and one that is wrong"),
    (lambda: Question("q", [WRONG, Answer("e", "f")]), "at least one answer that is right"),
    (lambda: Question("q", [RIGHT, WRONG, Answer("c", "other")]), "two answers have the same words"),
    (lambda: Question("q", [LOW, Answer("c", "d", between=(2, 3))]), "is typed"),
    (lambda: Question("q", [RIGHT, Answer("x", "y", between=(2, 3))]), "is typed: give all answers but the last"),
    (lambda: Question("q", [LOW, Answer("x", "y", words=["w"]), WRONG]), "has both numbers and words"),
    (lambda: Predict(), "there is no question"),
    (lambda: Predict("jensen.nothing"), r"'jensen.nothing', which the course does not ask; use one of .*jensen.spread"),
    (lambda: Predict("jensen"), "which the course does not ask"),
    (lambda: Predict(3), "question is 3; give the name of one of the course, or a Question"),
])
def test_what_is_no_question_is_refused_in_words(make, message):
    with pytest.raises(ValueError, match=message):
        make()

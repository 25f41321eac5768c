"""Questions as plain HTML: where no widget runs, each answer is a fold, opened by mouse, by keyboard and by touch."""

import html

__all__ = ["folded", "plain"]


def folded(questions, names):
    """The questions with their answers folded, in elements that GitHub and an untrusted notebook leave as they are.

    Parameters
    ----------
    questions : sequence of Question
    names : dict
        Words: title, right, wrong, look, choose, write, open.

    Returns
    -------
    str
        HTML without script, style or input.
    """
    return "\n".join("\n".join(["<blockquote>", _asked(title, one, names), *_folds(one, names), "</blockquote>"])
                     for title, one in zip(_titles(questions, names), questions, strict=True))


def plain(questions, names):
    """The questions and what can be chosen, as text, one a line; the answers are not in it."""
    return "\n".join(f"{title}: {one.ask}" + ("" if one.typed else " " + " / ".join(a.say for a in one.answers))
                     for title, one in zip(_titles(questions, names), questions, strict=True))


def _titles(questions, names):
    several = len(questions) > 1
    return [f"{names['title']} ({i})" if several else names["title"] for i in range(1, len(questions) + 1)]


def _asked(title, question, names):
    how = names["write" if question.typed else "choose"]
    return f"<p><b>{html.escape(title)}.</b> {html.escape(question.ask)} <em>{html.escape(how)}</em></p>"


def _folds(question, names):
    """One fold for each choice. Of a typed answer one for all: "below 0.5" on a fold would give the answer away."""
    look = f"<b>{html.escape(names['look'])}</b> {html.escape(question.look)}" if question.look else ""
    if question.typed:
        said = [f"{html.escape(answer.say)}: {_verdict(answer, names)}" for answer in question.answers]
        return [_fold(names["open"], *said, look)]
    return [_fold(answer.say, _verdict(answer, names), look) for answer in question.answers]


def _verdict(answer, names):
    return f"<b>{html.escape(names['right' if answer.right else 'wrong'])}</b> {html.escape(answer.why)}"


def _fold(summary, *paragraphs):
    inside = "".join(f"<p>{text}</p>" for text in paragraphs if text)
    return f"<details><summary>{html.escape(summary)}</summary>{inside}</details>"

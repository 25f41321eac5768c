"""Notebook 19: six suspects, what they claim, and the report that convicts them."""

ALT = ("Left: log p(x|θ) and ELBO as the suspect reports them. Right: the checks, each passed, failed or not yet "
       "looked at.")

# the controls
CHOOSE = "Suspect"
OPEN = "Open the report"

# in the picture
NAME = "Suspect {name}"
WHEN = "iteration {t}, after {kind}"
CHECKS = "Check by check"

# what is on screen
CLAIM = "{name}, {when}: it claims log-lik {log_lik} and ELBO {elbo}."
CLOSED = "{claim} The report is closed."
NONE_BROKEN = "{claim} No check fails."
FIRST_BROKEN = "{claim} The first check that fails: {check}."

# the exercise before any report opens
MATCH = "Not started yet: write the number of a mistake, 1 to 6, in place of the dots of each suspect."
NO_SUSPECT = "There is no suspect {name}. The six are A, B, C, D, E, F."
NO_NUMBER = "For {letter} write the number of a mistake in the list, 1 to 6, not {value}."
TWICE = "Mistake {number} is given to {first} and to {second}. Each of the six mistakes belongs to one suspect."
LOOK_AGAIN = "{right} of the {done} that you matched are right. Look at {letter} again. {clue}"
MORE_TO_DO = "Right so far. Still to do: {letters}."
MATCHED = "All six are matched. Now open the reports, and see by which check each of them is caught."
SOMETHING = "something of type {type}"
CLUES = {
    "A": "Its ELBO falls in an M-step. Count the iterations until nothing moves any more: what comes to rest so soon?",
    "B": "After each E its two curves meet, and neither ever falls: so its E-step and its bound are right, and "
         "its M-step raises the bound. Two suspects are like that. Compare their ends with the correct fit above.",
    "C": "Its ELBO does not touch its log-likelihood after an E-step, always by a positive amount: what is left out?",
    "D": "Its ELBO falls in an M-step, yet it does not come to rest at once, and it stops far too low: which parameter "
         "is of the wrong size?",
    "E": "Its ELBO stands above its log-likelihood. W9 forbids that for every q that sums to 1: so what of its q?",
}
CLUES["F"] = CLUES["B"]

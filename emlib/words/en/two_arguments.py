"""Notebook 06: L(q, θ) as a landscape over its two arguments."""

ALT = ("Left: contours of L(q, θ) with the two ridges and the way so far, below the curve log p(x|θ). "
       "Right: the ELBO as evidence minus KL, and as energy plus entropy.")

# the controls: the kinds of half-steps, how far they go, and what the hand may move
MOVES_LABEL = "Moves"
MOVES = {"exact": "exact EM", "part": "part of the way", "gradient": "gradient M-step"}
AMOUNTS = {"exact": "Fraction", "part": "Fraction", "gradient": "Rate"}
WANTED = "write a number above 0 and at most {most}"
HAND_LABEL = "Hand"
HANDS = {"both": "moves q and θ", "q": "moves q alone", "theta": "moves θ alone"}
PAIR = "θ = {theta}, q(left) = {s}; Enter or letting go: the walk starts here"
FREE = "free place: a click or Enter starts the walk there"

# what the half-steps did
FELL = "L fell at {fell} of {n} half-steps: this rate steps over the ridge."
NEVER_FELL = "L never fell in {n} half-steps; at the end θ = {theta}."

# a pair (q, θ) to which no half-step led
TITLES = {"start": "Start", "hand": "By hand"}
SENTENCE = ("{title}: θ = {theta}, q(left) = {s}; ELBO {elbo} = log-lik {log_lik} − KL {kl} = "
            "energy {expected_log_joint} + entropy {entropy}.")

# in the picture
AXIS_THETA = "θ, the coin's probability of heads"
AXIS_Q = "q(left)"
BEST_Q = "—  E: to the posterior"
BEST_THETA = "- -  M: to the best θ"
E_HOLDS = "E holds θ: log p(x|θ) stays"
M_HOLDS = "M holds q: the entropy stays"
EXPECTED_LOG_JOINT = "energy"
ENTROPY = "entropy"
FURTHER_LEFT = "◀ further left than this window"

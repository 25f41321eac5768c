"""Notebook 06: L(q, θ) as a landscape over its two arguments."""

ALT = ("Left: contours of L(q, θ) with the two ridges and the way so far, below the curve log p(x|θ). "
       "Right: the ELBO as evidence minus KL, and as energy plus entropy.")

# the controls: what the moves and the hand's freedoms are called
MOVES_LABEL = "Moves"
MOVES = {"exact": "exact EM", "part": "part of the way", "gradient": "gradient M-step"}
HAND_LABEL = "Hand"
HANDS = {"both": "moves q and θ", "q": "moves q alone", "theta": "moves θ alone"}
AMOUNTS = {"exact": "Fraction", "part": "Fraction", "gradient": "Rate"}
BAD_AMOUNT = "{name} {typed!r} is not a number above 0 and at most {most:g}; {kept:g} is kept."
PAIR = "θ = {theta:.2f}, q(left) = {s:.2f}"

# what the half-steps did
FELL = "L fell at {fell} of {n} half-steps: this rate steps over the ridge."
NEVER_FELL = "L never fell in {n} half-steps; at the end θ = {theta:.3f}."

# how a pair (q, θ) was reached
TITLES = {"start": "Start", "hand": "By hand", "E": "Iteration {t}, after E", "M": "Iteration {t}, after M"}
SENTENCE = ("{title}: θ = {theta:.3f}, q(left) = {s:.3f}; ELBO {elbo} = log-lik {log_lik} − KL {kl} = "
            "energy {expected} + entropy {entropy}.")

# in the picture
AXIS_THETA = "θ, the coin's probability of heads"
AXIS_Q = "q(left)"
BEST_Q = "—  E: to the posterior"
BEST_THETA = "- -  M: to the best θ"
E_HOLDS = "E holds θ: log p(x|θ) stays"
M_HOLDS = "M holds q: the entropy stays"
ENERGY = "energy"
ENTROPY = "entropy"
FURTHER_LEFT = "◀ further left than this window"

"""Words of the pictures and panels that several lessons share, and of the stage's buttons."""

# the stage
STAGE = {
    "back": "Previous step",
    "play": "Play",
    "pause": "Pause",
    "next": "Next step",
    "slider": "Step",
    "picture": "interactive picture",
    "free": "free place",
    "hand": "by hand",
    "wait": "Python is busy: waiting",
    "lost": "Python does not answer. This is the last picture.",
    "gone": "Python has stopped or was restarted: run the cell again. This is the last picture.",
}

# a prediction: on a page with the widget, and folded where there is none
PREDICT = {
    "title": "Predict",
    "right": "Right.",
    "wrong": "Not so.",
    "first": "You first said: “{said}”",
    "look": "Look at this below:",
    "answer": "Your prediction",
    "send": "Predict",
    "number": "write a number, such as 0.5 or −2",
    "word": "write a word",
    "choose": "Choose one, then open it.",
    "write": "Write your answer down, then open this.",
    "open": "How it comes out",
}

# numbers
UNDEFINED = "undefined"
NATS = "nats"

# a half-step
HALF_STEP = "Iteration {t}, after {kind}"
ITERATION = "iteration"

# the identity, as a bar and as a sentence
SENTENCE_AT_STEP = "{when}: {sentence}"
INFINITE_KL = "log-lik = {log_lik}, ELBO = −∞, KL = ∞: q > 0 somewhere the posterior is 0."
ZERO_KL = "ELBO = log-lik = {log_lik}, KL = 0."
IDENTITY = "log-lik {log_lik} = ELBO {elbo} + KL {kl}."
NATS_FROM_LINE = "nats from log p(x|θ)"
RESIDUAL = "residual {residual}"
NO_BAR = "ELBO = −∞, KL = ∞: no bar"

# bars of q
CHOICE_OF_Q = "q = ({q}): {identity}"

# a mixture
DENSITY = "density"
COMPONENTS = "Components {each}."
COMPONENT = "{k}: weight {weight}, mean {mean}"

# what went wrong in a callback, and what is no good in a field for numbers
WHERE = "(in {function}, line {line} of {file})"
REFUSED = "{name} is {typed!r}; {wanted}. {kept} stays."

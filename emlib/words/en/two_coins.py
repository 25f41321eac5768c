"""Words of the two coins: labels by hand, soft counts, and one likelihood on two scales."""

ALT = "Five sets of tosses, each split between coin A and coin B; beside them the table of counts and each coin's θ."
ALT_SCALES = "Left: p(x|θ) over one coin's probability of heads. Right: its logarithm. One summit for both."

# controls
EXCHANGE = "Exchange A and B"
TRUTH = "Show the truth"
START = "θ at the start"
AGAIN = "Start again"
HALVES = "All sets half and half"
COPIES = "Sets"
COPIES_OPTION = "{n} × the data"
START_WANTED = "write two numbers between 0 and 1, such as 0.6, 0.5"
START_EMPTY = "from there a coin gets no tosses at all; try another one"
START_IMPOSSIBLE = "from there the tosses are impossible; try numbers between 0 and 1"
NO_THETA = "A coin without tosses has no θ: EM cannot start here. Give it a share of some set."
EDGE = "set {row}: {q} of it from coin A"
FREE_LABEL = "free place: in a bar, a click or Enter gives the set to the other coin"
FREE_SPLIT = "free place: in a bar, a click or Enter splits the set there"
THETA_ON = "θ_A = {at}, on {curve}"

# what has just happened, by the key of a state
TITLES = {
    "labels": "Your labels",
    "split": "Your split",
    "truth": "True labels",
    "before": "Iteration {t}, before any count",
    "filling": "Iteration {t}, E: set {known} of {n}",
    "E": "Iteration {t}, after E",
    "M": "Iteration {t}, after M",
}

# the table
SET = "set"
TOSSES = "tosses"
WHOSE = "q: whose set?"
COIN = "coin {coin}"
TOTALS = "totals"
NO_TOSSES = "no tosses"
NOT_UPDATED = "not yet updated"
THETA_UNDEFINED = "{theta} undefined"
LOG_LIK_UNDEFINED = "log p(x|θ) undefined"
NOTHING_COUNTED = "no set is counted yet"
SHARES = "shares of coin A {shares}; totals {totals}"
SENTENCE = "{title}: {split}; {theta}; {log_lik}."

# two scales
UNIT = "in units of 1e−{power}"
SUMMIT = "summit at {at}"
NO_SUMMIT = "no summit to be seen: all 0"
VALUE_AT = "{value} at {at}"
HIGHEST = "highest at {at}"
ALL_ZERO = "0 everywhere for the machine"
SCALES = "θ_A = {at}: p(x|θ) = {p} ({p_highest}), log p(x|θ) = {log_p} ({log_p_highest})."

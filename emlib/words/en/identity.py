"""Words of the two logarithms over z whose difference is log p(x|θ)."""

ALT = "Left: log p(x,z|θ) and log p(z|x,θ) over z, their difference, and q. Right: their values at one z and averaged."
VIEWS = {
    "taught": "W3, as taught",
    "written": "W1, as written",
    "with_q": "W4, both over q",
}
SNAP = "q = posterior"
LEVEL = "All equal"
Z_WANTED = "write a number between −{edge} and {edge}"

# handles
PICK = "the z looked at: {z}"
MEAN = "mean of q: {mean}"
SD = "standard deviation of q: {sd}"

# the picture
DIFFERENCE = "difference, nats"
AT = "at {z}"
AVERAGE = "average"
LOG_LIK_ITSELF = "log p(x|θ) itself: {log_lik}"
PRODUCT_RULE = "the product rule (W2) at this z"
SAME = "the same at every z"
NOT_SAME = "not the same at every z"
SAME_WHERE_POSITIVE = "the same wherever q > 0"
NOT_SAME_WHERE_POSITIVE = "not the same wherever q > 0"
SUM = "{first} − ({second}) = {difference}"
SENTENCE = ("{view}: {first} − {second} = {result}; at {z}: {here}; averaged over q: {mean}; "
            "log p(x|θ) = {log_lik}: {verdict}.")

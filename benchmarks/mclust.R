# Time EM steps of mclust's em(), for peers.py: reads a folder, writes a folder.
# Arguments: folder, N, D, K, steps of the short and of the long run, how often each is repeated.
arguments <- commandArgs(trailingOnly = TRUE)
folder <- arguments[1]
sizes <- as.integer(arguments[2:7])
n <- sizes[1]; d <- sizes[2]; k <- sizes[3]; short <- sizes[4]; long <- sizes[5]; times <- sizes[6]
suppressMessages(library(mclust))

numbers <- function(name, count) readBin(file.path(folder, name), "double", count)
x <- matrix(numbers("x", n * d), n, d, byrow = TRUE)
sigma <- aperm(array(numbers("covariances", k * d * d), c(d, d, k)), c(2, 1, 3))
start <- list(
  pro = numbers("weights", k),
  mean = matrix(numbers("means", k * d), d, k),
  variance = list(modelName = "VVV", d = d, G = k, sigma = sigma,
                  cholsigma = array(apply(sigma, 3, chol), c(d, d, k))))
run <- function(steps) {
  em(modelName = "VVV", data = x, parameters = start, warn = FALSE,
     control = emControl(eps = 0, tol = c(0, 0), itmax = c(steps, steps)))
}
clock <- function(steps) {
  best <- Inf
  for (i in seq_len(times)) {
    began <- Sys.time()
    found <- run(steps)
    best <- min(best, as.numeric(difftime(Sys.time(), began, units = "secs")))
  }
  list(seconds = best, found = found)
}
a <- clock(short)
b <- clock(long)
found <- b$found$parameters
writeBin(c(a$seconds, b$seconds, attr(b$found, "info")[["iterations"]],
           found$pro, found$mean, found$variance$sigma), file.path(folder, "found"))

# Makes this folder: series of our own drawing, judged by R's surveillance (1.20.3, R 4.2.2). Usage: Rscript make.R DIR
suppressMessages({library(surveillance); library(jsonlite)})
out <- commandArgs(TRUE)[1]
set.seed(20260401)
text <- function(x) ifelse(is.na(x), ifelse(is.nan(x), "NaN", "NA"), formatC(as.numeric(x), digits = 17, format = "g", width = 1))
weeks <- 0:329
season <- function(t, period) 1 + 0.6 * cos(2 * pi * t / period)
draw <- function(mu, size = 4) rnbinom(length(mu), mu = mu, size = size)
outbreak <- function(y, at, sizes) { y[at + seq_along(sizes) - 1] <- y[at + seq_along(sizes) - 1] + sizes; y }
counts <- list(
  sparse = outbreak(draw(rep(0.3, 330)), 300, c(3, 4, 2)),
  seasonal = outbreak(draw(8 * season(weeks, 52) * exp(0.002 * weeks)), 315, c(15, 30, 20)),
  busy = outbreak(draw(300 * season(weeks, 52), 60), 320, c(200, 300)),
  awakening = c(rep(0, 280), rpois(50, 1.5)),
  holes = replace(draw(5 * season(weeks, 52)), c(40, 41, 150, 262, 290, 301, 318), NA),
  dated = outbreak(draw(6 * season(weeks, 52)), 310, c(12, 18)),
  populated = outbreak(draw(4 * season(weeks, 52)), 310, c(12, 18)),
  monthly = outbreak(draw(20 * season(0:119, 12)), 112, c(40, 25))
)
dates <- list(dated = as.Date("2009-01-05") + 7 * weeks)
population <- list(populated = 1e5 * exp(0.004 * weeks))
object <- function(id) {
  y <- matrix(counts[[id]]); arguments <- list(observed = y, frequency = if (id == "monthly") 12 else 52, start = c(2009, 2))
  if (!is.null(population[[id]])) arguments$population <- matrix(population[[id]])
  if (!is.null(dates[[id]])) arguments <- c(arguments, list(epoch = as.numeric(dates[[id]]), epochAsDate = TRUE))
  do.call(sts, arguments)
}
last <- function(id, n) { T <- length(counts[[id]]); (T - n + 1):T }
seasonal_mean <- function(id, range) {
  y <- counts[[id]]; t <- seq_along(y); f <- if (id == "monthly") 12 else 52
  d <- data.frame(y = y, c = cos(2 * pi * t / f), s = sin(2 * pi * t / f))
  unname(predict(glm(y ~ c + s, family = poisson, data = d[1:(min(range) - 1), ]), newdata = d[range, ], type = "response"))
}
wrap <- function(fun) { force(fun); function(id, control) { r <- fun(object(id), control = control); list(t = control$range, upperbound = upperbound(r), alarm = r@alarm) } }
algo <- function(fun) { force(fun); function(id, control) {
  r <- fun(sts2disProg(object(id)), control = control)
  list(t = control$range, upperbound = r$upperbound, alarm = r$alarm)
} }
ears <- function(id, control) {
  range <- control$range; control$range <- NULL
  if (!is.null(range)) control$range <- range
  r <- earsC(object(id), control = control)
  list(t = r@control$range, upperbound = upperbound(r), alarm = r@alarm)
}
glr <- function(fun) { force(fun); function(id, control) {
  known <- identical(control$mu0, "glm")
  if (known) control$mu0 <- seasonal_mean(id, control$range)
  r <- wrap(fun)(id, control)
  if (known) r$mu0 <- control$mu0
  r
} }
flexible <- function(id, control) {
  r <- farringtonFlexible(object(id), control = c(control, list(glmWarnings = FALSE)))
  list(t = control$range, upperbound = upperbound(r), alarm = r@alarm,
       score = r@control$score, pvalue = r@control$pvalue, expected = r@control$expected)
}
all_ids <- names(counts); plain <- setdiff(all_ids, "holes")
awake <- setdiff(plain, "awakening") # on means of nearly 0 R's search for the rate gives up
weekly <- setdiff(all_ids, "monthly")
configs <- list()
add <- function(id, detector, run, control = list(), n = 60, ids = all_ids, passed = control)
  configs[[length(configs) + 1]] <<- list(id = id, detector = detector, run = run, control = control, n = n, ids = ids, passed = passed)
for (m in c("C1", "C2", "C3")) {
  add(paste0("ears_", m), "earsC", ears, list(method = m), n = 0)
  add(paste0("ears_", m, "_own"), "earsC", ears, list(method = m, baseline = 10, minSigma = 0.5, alpha = 0.01), n = 40)
}
for (trans in c("standard", "rossi", "anscombe", "anscombe2nd", "pearsonNegBin", "anscombeNegBin", "none")) {
  add(paste0("cusum_", trans), "cusum", wrap(cusum), list(k = 1.04, h = 2.26, trans = trans))
  add(paste0("cusum_", trans, "_given"), "cusum", wrap(cusum), list(k = 0.5, h = 4, trans = trans, m = 6, alpha = 0.2), n = 40)
  add(paste0("cusum_", trans, "_glm"), "cusum", wrap(cusum), list(k = 1.04, h = 2.26, trans = trans, m = "glm"), n = 40)
}
for (i in 1:3) {
  add(paste0("rki", i), paste0("algo.rki", i), algo(get(paste0("algo.rki", i))))
  add(paste0("bayes", i), paste0("algo.bayes", i), algo(get(paste0("algo.bayes", i))))
}
add("rki_own", "rki", wrap(rki), list(b = 3, w = 2, actY = TRUE), n = 40)
add("bayes_own", "bayes", wrap(bayes), list(b = 1, w = 3, actY = FALSE, alpha = 0.01), n = 40)
add("cdc_b5", "algo.cdc", algo(algo.cdc), list(b = 5, m = 1, alpha = 0.025), ids = weekly)
add("cdc_b2", "algo.cdc", algo(algo.cdc), list(b = 2, m = 1, alpha = 0.001), ids = weekly, n = 40)
add("outbreakP_value", "outbreakP", wrap(outbreakP), list(k = 100, ret = "value"), n = 330)
add("outbreakP_cases", "outbreakP", wrap(outbreakP), list(k = 100, ret = "cases", maxUpperboundCases = 300), n = 20, ids = c("sparse", "seasonal", "awakening", "monthly"))
for (dir in c("inc", "dec")) for (M in c(-1, 20)) add(paste("glrpois", dir, M, sep = "_"), "glrpois", glr(glrpois), list(c.ARL = 5, mu0 = "glm", M = M, dir = dir, ret = "value"), ids = plain)
for (dir in c("inc", "dec")) for (M in c(-1, 20)) add(paste("glrnb", dir, M, sep = "_"), "glrnb", glr(glrnb), list(c.ARL = 4, mu0 = "glm", alpha = 0.2, M = M, Mtilde = 2, dir = dir, ret = "value"), ids = awake)
add("glrpois_lr", "glrpois", glr(glrpois), list(c.ARL = 4, mu0 = "glm", theta = 0.5, ret = "value"), ids = plain)
add("glrnb_lr", "glrnb", glr(glrnb), list(c.ARL = 4, mu0 = "glm", alpha = 0.1, theta = 0.5, ret = "value"), ids = plain)
add("glrpois_lr_cases", "glrpois", glr(glrpois), list(c.ARL = 4, mu0 = "glm", theta = 0.5, ret = "cases"), ids = plain)
add("glrnb_lr_cases", "glrnb", glr(glrnb), list(c.ARL = 4, mu0 = "glm", alpha = 0.1, theta = 0.5, ret = "cases"), ids = plain)
add("glrpois_cases", "glrpois", glr(glrpois), list(c.ARL = 4, mu0 = "glm", ret = "cases"), ids = plain)
add("glrpois_epi", "glrpois", glr(glrpois), list(c.ARL = 4, mu0 = "glm", change = "epi", ret = "value"), ids = plain)
add("glrnb_epi", "glrnb", glr(glrnb), list(c.ARL = 4, mu0 = "glm", alpha = 0.2, change = "epi", M = 26, ret = "value"), ids = plain)
add("glrpois_fit", "glrpois", glr(glrpois), list(c.ARL = 5), ids = c("seasonal", "busy"))
add("glrpois_fit_refit", "glrpois", glr(glrpois), list(c.ARL = 5, mu0 = list(S = 2, trend = TRUE, refit = TRUE)), ids = c("seasonal", "busy", "sparse"))
add("glrpois_dec_cases", "glrpois", glr(glrpois), list(c.ARL = 4, mu0 = "glm", M = 10, Mtilde = 2, dir = "dec", ret = "cases"), ids = plain)
add("glrnb_cases", "glrnb", glr(glrnb), list(c.ARL = 2, mu0 = "glm", alpha = 0.2, M = 4, ret = "cases", xMax = 100), n = 30, ids = c("sparse", "seasonal", "monthly"))
add("glrnb_fit_refit", "glrnb", glr(glrnb), list(c.ARL = 3, mu0 = list(S = 1, trend = TRUE, refit = TRUE)), ids = c("seasonal", "busy", "sparse"))
add("glrnb_fit", "glrnb", glr(glrnb), list(c.ARL = 5), ids = c("seasonal", "busy"))
farr <- wrap(farrington)
add("farrington", "farrington", farr, list(b = 5, w = 3), n = 30)
add("farrington_b4", "farrington", farr, list(b = 4, w = 2, alpha = 0.01, powertrans = "1/2", limit54 = c(0, 4)), n = 20)
add("farrington_plain", "farrington", farr, list(b = 3, w = 3, reweight = FALSE, powertrans = "none"), n = 20)
add("farrington_notrend", "farrington", farr, list(b = 3, w = 3, trend = FALSE), n = 20)
add("farrington_population", "farrington", farr, list(b = 3, w = 3, fitFun = "algo.farrington.fitGLM.populationOffset"), n = 20, ids = c("populated", "seasonal"))
flex <- function(...) modifyList(list(b = 5, w = 3, noPeriods = 10, pastWeeksNotIncluded = 26, weightsThreshold = 2.58, thresholdMethod = "nbPlugin", alpha = 0.05), list(...))
add("flexible_default", "farringtonFlexible", flexible, list(), n = 20)
for (method in c("nbPlugin", "muan", "delta")) add(paste0("flexible_", method), "farringtonFlexible", flexible, flex(thresholdMethod = method), n = 20)
add("flexible_b3", "farringtonFlexible", flexible, flex(b = 3, alpha = 0.01, limit54 = c(0, 4), weightsThreshold = 1), n = 20)
add("flexible_plain", "farringtonFlexible", flexible, flex(b = 4, reweight = FALSE, trend = FALSE, thresholdMethod = "delta", powertrans = "none"), n = 20)
add("flexible_alltrend", "farringtonFlexible", flexible, flex(pThresholdTrend = 1, alpha = 0.005), n = 20)
add("flexible_population", "farringtonFlexible", flexible, flex(b = 3, populationOffset = TRUE), n = 20, ids = c("populated", "seasonal"))

dir.create(out, showWarnings = FALSE)
gz <- function(lines, name) { con <- gzfile(file.path(out, name), "w"); writeLines(lines, con); close(con) }
rows <- "series_id,t,date,count,population,state"
index <- '"series_id","n","freq","start","epoch_as_date"'
for (id in all_ids) {
  y <- counts[[id]]; p <- if (is.null(population[[id]])) rep(1, length(y)) else population[[id]]
  d <- if (is.null(dates[[id]])) rep("", length(y)) else format(dates[[id]])
  rows <- c(rows, paste(id, seq_along(y), d, text(y), text(p), 0, sep = ","))
  index <- c(index, sprintf('"%s",%d,%d,"%d-%d",%s', id, length(y), if (id == "monthly") 12 else 52, 2009, 2, !is.null(dates[[id]])))
}
gz(rows, "series.csv.gz"); writeLines(index, file.path(out, "series_index.csv"))
runs <- '"config_id","series_id","status","n","range_from","range_to","seconds","n_warnings","message"'
described <- list()
for (c in configs) {
  lines <- NULL
  for (id in c$ids) {
    control <- c$control
    if (id == "monthly" && c$detector == "farringtonFlexible") {
      control$w <- 1
      if (!is.null(control$noPeriods)) control$noPeriods <- 4
      if (!is.null(control$pastWeeksNotIncluded)) control$pastWeeksNotIncluded <- 6
    }
    if (c$n > 0) control$range <- last(id, if (id == "monthly") min(c$n, 24) else c$n)
    if (c$id == "outbreakP_value") control$range <- seq_along(counts[[id]])
    r <- tryCatch(suppressMessages(suppressWarnings(c$run(id, control))), error = function(e) conditionMessage(e))
    failed <- is.character(r)
    from <- if (is.null(control$range)) 1 else min(control$range)
    runs <- c(runs, sprintf('"%s","%s","%s",%d,%d,%d,0,0,"%s"', c$id, id, if (failed) "error" else "ok", if (failed) 0L else length(r$t),
                            from, length(counts[[id]]), if (failed) gsub('[\n"]', " ", r) else ""))
    if (!failed) {
      extra <- setdiff(names(r), c("t", "upperbound", "alarm"))
      if (is.null(lines)) { head <- c("series_id", "t", "upperbound", "alarm", extra); lines <- paste(head, collapse = ",") }
      lines <- c(lines, do.call(paste, c(list(id, r$t), lapply(c("upperbound", "alarm", extra), function(x) text(c(r[[x]]))), sep = ",")))
    }
  }
  if (!is.null(lines)) gz(lines, paste0(c$id, ".csv.gz"))
  described[[length(described) + 1]] <- list(config_id = c$id, detector = c$detector, control = if (length(c$control)) c$control else setNames(list(), character()), file = paste0(c$id, ".csv.gz"))
}
writeLines(runs, file.path(out, "runs.csv"))
writeLines(toJSON(described, auto_unbox = TRUE, digits = NA), file.path(out, "configs.json"))

# Times R's surveillance on the counts that bench/detectors_against_r.py wrote, and keeps R's bounds for comparison.
#
#     Rscript detectors_against_r.R DIRECTORY
#
# DIRECTORY holds daily.csv and weekly.csv (a row a step, a column a series). times.txt gets one line a method: its name,
# CPU seconds, and how many points it judged.

suppressPackageStartupMessages(library(surveillance))

directory <- commandArgs(trailingOnly = TRUE)[1]
counts <- function(name) unname(as.matrix(read.csv(file.path(directory, name), header = FALSE)))
times <- file.path(directory, "times.txt")
unlink(times)
daily <- sts(counts("daily.csv"), start = c(2023, 1), frequency = 365)
weekly <- sts(counts("weekly.csv"), start = c(2015, 1), frequency = 52)

timed <- function(name, points, judge) {
  gc()
  spent <- system.time(judged <- judge())
  cat(name, spent[["user.self"]] + spent[["sys.self"]], points, "\n", file = times, append = TRUE)
  write.table(upperbound(judged), file.path(directory, paste0(name, ".csv")), sep = ",", row.names = FALSE, col.names = FALSE)
}

for (method in c("C1", "C2", "C3")) {
  timed(tolower(method), length(observed(daily)), function() earsC(daily, control = list(method = method)))
}
timed("cusum", length(observed(daily)), function() {
  suppressWarnings(cusum(daily, control = list(range = 29:nrow(daily), trans = "standard")))
})
weeks <- (nrow(weekly) - 7):nrow(weekly)
timed("farrington_flexible", length(weeks) * ncol(weekly), function() {
  farringtonFlexible(weekly, control = list(
    range = weeks, b = 5, w = 3, noPeriods = 10, pastWeeksNotIncluded = 26, weightsThreshold = 2.58, alpha = 0.005,
    thresholdMethod = "nbPlugin", glmWarnings = FALSE
  ))
})

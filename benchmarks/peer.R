# One measurement of one R peer: Rscript peer.R PEER FAMILY FORMULA FACTORS ROWS.csv
#
# Peers are lme4, glmmTMB and glm (MASS for the negative binomial). FACTORS are names joined by
# commas. One JSON line comes out: the seconds of the fit, with packages loaded and rows read, and
# the versions. Base R writes it, so that no further package is needed.
given <- commandArgs(trailingOnly = TRUE)
peer <- given[1]
family_name <- given[2]
formula <- as.formula(given[3])
factors <- strsplit(given[4], ",", fixed = TRUE)[[1]]
rows <- if (requireNamespace("data.table", quietly = TRUE)) {
  as.data.frame(data.table::fread(given[5]))
} else {
  read.csv(given[5])
}
for (name in factors) rows[[name]] <- factor(rows[[name]])

package <- switch(peer, lme4 = "lme4", glmmTMB = "glmmTMB", glm = "MASS")
suppressMessages(library(package, character.only = TRUE))
counts <- family_name == "negative_binomial"
likelihood <- switch(family_name,
  gaussian = gaussian(), bernoulli = binomial(), poisson = poisson(), negative_binomial = NULL
)
fit <- switch(peer,
  lme4 = function() {
    if (family_name == "gaussian") lmer(formula, rows)
    else if (counts) glmer.nb(formula, rows)
    else glmer(formula, rows, family = likelihood)
  },
  glmmTMB = function() glmmTMB(formula, rows, family = if (counts) nbinom2() else likelihood),
  glm = function() {
    if (family_name == "gaussian") lm(formula, rows)
    else if (counts) glm.nb(formula, rows)
    else glm(formula, likelihood, rows)
  }
)
start <- proc.time()[["elapsed"]]
model <- fit()
seconds <- proc.time()[["elapsed"]] - start
cat(sprintf(
  '{"seconds": %.3f, "versions": {"R": "%s", "%s": "%s"}}\n',
  seconds, paste(R.version$major, R.version$minor, sep = "."), package, packageVersion(package)
))

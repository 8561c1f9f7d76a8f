"""What is known not to work, or not to have been tried: a validation without it would mislead."""

KNOWN_LIMITS = (
    "What is checked here: gaussian, bernoulli, binomial and poisson families with their default "
    "links, with and without one group term, by the engines that the tables name. Not checked "
    "here: other families and links, crossed groups and varying slopes, weights, predictions, and "
    "the package `causal`; the tests of the sources hold them.",
    "A passed validation speaks about the computation on this machine. It says nothing about "
    "whether a model suits its data, or about what was left unmeasured.",
    "Calibration is short here: it finds gross errors, of the sizes that its table names. The long "
    "runs, and what they can find, are in docs/trust.md of the sources.",
    "Draws are repeated to the last bit by the same seed on one machine with the same versions; on "
    "another processor or version they agree statistically.",
    "The engines svi and pathfinder are approximate, and say so in every fit. They are not checked "
    "here, and neither is smc.",
    "Standard errors of the certified regressions are shown where NIST's are not zero; only the "
    "coefficients decide.",
    "The hash of a saved fit proves that it is whole, not who wrote it.",
    "Accelerators: the checks run on the default device; the table above names it.",
)
"""Sentences for the page and the JSON."""

"""New rows arrive: Bayes' rule applied to what is already believed, without a new fit."""

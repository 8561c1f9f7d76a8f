"""Many small models of one formula, solved side by side as one compiled, padded program."""

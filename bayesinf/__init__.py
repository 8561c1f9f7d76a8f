from bayesinf.errors import BayesinfError as BayesinfError

"""Group models as latent Gaussian models: their Laplace approximation, and a field to move in.

rows.py        the rows by factor, and the precision matrix that they make
hyper.py       the few numbers that govern the rest: family parameters, sds, correlations
conditional.py where effects and coefficients lie given these numbers
evidence.py    how plausible these numbers are, with the slope
approximate.py the mode, the curvature and the joint covariance of everything
field.py       the joint density in coordinates that are almost independent and standard
"""

from bayesinf.model.latent.approximate import (
    Approximation as Approximation,
    approximate as approximate,
)
from bayesinf.model.latent.field import GroupField as GroupField
from bayesinf.model.latent.rows import LatentRows as LatentRows, latent_rows as latent_rows

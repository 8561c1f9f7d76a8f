"""Rows with instruments, made up for the tests of this folder."""

import numpy as np

from causal.instruments import Moments, collect_moments


def rows(rng, size=400, strength=0.5, count=1, confounding=0.7, effect=1.0):
    z = rng.normal(size=(size, count))
    v, e = rng.normal(size=(2, size))
    t = strength * z.sum(axis=1) + v
    y = effect * t + confounding * v + np.sqrt(1 - confounding**2) * e
    return y, t, z


def moments(rng, **more) -> Moments:
    y, t, z = rows(rng, **more)
    named = {f"z{place}": z[:, place] for place in range(z.shape[1])}
    return collect_moments(y, t[:, None], named, np.empty((len(y), 0)))

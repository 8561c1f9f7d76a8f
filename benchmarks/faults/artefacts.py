"""Small saved fits of every kind that a folder can hold."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpyro
import numpyro.distributions as dist
import pandas as pd

import bayesinf as bi
from bayesinf.posterior.program import AnyPosterior
from bayesinf.storage.folder import files_of, save

KINDS = ("closed form", "groups", "counts", "written by hand")
DRAWS = 40
SIZE = 60


def rows(seed: int = 5) -> pd.DataFrame:
    """Rows that all of the fits take."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=SIZE)
    return pd.DataFrame(
        {
            "x": x,
            "z": rng.uniform(0.0, 9.0, SIZE),
            "i": rng.integers(1, 4, SIZE),
            "school": rng.choice(["A", "B", "C", "D"], SIZE),
            "n": 9,
            "k": rng.poisson(np.exp(0.3 * x)),
            "y": x + rng.normal(size=SIZE),
        }
    )


def line(x: np.ndarray, y: np.ndarray | None = None) -> None:
    """A regression written by hand."""
    slope = numpyro.sample("slope", dist.Normal(0.0, 1.0))
    sigma = numpyro.sample("sigma", dist.HalfNormal(1.0))
    numpyro.deterministic("square", slope**2)
    numpyro.sample("y", dist.Normal(slope * x, sigma), obs=y)


def fitted(kind: str, seed: int = 5) -> bi.Fit:
    """A fit of one kind; another seed gives other rows, and so another posterior."""
    frame = rows(seed)
    if kind == "closed form":
        return bi.fit("y ~ bs(z, df=4) + C(i)", frame, draws=DRAWS, seed=seed)
    if kind == "groups":
        return bi.fit("y ~ x + (1 + x | school)", frame, draws=DRAWS, seed=seed)
    if kind == "counts":
        formula = "k ~ scale(x) + offset(log(n))"
        return bi.fit(formula, frame, "poisson", draws=DRAWS, seed=seed)
    data = {"x": frame["x"].to_numpy(), "y": frame["y"].to_numpy()}
    return bi.fit(line, data=data, engine="laplace", draws=DRAWS, seed=seed)


def saved(place: Path) -> dict[str, Path]:
    """A folder of each kind."""
    return {kind: fitted(kind).save(place / kind.replace(" ", "_")) for kind in KINDS}


def two_saved(place: Path, kind: str = "groups") -> tuple[Path, Path]:
    """Folders of the same model fitted to other rows."""
    return (
        save(fitted(kind, 1).posterior, place / "first"),
        save(fitted(kind, 2).posterior, place / "second"),
    )


def bytes_of(folder: Path) -> dict[str, bytes]:
    """What a folder holds."""
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def identical(posterior: AnyPosterior, files: dict[str, bytes]) -> bool:
    """Whether a loaded posterior is what these files hold, to the last bit."""
    return files_of(posterior) == files

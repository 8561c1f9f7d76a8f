"""Two small real data sets that travel with the library, for the demo, the docs and the tests."""

from __future__ import annotations

from importlib.resources import as_file, files
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


def sleepstudy() -> pd.DataFrame:
    """Reaction times of 18 people over ten days of three hours in bed per night.

    Returns:
        180 rows: `Reaction` (mean reaction time, ms), `Days` (0 to 9), `Subject` (text).

    Source:
        Belenky et al. (2003), Journal of Sleep Research 12, 1-12. How the file came here, and under
        which licence, stands in `files/README.md`.
    """
    return _read("sleepstudy.csv", {"Reaction": "float64", "Days": "int64", "Subject": "str"})


def nhefs() -> pd.DataFrame:
    """Did people who stopped smoking between 1971 and 1982 gain weight because of it?

    Returns:
        1,566 rows, one per smoker of 1971 whose weight in 1982 is known. `qsmk` is 1 for those who
        stopped, `wt82_71` the change of weight (kg); the other columns were measured in 1971:
        `sex`, `race`, `age`, `education`, `smokeintensity` (cigarettes per day), `smokeyrs` (years
        smoked), `exercise`, `active`, `wt71` (kg). Codes are in `files/README.md`.

    Source:
        NHANES I Epidemiologic Follow-up Study, as used in Hernan and Robins, "Causal Inference:
        What If", chapters 11 to 13.
    """
    whole = ["qsmk", "sex", "race", "age", "education", "smokeintensity", "smokeyrs"]
    kinds = dict.fromkeys([*whole, "exercise", "active"], "int64")
    return _read("nhefs.csv", {"wt82_71": "float64", "wt71": "float64", **kinds})


def _read(name: str, kinds: Any) -> pd.DataFrame:
    import pandas as pd

    with as_file(files("bayesinf.data") / "files" / name) as path:
        # Through text, because pandas' own reader of numbers may be off by the last bit.
        return pd.read_csv(path, dtype="str").astype(kinds)

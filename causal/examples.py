"""Real data that travel with the library: one set for each kind of study.

`bayesinf.examples.nhefs()` is the one for adjustment. Where each file came from, and under which
licence, stands in `files/README.md`.
"""

from __future__ import annotations

from importlib.resources import as_file, files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


def job_training() -> pd.DataFrame:
    """What does job training do to earnings, by an experiment and by a survey?

    Returns:
        2,935 men: `sample` ("experiment" for the 445 of the randomised trial, "survey" for 2,490
        who never took part), `treat`, `age`, `education` (years), `black`, `hispanic`, `married`,
        `nodegree` (0 or 1), and earnings in dollars: `re74` and `re75` before, `re78` after.

    Source:
        LaLonde (1986), American Economic Review 76; the sample of Dehejia and Wahba (1999), Journal
        of the American Statistical Association 94, and its first PSID comparison group.

    Example:
        >>> job_training()["sample"].value_counts()["experiment"]
        np.int64(445)
    """
    return _read("job_training.csv")


def minimum_wage() -> pd.DataFrame:
    """Do minimum wages cost jobs? Teenage employment in counties of the United States.

    Returns:
        2,500 rows, 500 counties in each year from 2003 to 2007: `county`, `year`, `first_treated`
        (the year in which the state raised its minimum wage; 0 for never), `lpop` (log of the
        population, in thousands), `lemp` (log of teenage employment).

    Source:
        Callaway and Sant'Anna (2021), Journal of Econometrics 225.

    Example:
        >>> minimum_wage()["county"].nunique()
        500
    """
    return _read("minimum_wage.csv")


def drinking_age() -> pd.DataFrame:
    """Do more people die as soon as they may drink? Deaths around the 21st birthday.

    Returns:
        48 age cells: `age` (years), `deaths` and `traffic_deaths` per 100,000 person-years.

    Source:
        Carpenter and Dobkin (2009), American Economic Journal: Applied Economics 1.

    Example:
        >>> len(drinking_age())
        48
    """
    return _read("drinking_age.csv")


def schooling() -> pd.DataFrame:
    """What is a year of school worth, among men who grew up near a college or far from one?

    Returns:
        3,010 men: `nearc4` (1 near a four-year college), `educ` (years), `black`, `smsa`, `south`,
        `married`, `exper` (years of work), `lwage` (log of the hourly wage, in cents).

    Source:
        Card (1995), Using geographic variation in college proximity to estimate the return to
        schooling.

    Example:
        >>> round(float(schooling()["educ"].mean()), 2)
        13.26
    """
    return _read("schooling.csv")


def basque() -> pd.DataFrame:
    """What did terrorism cost the Basque Country? Incomes of the regions of Spain.

    Returns:
        731 rows, 17 regions in each year from 1955 to 1997: `region`, `year`, `gdp` (per person,
        in thousands of 1986 US dollars).

    Source:
        Abadie and Gardeazabal (2003), American Economic Review 93.

    Example:
        >>> basque()["region"].nunique()
        17
    """
    return _read("basque.csv")


def deaths() -> pd.DataFrame:
    """How many more people died in England and Wales in 2020? Deaths per month.

    Returns:
        197 months from January 2006 to May 2022: `month` (the first day, as text), `temperature`
        (mean, degrees Celsius), `deaths`.

    Source:
        Office for National Statistics and Met Office, as collected by the authors of CausalPy.

    Example:
        >>> deaths()["month"].iloc[0]
        '2006-01-01'
    """
    return _read("deaths.csv")


def _read(name: str) -> pd.DataFrame:
    import pandas as pd

    with as_file(files("causal") / "files" / name) as path:
        return pd.read_csv(path)

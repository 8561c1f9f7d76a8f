"""Whether there is a posterior, against linear programmes and integrals of these tests' own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from itertools import combinations

import numpy as np
import pytest
from scipy.optimize import linprog

import bayesinf as bi
from bayesinf.errors import DataError, ModelError
from bayesinf.model.separation import names_without_mean
from tests.bayesinf.model.test_cone import by_rows as span_by_rows

FLAT, NORMAL, CAUCHY = bi.Flat(), bi.Normal(0, 2), bi.Cauchy(0, 2.5)
FAMILIES = ("bernoulli", "binomial", "poisson", "negative_binomial")
type Frame = dict[str, np.ndarray]


def verdict(formula: str, frame: Frame, family: str | object, priors: dict[str, bi.Prior]) -> str:
    """`proper`, or the code of the refusal; empty where the design itself is refused."""
    try:
        bi.model(formula, frame, family, priors=priors)
    except DataError:
        return ""
    except ModelError as error:
        return error.code
    return "proper"


def has_direction(columns: np.ndarray, above: np.ndarray, below: np.ndarray) -> bool:
    """Whether columns can move for ever: one programme per coordinate and sign, held at 1."""
    asked = np.vstack([columns[~above], -columns[~below]])
    for place in range(columns.shape[1]):
        for sign in (1.0, -1.0):
            bounds = [(-1.0, 1.0)] * columns.shape[1]
            bounds[place] = (sign, sign)
            found = linprog(
                np.zeros(columns.shape[1]), A_ub=asked, b_ub=np.zeros(len(asked)), bounds=bounds
            )
            if found.status == 0:
                return True
    return False


@dataclass(frozen=True)
class Small:
    """A random small model: few rows of small whole numbers, and priors of both kinds."""

    frame: Frame
    family: str
    names: tuple[str, ...]
    flat: tuple[str, ...]

    @property
    def formula(self) -> str:
        left = "y | trials(m)" if self.family == "binomial" else "y"
        right = [name for name in self.names if name != "Intercept"]
        return f"{left} ~ {'1' if 'Intercept' in self.names else '0'} + {' + '.join(right)}"

    def priors(self) -> dict[str, bi.Prior]:
        return {name: FLAT if name in self.flat else NORMAL for name in self.names}

    def columns(self, names: tuple[str, ...]) -> np.ndarray:
        """The columns as priors speak of them: centred where there is an intercept."""
        rows, centre = len(self.frame["y"]), "Intercept" in self.names
        of = {name: self.frame[name] for name in names if name != "Intercept"}
        centred = {name: x - x.mean() if centre else x for name, x in of.items()}
        listed = [centred.get(name, np.ones(rows)) for name in names]
        return np.array(listed).reshape(len(names), rows).T

    def open_rows(self) -> tuple[np.ndarray, np.ndarray]:
        y, none = self.frame["y"], np.zeros(len(self.frame["y"]), dtype=bool)
        most = {"bernoulli": np.ones(len(y)), "binomial": self.frame["m"]}.get(self.family)
        return (none if most is None else y == most), y == 0


def small(seed: int) -> Small:
    rng = np.random.default_rng(seed)
    rows, count = int(rng.integers(4, 9)), int(rng.integers(1, 4))
    family = str(rng.choice(FAMILIES))
    frame = {f"x{k}": rng.integers(-2, 3, rows).astype(float) for k in range(count)}
    frame["m"] = rng.integers(0, 3, rows)
    if family == "bernoulli":
        frame["y"] = rng.integers(0, 2, rows)
    elif family == "binomial":
        frame["y"] = rng.binomial(frame["m"], 0.5)
    else:
        frame["y"] = rng.poisson(0.6, rows)
    names = tuple(f"x{k}" for k in range(count))
    names = ("Intercept", *names) if rng.random() < 0.8 else names
    return Small(frame, family, names, tuple(name for name in names if rng.random() < 0.5))


def test_small_models_of_flat_and_proper_priors() -> None:
    found: dict[tuple[bool, str], int] = {}
    for seed in range(400):
        one = small(seed)
        said = verdict(one.formula, one.frame, one.family, one.priors())
        if said:
            improper = has_direction(one.columns(one.flat), *one.open_rows()) if one.flat else False
            found[improper, said] = found.get((improper, said), 0) + 1
    assert set(found) == {(False, "proper"), (True, "improper-posterior")}, found
    assert found[True, "improper-posterior"] > 40
    assert found[False, "proper"] > 200


def test_separation_with_proper_priors_is_a_finding_and_no_more() -> None:
    x = np.linspace(-1, 1, 12)
    separated = {"x": x, "y": (x > 0.3).astype(int)}
    for priors in ({"Intercept": FLAT}, {"x": FLAT}, {}):
        model = bi.model("y ~ x", separated, "bernoulli", priors)
        assert all(model.priors[name] == prior for name, prior in priors.items())
    fit = bi.fit("y ~ x", separated, "bernoulli", {"x": FLAT}, seed=1)
    assert [finding.code for finding in fit.verdict.findings if finding.severity == "bad"] == []
    assert "separation" in {finding.code for finding in fit.verdict.of("warning")}
    with pytest.raises(ModelError, match="'Intercept' and 'x' is flat") as caught:
        bi.model("y ~ x", separated, "bernoulli", {"Intercept": FLAT, "x": FLAT})
    assert (caught.value.code, caught.value.column) == ("improper-posterior", "x")


def test_a_level_of_one_outcome_is_bounded_by_the_intercepts_prior() -> None:
    """Its coefficient moves the other rows too where the average row is held."""
    rng = np.random.default_rng(2)
    g = np.resize(np.array(["a", "b", "c"]), 30)
    frame = {"g": g, "y": np.where(g == "b", 1, rng.integers(0, 2, 30))}
    level = {"g[T.b]": FLAT}
    assert verdict("y ~ g", frame, "bernoulli", level) == "proper"
    assert verdict("y ~ g", frame, "bernoulli", {"Intercept": FLAT, **level}) == (
        "improper-posterior"
    )


def test_rows_without_trials_say_nothing() -> None:
    frame = {"y": np.array([1, 0, 2, 0]), "m": np.array([2, 2, 2, 0]), "x": np.arange(4.0)}
    frame["x"][:3] = 1.0
    formula = "y | trials(m) ~ x"
    flat: dict[str, bi.Prior] = {"Intercept": FLAT, "x": FLAT}
    assert verdict(formula, frame, "binomial", flat) == "improper-posterior"
    assert verdict(formula, frame, "binomial", {"x": FLAT}) == "proper"


def mass_near(offsets: np.ndarray, y: np.ndarray) -> float:
    """The integral over a flat intercept of a logistic likelihood: dense where rows turn."""
    turns = -offsets[:, None] + np.linspace(-60, 60, 2401)
    wide = np.linspace(turns.min(), turns.max(), 4001)
    grid = np.unique(np.concatenate([turns.ravel(), wide]))
    signed = np.where(y == 1, 1.0, -1.0)
    log_density = -np.logaddexp(0, -signed * (grid[:, None] + offsets)).sum(axis=1)
    return float(np.trapezoid(np.exp(log_density), grid))


@pytest.mark.parametrize("df", [1.0, 0.5, 3.0])
def test_a_flat_intercept_and_a_slope_of_heavy_tails(df: float) -> None:
    """Improper where the integral over the intercept grows as fast as the slope's prior falls."""
    rng, found = np.random.default_rng(4), {"proper": 0, "improper-posterior": 0}
    for _ in range(60):
        frame = {"x": rng.integers(-3, 4, 4).astype(float), "y": rng.integers(0, 2, 4)}
        priors: dict[str, bi.Prior] = {"Intercept": FLAT, "x": bi.StudentT(df, 0, 1)}
        said = verdict("y ~ x", frame, "bernoulli", priors)
        if not said or frame["y"].min() == frame["y"].max():
            continue
        x = frame["x"] - frame["x"].mean()
        powers = [
            np.log10(mass_near(b * 1e5 * x, frame["y"]) / mass_near(b * 1e3 * x, frame["y"])) / 2
            for b in (1.0, -1.0)
            if mass_near(b * 1e5 * x, frame["y"]) > 0
        ]
        diverges = max(powers, default=-9.0) - (1.0 + df) >= -1.0 - 1e-3
        assert said == ("improper-posterior" if diverges else "proper")
        found[said] += 1
    assert found["proper"] > 5
    assert (found["improper-posterior"] > 5) is (df <= 1.0)


@dataclass(frozen=True)
class Groups:
    """Measurements of groups, four rows each, and the columns of their means."""

    groups: int
    columns: tuple[str, ...]

    @property
    def frame(self) -> Frame:
        rng, codes = np.random.default_rng(5), np.repeat(np.arange(self.groups), 4)
        level = rng.normal(size=self.groups)
        names = np.array(list("abcdefgh"))
        return {
            "y": rng.normal(size=len(codes)),
            "g": names[codes],
            "w": level[codes],
            "x": rng.normal(size=len(codes)),
        }

    @property
    def formula(self) -> str:
        slopes = [name for name in self.columns if name != "Intercept"]
        return f"y ~ {' + '.join(['1' if 'Intercept' in self.columns else '0', *slopes])}"


def marginal(
    frame: Frame, flat: list[str], effects: list[np.ndarray], centred: bool = True
) -> Callable[..., float]:
    """The log density of measurements of unit noise at sds of effects, without flat columns."""
    y = frame["y"]
    of = {name: frame[name] for name in flat if name != "Intercept"}
    of = {name: column - column.mean() if centred else column for name, column in of.items()}
    columns = np.array([of.get(name, np.ones(len(y))) for name in flat]).reshape(-1, len(y)).T

    def log_density(*sds: float) -> float:
        covariance = np.eye(len(y))
        for sd, effect in zip(sds, effects, strict=True):
            covariance = covariance + sd**2 * effect @ effect.T
        weighted = np.linalg.solve(covariance, np.column_stack([columns, y]))
        inner, moment = columns.T @ weighted[:, :-1], columns.T @ weighted[:, -1]
        rest = y @ weighted[:, -1] - moment @ np.linalg.solve(inner, moment)
        determinants = np.linalg.slogdet(covariance)[1] + np.linalg.slogdet(inner)[1]
        return float(-0.5 * (determinants + rest))

    return log_density


def indicator(codes: np.ndarray) -> np.ndarray:
    return (codes[:, None] == np.unique(codes)).astype(float)


def power(log_density: Callable[..., float], sds: int = 1) -> float:
    """How the mass in a shell of sds of size s grows with s, as a power; sds among themselves."""
    low, high = 1e3, 1e4
    grown = log_density(*[high] * sds) - log_density(*[low] * sds)
    return grown / np.log(high / low) + sds


def said_of(powers: float) -> str:
    if powers > -0.1:
        return "improper-posterior"
    return "no-posterior-mean" if powers > -1.1 else "proper"


@pytest.mark.parametrize("groups", [1, 2, 3, 4, 5, 6])
@pytest.mark.parametrize(
    ("columns", "flat"),
    [
        (("Intercept",), ["Intercept"]),
        (("Intercept",), []),
        (("x",), ["x"]),
        (("Intercept", "w"), ["Intercept", "w"]),
        (("Intercept", "w"), ["w"]),
        (("Intercept", "x"), ["Intercept", "x"]),
    ],
)
def test_how_many_groups_a_flat_sd_needs(
    groups: int, columns: tuple[str, ...], flat: list[str]
) -> None:
    """By the slope of the sd's marginal density, with flat coefficients integrated out.

    A coefficient with a normal prior is held: it moves no power.
    """
    data = Groups(groups, columns)
    frame = data.frame
    priors: dict[str, bi.Prior] = dict.fromkeys(flat, FLAT) | {"sd:g": bi.FlatPositive()}
    said = verdict(f"{data.formula} + (1 | g)", frame, "gaussian", priors)
    if not said:
        return
    centred = "Intercept" in columns
    assert said == said_of(power(marginal(frame, flat, [indicator(frame["g"])], centred)))


def test_two_flat_sds_that_the_groups_cannot_tell_apart() -> None:
    """Three classes, each its own school: fine one by one, and not together."""
    frame = Groups(3, ("Intercept",)).frame
    frame["h"] = np.char.upper(frame["g"])
    flat: dict[str, bi.Prior] = {"sd:g": bi.FlatPositive()}
    assert verdict("y ~ 1 + (1 | g) + (1 | h)", frame, "gaussian", flat) == "proper"
    both: dict[str, bi.Prior] = {**flat, "sd:h": bi.FlatPositive()}
    found = power(marginal(frame, [], [indicator(frame["g"])] * 2), 2)
    assert verdict("y ~ 1 + (1 | g) + (1 | h)", frame, "gaussian", both) == said_of(found)
    found = power(marginal(frame, ["Intercept"], [indicator(frame["g"])] * 2), 2)
    with_mean: dict[str, bi.Prior] = {**both, "Intercept": FLAT}
    assert verdict("y ~ 1 + (1 | g) + (1 | h)", frame, "gaussian", with_mean) == said_of(found)


def of_levels(levels: list[tuple[int, int]], flat_mean: bool) -> Callable[[float], float]:
    """The log density of successes and failures of levels, at an sd, without the rest."""
    steps = np.linspace(-18, 18, 1441)
    eta, width = np.sinh(steps), np.cosh(steps) * (steps[1] - steps[0])
    mean, weight = (eta, width) if flat_mean else (np.zeros(1), np.ones(1))

    def log_density(sd: float) -> float:
        scale = np.exp(-0.5 * ((eta - mean[:, None]) / sd) ** 2) / sd * width
        total = np.ones(len(mean))
        for successes, failures in levels:
            rows = successes * np.logaddexp(0, -eta) + failures * np.logaddexp(0, eta)
            total = total * (scale @ np.exp(-rows))
        return float(np.log(total @ weight))

    return log_density


@pytest.mark.parametrize("flat_mean", [True, False])
@pytest.mark.parametrize(
    "levels",
    [
        [(1, 1)] * 2,
        [(1, 1)] * 3,
        [(2, 0), (1, 1), (0, 1), (1, 2)],
        [(2, 0), (1, 1), (2, 1), (1, 2)],
        [(2, 0), (1, 1), (2, 1), (1, 2), (2, 1)],
        [(1, 0)] * 5 + [(0, 2)] * 2,
    ],
)
def test_levels_of_one_outcome_do_not_count(levels: list[tuple[int, int]], flat_mean: bool) -> None:
    outcomes = [[1] * up + [0] * down for up, down in levels]
    frame = {
        "y": np.concatenate(outcomes),
        "g": np.repeat(np.array(list("abcdefgh"))[: len(levels)], [len(o) for o in outcomes]),
    }
    priors: dict[str, bi.Prior] = {"sd:g": bi.FlatPositive()}
    priors |= {"Intercept": FLAT} if flat_mean else {}
    said = verdict("y ~ 1 + (1 | g)", frame, "bernoulli", priors)
    assert said == said_of(power(of_levels(levels, flat_mean)))


@pytest.mark.parametrize(
    ("prior", "expected"),
    [
        (bi.HalfCauchy(1), "improper-posterior"),
        (bi.HalfStudentT(3, 1), "proper"),
        (bi.HalfNormal(1), "proper"),
    ],
)
def test_a_heavy_sd_beside_a_flat_intercept(prior: bi.Prior, expected: str) -> None:
    """Levels of one outcome each, of both kinds: the sd's tail alone bounds the intercept."""
    levels = [(2, 0), (1, 0), (0, 2)]
    found = power(of_levels(levels, True)) - (1.0 + prior.tail)
    assert expected == ("improper-posterior" if found > -0.1 else "proper")
    frame = {"y": np.array([1, 1, 1, 0, 0]), "g": np.array(list("aabcc"))}
    priors: dict[str, bi.Prior] = {"Intercept": FLAT, "sd:g": prior}
    assert verdict("y ~ 1 + (1 | g)", frame, "bernoulli", priors) == expected


@pytest.mark.parametrize(("groups", "prior"), [(2, bi.LogFlat()), (6, bi.LogFlat())])
def test_no_groups_keep_an_sd_away_from_zero(groups: int, prior: bi.Prior) -> None:
    with pytest.raises(ModelError, match="'sd:g:Intercept'") as caught:
        bi.model("y ~ 1 + (1 | g)", Groups(groups, ()).frame, priors={"sd:g": prior})
    assert (caught.value.code, caught.value.column) == ("improper-posterior", "g")


def test_few_groups_are_told_from_too_few() -> None:
    priors: dict[str, bi.Prior] = {"sd:g": bi.FlatPositive(), "Intercept": FLAT}
    with pytest.raises(ModelError, match="2 levels of 'g' in 8 rows") as caught:
        bi.model("y ~ 1 + (1 | g)", Groups(2, ()).frame, priors=priors)
    assert (caught.value.code, caught.value.column) == ("improper-posterior", "g")
    with pytest.raises(ModelError, match="little next to flat priors of 'Intercept'") as caught:
        bi.model("y ~ 1 + (1 | g)", Groups(3, ()).frame, priors=priors)
    assert (caught.value.code, caught.value.column) == ("no-posterior-mean", "g")


@pytest.mark.parametrize("prior", [bi.FlatPositive(), bi.LogFlat()])
def test_parameters_that_tend_to_another_family(prior: bi.Prior) -> None:
    frame = Groups(5, ()).frame
    frame["k"] = np.arange(20)
    assert verdict("y ~ x", frame, "student_t", {"nu": prior}) == "improper-posterior"
    assert verdict("k ~ x", frame, "negative_binomial", {"shape": prior}) == "improper-posterior"


@pytest.mark.parametrize("rows", [2, 3, 4, 5])
@pytest.mark.parametrize("flat", [[], ["Intercept"], ["Intercept", "x"]])
@pytest.mark.parametrize("prior", [bi.FlatPositive(), bi.LogFlat()])
def test_sigma_needs_rows(rows: int, flat: list[str], prior: bi.Prior) -> None:
    """By the slopes of its marginal density far out and near zero, other priors normal."""
    frame = {name: column[:rows] for name, column in Groups(2, ()).frame.items()}
    priors = dict.fromkeys(flat, FLAT) | {"sigma": prior}
    columns = np.column_stack([np.ones(rows), frame["x"] - frame["x"].mean()])
    learned, held = columns[:, : len(flat)], columns[:, len(flat) :]

    def log_density(sigma: float) -> float:
        covariance = sigma**2 * np.eye(rows) + held @ held.T
        inner = learned.T @ np.linalg.solve(covariance, learned)
        determinants = np.linalg.slogdet(covariance)[1] + np.linalg.slogdet(inner)[1]
        return -0.5 * determinants - (1.0 + prior.tail) * np.log(sigma)

    far = (log_density(1e6) - log_density(1e4)) / np.log(1e2) + 1.0
    # With more rows than columns the residuals, which are not 0, keep sigma away from 0.
    near = 1.0 if rows > 2 else (log_density(1e-3) - log_density(1e-5)) / np.log(1e2) + 1.0
    expected = "proper" if far < -0.1 and near > 0.1 else "improper-posterior"
    assert verdict("y ~ x", frame, "gaussian", priors) == expected


def test_one_row_per_group_does_not_keep_sigma_from_zero() -> None:
    frame = {"y": np.array([0.3, 1.0, -0.4, 2.0]), "g": np.array(list("abcd"))}
    assert verdict("y ~ 1 + (1 | g)", frame, "gaussian", {"sigma": bi.LogFlat()}) == (
        "improper-posterior"
    )
    twice = {name: np.tile(column, 2) for name, column in frame.items()}
    twice["y"] = twice["y"] + np.repeat([0.0, 0.1], 4)
    assert verdict("y ~ 1 + (1 | g)", twice, "gaussian", {"sigma": bi.LogFlat()}) == "proper"


def test_under_the_log_link_measurements_leave_the_lower_end_open() -> None:
    frame = Groups(4, ()).frame
    logarithmic = bi.families.Gaussian(link=bi.Log())
    assert verdict("y ~ x", frame, logarithmic, {"x": FLAT}) == "proper"
    with pytest.raises(ModelError, match="under the log link means may come as near to 0"):
        bi.model("y ~ x", frame, logarithmic, {"Intercept": FLAT})


def test_other_rows_of_a_model_are_judged_again() -> None:
    x = np.linspace(-1, 1, 12)
    mixed = {"x": x, "y": np.resize([0, 1, 1], 12), "g": np.repeat(["a", "b"], 6)}
    flat: dict[str, bi.Prior] = {"Intercept": FLAT, "x": FLAT}
    model = bi.model("y ~ x", mixed, "bernoulli", flat)
    separated = mixed | {"y": (x > 0).astype(int)}
    with pytest.raises(ModelError, match="separated by the predictors"):
        bi.fit(model, separated)
    halves = mixed | {"y": np.where(x > 0, x > 0.5, mixed["y"]).astype(int)}
    fits = bi.fit_many("y ~ x", halves, by="g", family="bernoulli", priors=flat, seed=1)
    assert list(fits) == ["a"]
    assert "There is no posterior" in fits.refused["b"]


def test_large_designs_are_decided_too() -> None:
    rng = np.random.default_rng(6)
    rows, levels = 40_000, 400
    frame = {f"x{k}": rng.normal(size=rows) for k in range(12)}
    total = sum(frame.values())
    frame |= {"y": (total > 0.3).astype(int), "g": rng.integers(0, levels, rows).astype(str)}
    formula = f"y ~ {' + '.join(f'x{k}' for k in range(12))}"
    flat: dict[str, bi.Prior] = {"Intercept": FLAT, "coefficients": FLAT}
    assert verdict(formula, frame, "bernoulli", flat) == "improper-posterior"
    noisy = replace_some(frame["y"], rng)
    assert verdict(formula, frame | {"y": noisy}, "bernoulli", flat) == "proper"
    few = frame | {"g": np.where(rng.random(rows) < 0.5, "a", "b"), "z": total}
    sds: dict[str, bi.Prior] = {"sd:g": bi.FlatPositive(), "Intercept": FLAT}
    assert verdict("z ~ 1 + (1 | g)", few, "gaussian", sds) == "improper-posterior"
    assert verdict("z ~ 1 + (1 | g)", frame | {"z": total}, "gaussian", sds) == "proper"


def replace_some(y: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return np.where(rng.random(len(y)) < 0.01, 1 - y, y)


def counted(one: Small, tails: dict[str, float], group: np.ndarray) -> str:
    """The verdict by powers, over all sets of heavy tails, with cones measured row by row."""
    flat = tuple(name for name in one.names if tails[name] == -1.0)
    heavy = [name for name in (*one.names, "sd:g") if -1.0 < tails[name] < np.inf]
    heavy += ["sd:g"] * (tails["sd:g"] == -1.0)
    found = "proper"
    for size in range(len(heavy) + 1):
        for grown in combinations(heavy, size):
            columns = one.columns(flat + tuple(name for name in grown if name != "sd:g"))
            columns = np.hstack([columns, *[group] * ("sd:g" in grown)])
            spanned = span_by_rows(columns, *one.open_rows()) if columns.shape[1] else 0
            taken = [tails[name] + (group.shape[1] if name == "sd:g" else 1) for name in grown]
            if spanned >= sum(taken) and (grown or spanned):
                return "improper-posterior"
            if "sd:g" in grown and tails["sd:g"] == -1.0 and spanned - sum(taken) >= -1.0:
                found = "no-posterior-mean"
    return found


def test_small_models_with_groups_and_heavy_tails() -> None:
    rng, found = np.random.default_rng(8), {"proper": 0, "improper-posterior": 0}
    of_names = [FLAT, FLAT, NORMAL, CAUCHY, bi.StudentT(2, 0, 1)]
    of_sds = [bi.FlatPositive(), bi.HalfCauchy(1), bi.HalfStudentT(3, 1), bi.HalfNormal(1)]
    for seed in range(45):
        drawn = small(seed)
        outcome = rng.integers(0, 2, len(drawn.frame["y"]))
        one = Small(drawn.frame | {"y": outcome}, "bernoulli", drawn.names, ())
        codes = rng.integers(0, 3, len(outcome))
        priors: dict[str, bi.Prior] = {n: of_names[rng.integers(0, 5)] for n in one.names}
        priors["sd:g"] = of_sds[rng.integers(0, 4)]
        frame = one.frame | {"g": np.array(list("abc"))[codes]}
        said = verdict(f"{one.formula} + (1 | g)", frame, "bernoulli", priors)
        if said:
            tails = {name: prior.tail for name, prior in priors.items()}
            assert said == counted(one, tails, indicator(codes))
            found[said] = found.get(said, 0) + 1
    assert min(found["proper"], found["improper-posterior"]) > 10


def columns_of(names: str, rows: int) -> Frame:
    rng = np.random.default_rng(len(names))
    return {f"{name}{k}": rng.normal(size=rows) for k, name in enumerate(names)}


@pytest.mark.parametrize("noise", [0, 6])
def test_outcomes_that_only_many_heavy_tails_separate_together(noise: int) -> None:
    """Five flat slopes and four Cauchy ones: 9 powers less 8, and any fewer separate nothing."""
    frame = columns_of("fffffcccc" + "n" * noise, 400)
    total = np.sum([x for name, x in frame.items() if name[0] != "n"], axis=0)
    formula = f"y ~ 0 + {' + '.join(frame)}"
    priors = {name: FLAT if name[0] == "f" else CAUCHY for name in frame}
    separated = frame | {"y": (total > 0).astype(int)}
    assert verdict(formula, separated, "bernoulli", priors) == "improper-posterior"
    lighter = priors | {"c5": bi.StudentT(3, 0, 1)}
    assert verdict(formula, separated, "bernoulli", lighter) == "proper"
    noisy = separated | {"y": replace_some(separated["y"], np.random.default_rng(1))}
    assert verdict(formula, noisy, "bernoulli", priors) == "proper"


@pytest.mark.parametrize("separated", [False, True])
def test_many_heavy_tails_take_few_programmes(
    monkeypatch: pytest.MonkeyPatch, separated: bool
) -> None:
    measured: list[int] = []
    module = import_module("bayesinf.model.improper")
    measure = module.cone_size

    def count(columns: np.ndarray, *others: object) -> int:
        measured.append(columns.shape[1])
        return measure(columns, *others)

    monkeypatch.setattr(module, "cone_size", count)
    frame = columns_of("fff" + "c" * 27, 300)
    total = np.sum(list(frame.values()), axis=0)
    noisy = np.random.default_rng(2).normal(size=300)
    priors = {name: FLAT if name[0] == "f" else CAUCHY for name in frame}
    outcome = {"y": ((total if separated else noisy) > 0).astype(int)}
    formula = f"y ~ 0 + {' + '.join(frame)}"
    assert verdict(formula, frame | outcome, "bernoulli", priors) == "proper"
    assert len(measured) <= 70 if separated else measured == [30]


@pytest.mark.parametrize(
    ("prior", "above", "without"),
    [
        (CAUCHY, 0.0, ["x"]),
        (bi.StudentT(2, 0, 1), 0.0, []),
        (NORMAL, 0.0, []),
        (CAUCHY, 0.5, []),
    ],
)
def test_a_posterior_without_a_mean(prior: bi.Prior, above: float, without: list[str]) -> None:
    """Beyond a large slope a likelihood separated at the average row is level: the tail stays."""
    x = np.linspace(-1, 1, 30)
    frame = {"x": x, "y": (x > above).astype(int)}
    model = bi.model("y ~ x", frame, "bernoulli", {"x": prior})
    assert names_without_mean(model.family, model.design, model.priors) == without


def test_a_mean_that_does_not_exist_is_a_finding() -> None:
    x = np.linspace(-1, 1, 30)
    separated = {"x": x, "y": (x > 0).astype(int)}
    for prior, expected in ({"x": CAUCHY}, True), ({}, False):
        fit = bi.fit("y ~ x", separated, "bernoulli", prior, seed=1)
        codes = {finding.code for finding in fit.verdict.of("warning")}
        assert "separation" in codes
        assert ("no-posterior-mean" in codes) is expected

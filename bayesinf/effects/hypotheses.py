"""The posterior probability of a statement about parameters."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from bayesinf.effects.statements import Statement, holds, read_statement
from bayesinf.errors import ModelError, suggest
from bayesinf.numerics.diagnostics import ess_bulk, mcse_mean
from bayesinf.posterior.program import AnyPosterior
from bayesinf.posterior.summary import effect_draws, scalar_draws
from bayesinf.posterior.verdict import Verdict


@dataclass(frozen=True, repr=False)
class Hypothesis:
    """A statement and its posterior probability; `float(...)` gives the probability.

    Attributes:
        statement: As it was written.
        probability: The share of draws in which it holds.
        mcse: Monte Carlo standard error of the share. Where all draws agree, it is that of a share
            half a draw away from 0 or 1.
        effective: How many independent draws the share is worth.
        draws: How many draws there are.
        verdict: Whether the fit that the draws come from should be believed.
    """

    statement: str
    probability: float
    mcse: float
    effective: float
    draws: int
    verdict: Verdict

    def __float__(self) -> float:
        return self.probability

    def __repr__(self) -> str:
        doubt = f" {self.verdict.headline}" if self.verdict.of("bad", "warning") else ""
        return (
            f"The posterior probability that {self.statement} is {self._share()} "
            f"(Monte Carlo standard error {self.mcse:.1g}; {self.draws:,} draws, worth "
            f"{self.effective:,.0f}).{doubt}"
        )

    def _share(self) -> str:
        """The probability, as far as the draws can tell it from 0 and 1."""
        least = 1.0 / self.draws
        if self.probability > 1.0 - least:
            return f"above {1.0 - least:.4g}"
        return f"below {least:.4g}" if self.probability < least else f"{self.probability:.4g}"


def hypothesis(posterior: AnyPosterior, statement: str) -> Hypothesis:
    """How probable is a statement about the parameters?

    Args:
        posterior: What is believed.
        statement: A comparison of arithmetic on names of the summary, group effects included:
            `"x > 0"`, `"a - b > 2"`, `"abs(x) < 0.1"`, `"sd:Subject:Days > 2"`,
            `"Subject[308]:Days > Subject[309]:Days"`. A name with other characters than letters,
            digits, dots, colons and brackets stands in backticks.

    Returns:
        The probability with its Monte Carlo error.

    Raises:
        ModelError: `statement` where it cannot be read, `unknown-parameter` with a suggestion.

    Example:
        >>> import bayesinf as bi
        >>> fit = bi.fit("Reaction ~ Days", bi.examples.sleepstudy(), seed=1)
        >>> float(hypothesis(fit.posterior, "Days > 0"))
        1.0
    """
    read = read_statement(statement)
    values = _named_draws(posterior, read)
    true = np.broadcast_to(holds(read, values), posterior.values.shape)
    probability = float(true.mean())
    effective, error = _reliability(true, list(values.values()))
    return Hypothesis(
        read.text, probability, error, effective, posterior.values.count, posterior.verdict
    )


def _named_draws(posterior: AnyPosterior, statement: Statement) -> dict[str, np.ndarray]:
    """Draws (chain, draw) of each name; group effects are looked up only where they are needed."""
    model, draws = posterior.model, posterior.values
    names, values = scalar_draws(model, draws)
    if not set(statement.names) <= set(names):
        more, effects = effect_draws(model, draws)
        names, values = [*names, *more], np.concatenate([values, effects], axis=-1)
    # A column such as `Solar.R` keeps its backticks in coefficients, and loses them as a name here.
    place = {f"`{name}`": k for k, name in enumerate(names)}
    place |= {name.replace("`", ""): k for k, name in enumerate(names)}
    place |= {name: k for k, name in enumerate(names)}
    for name in statement.names:
        if name not in place:
            raise _unknown(name, names)
    return {name: values[..., place[name]] for name in statement.names}


def _reliability(true: np.ndarray, parameters: list[np.ndarray]) -> tuple[float, float]:
    """The effective number of draws of a share, and its Monte Carlo standard error."""
    share, error = float(true.mean()), float(mcse_mean(true.astype(float)))
    if np.isfinite(error) and error > 0:
        return share * (1.0 - share) / error**2, error
    sizes = [float(ess_bulk(values)) for values in parameters]
    effective = min([size for size in sizes if np.isfinite(size)], default=float(true.size))
    near = 0.5 / effective
    return effective, float(np.sqrt(near * (1.0 - near) / effective))


def _unknown(name: str, names: Iterable[str]) -> ModelError:
    known = list(names)
    more = f" and {len(known) - 20} more" if len(known) > 20 else ""
    return ModelError(
        f"There is no parameter '{name}'.{suggest(name, known)}",
        code="unknown-parameter",
        hint=f"Parameters: {', '.join(known[:20])}{more}.",
    )

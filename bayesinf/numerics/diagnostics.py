"""How far draws can be trusted: convergence, effective sizes, Monte Carlo errors, weight tails.

The numbers equal ArviZ 1.3's. They are computed here because a table of fifty parameters should
take milliseconds, not a second: every step works on many columns at once, ranks become normal
scores by way of one table, and the chains' spectra are averaged before the one inverse transform.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from bayesinf.numerics.pareto import pareto_k as pareto_k, psis as psis

# Columns worked on at once: 4,000 draws of 32 columns are 1 MB, which stays in the cache.
BLOCK = 32
TAILS = (0.05, 0.95)
# From this many chains on, each is short, and R-hat compares superchains of eight instead.
MANY_CHAINS = 16
SUPERCHAIN = 8


@dataclass(frozen=True)
class Diagnosis:
    """What the draws of each parameter say about their own reliability.

    Attributes:
        r_hat: Rank-normalised split R-hat; below 1.01 is good. From 16 chains on it compares
            superchains of eight (`superchains`).
        ess_bulk: Effective number of draws for the centre of the distribution.
        ess_tail: Effective number of draws for its 5 % and 95 % quantiles.
        mcse_mean: Monte Carlo standard error of the mean, in the parameter's own unit.
    """

    r_hat: np.ndarray
    ess_bulk: np.ndarray
    ess_tail: np.ndarray
    mcse_mean: np.ndarray


def diagnose(draws: np.ndarray) -> Diagnosis:
    """Computes every diagnostic of a table at once, sharing the work between them.

    Args:
        draws: Shape (chain, draw) or (chain, draw, ...).

    Returns:
        Arrays of shape (...), one number per parameter; NaN as the single functions have it.
    """
    return Diagnosis(*by_column(draws, all_four, outputs=4))


def r_hat(draws: np.ndarray) -> np.ndarray:
    """Compares the chains: 1 when they agree, larger when they tell different stories.

    Args:
        draws: Shape (chain, draw) or (chain, draw, ...).

    Returns:
        Shape (...). NaN for columns that are constant or not finite, for fewer than 2 chains, and
        for fewer than 4 draws.

    Source:
        Vehtari, Gelman, Simpson, Carpenter and Buerkner (2021), Bayesian Analysis 16(2), section 4:
        the larger of the rank-normalised split R-hats of the draws and of the folded draws.
    """
    return by_column(draws, lambda x: [rank_r_hat(x, normal_scores(split(x)))])[0]


def ess_bulk(draws: np.ndarray) -> np.ndarray:
    """Counts how many independent draws the centre of the distribution is worth.

    Args:
        draws: Shape (chain, draw) or (chain, draw, ...).

    Returns:
        Shape (...). NaN for columns that are constant or not finite, and for fewer than 4 draws
        (ArviZ gives the number of draws for a constant, which says too much).

    Source:
        Vehtari et al. (2021), section 4.
    """
    return by_column(draws, lambda x: [effective_size(normal_scores(split(x)))])[0]


def ess_tail(draws: np.ndarray, probs: tuple[float, float] = TAILS) -> np.ndarray:
    """Counts how many independent draws two outer quantiles are worth, the worse of the two.

    Args:
        draws: Shape (chain, draw) or (chain, draw, ...).
        probs: The two quantiles. The 5 % and 95 % of the paper; `az.summary` moves them with its
            interval option (11 % and 89 % by default).

    Returns:
        Shape (...). NaN where `ess_bulk` is NaN.

    Source:
        Vehtari et al. (2021), section 4.3.
    """
    return by_column(draws, lambda x: [tail_size(x, probs)])[0]


def mcse_mean(draws: np.ndarray) -> np.ndarray:
    """Gives the Monte Carlo standard error of the posterior mean.

    Args:
        draws: Shape (chain, draw) or (chain, draw, ...).

    Returns:
        Shape (...), in the unit of the draws. NaN where `ess_bulk` is NaN.

    Source:
        Vehtari et al. (2021), section 4.1: sd / sqrt(ess of the mean).
    """
    return by_column(draws, lambda x: [mean_error(x)])[0]


def mcse_sd(draws: np.ndarray) -> np.ndarray:
    """Gives the Monte Carlo standard error of the posterior sd: large where tails are heavy.

    Args:
        draws: Shape (chain, draw) or (chain, draw, ...).

    Returns:
        Shape (...), in the unit of the draws. NaN where `ess_bulk` is NaN.

    Source:
        The delta method: the variance of a sample variance is sd^4 (kurtosis - 1) / n. Departure: n
        is the smaller of the effective sizes of centre and tails, which is on the safe side.
    """
    draws = np.asarray(draws, dtype=float)
    size = np.minimum(ess_bulk(draws), ess_tail(draws))
    with np.errstate(invalid="ignore"):  # of columns that are not finite
        squares = (draws - draws.mean((0, 1))) ** 2
        variance = squares.mean((0, 1))
        # The variance's own error over twice the sd; the kurtosis is that of the draws.
        return np.sqrt(((squares**2).mean((0, 1)) - variance**2) / (4.0 * variance * size))


def bfmi(energy: np.ndarray) -> np.ndarray:
    """Measures how well the sampler's momentum moves it between energy levels.

    Args:
        energy: Total energy at each draw, shape (chain, draw).

    Returns:
        Shape (chain,). Below 0.3, heavy tails or a funnel slow the chain down. NaN for chains with
        energies that are not finite.

    Source:
        Betancourt (2016), Diagnosing suboptimal cotangent disintegrations, equation 1.
    """
    energy = np.asarray(energy, dtype=float)
    energy = np.where(np.isfinite(energy).all(axis=1, keepdims=True), energy, np.nan)
    return np.mean(np.diff(energy, axis=1) ** 2, axis=1) / np.var(energy, axis=1, ddof=1)


def by_column(
    draws: np.ndarray, measure: Callable[[np.ndarray], Sequence[np.ndarray]], outputs: int = 1
) -> np.ndarray:
    """Applies measures to every usable column of draws, a block of columns at a time.

    Args:
        draws: Shape (chain, draw, ...).
        measure: From columns (k, chain, draw), finite and not constant, to `outputs` arrays (k,).
        outputs: How many arrays `measure` returns.

    Returns:
        Shape (outputs, ...). NaN for the other columns, and everywhere for fewer than 4 draws.
    """
    draws = np.asarray(draws, dtype=float)
    chains, length, *shape = draws.shape
    flat = draws.reshape(chains, length, -1)
    answers = np.full((outputs, flat.shape[2]), np.nan)
    for start in range(0, flat.shape[2] if length >= 4 else 0, BLOCK):
        columns = np.ascontiguousarray(flat[:, :, start : start + BLOCK].transpose(2, 0, 1))
        usable = np.flatnonzero(np.isfinite(columns).all((1, 2)) & (np.ptp(columns, (1, 2)) > 0.0))
        if usable.size:
            answers[:, start + usable] = measure(columns[usable])
    return answers.reshape(outputs, *shape)


def all_four(columns: np.ndarray) -> list[np.ndarray]:
    """Computes all of `Diagnosis` for columns (k, chain, draw)."""
    scores = normal_scores(split(columns))
    return [
        rank_r_hat(columns, scores),
        effective_size(scores),
        tail_size(columns, TAILS),
        mean_error(columns),
    ]


def split(columns: np.ndarray) -> np.ndarray:
    """Cuts each chain in two, so that a drift within it counts as disagreement between chains.

    Args:
        columns: Shape (k, chain, draw).

    Returns:
        Shape (k, 2 chain, draw // 2); the middle draw of an odd number is left out.
    """
    half = columns.shape[-1] // 2
    return np.concatenate([columns[..., :half], columns[..., -half:]], axis=1)


def normal_scores(columns: np.ndarray) -> np.ndarray:
    """Replaces every value by the normal quantile of its rank within its column.

    Args:
        columns: Shape (k, chain, draw).

    Returns:
        The same shape; ties share their average rank.

    Source:
        Blom (1958): rank r of S becomes the quantile at (r - 3/8) / (S + 1/4).
    """
    from scipy.special import ndtri

    flat = columns.reshape(len(columns), -1)
    size = flat.shape[1]
    order = np.argsort(flat, axis=1)
    ordered = np.take_along_axis(flat, order, axis=1)
    # Average ranks are halves of whole numbers: one table of 2 S - 1 quantiles serves all columns.
    table = ndtri((0.5 * np.arange(2 * size - 1) + 0.625) / (size + 0.25))
    scores = np.empty_like(flat)
    np.put_along_axis(scores, order, table[first_plus_last(ordered)], axis=1)
    return scores.reshape(columns.shape)


def first_plus_last(ordered: np.ndarray) -> np.ndarray:
    """Adds, for each sorted value, the first and the last position at which it stands.

    Args:
        ordered: Sorted along the last axis, shape (k, S).

    Returns:
        Twice the average position among ties, counted from 0, shape (k, S).
    """
    rows, size = ordered.shape
    starts_run = np.ones((rows, size), dtype=bool)
    np.not_equal(ordered[:, 1:], ordered[:, :-1], out=starts_run[:, 1:])
    starts = np.flatnonzero(starts_run)
    lengths = np.diff(starts, append=rows * size)
    return np.repeat(2 * (starts % size) + lengths - 1, lengths).reshape(rows, size)


def rank_r_hat(columns: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Computes the larger of the bulk and the folded R-hat.

    Args:
        columns: Draws, shape (k, chain, draw).
        scores: Normal scores of their split chains, shape (k, 2 chain, draw // 2).

    Returns:
        Shape (k,); NaN for a single chain.
    """
    if columns.shape[1] < 2:
        return np.full(len(columns), np.nan)
    if columns.shape[1] >= MANY_CHAINS and columns.shape[1] % SUPERCHAIN == 0:
        columns = superchains(columns)
        scores = normal_scores(split(columns))
    halves = split(columns)
    folded = normal_scores(np.abs(halves - np.median(halves, axis=(1, 2), keepdims=True)))
    bulk, tail = plain_r_hat(scores), plain_r_hat(folded)
    # A folded column can be constant (two equally frequent values), and then says nothing.
    return np.where(tail > bulk, tail, bulk)


def superchains(columns: np.ndarray) -> np.ndarray:
    """Puts chains one after another, eight at a time, so that R-hat compares groups of them.

    Many short chains are compared unfairly one by one: their means scatter by chance alone. Chains
    of a group share their start, so that groups still differ as long as it is not forgotten.

    Args:
        columns: Shape (k, chain, draw).

    Returns:
        Shape (k, chain / 8, 8 draw). The draws of a half of it come from all its chains, early
        ones first, so that a drift shows too.

    Source:
        Margossian, Hoffman, Sountsov, Riou-Durand, Vehtari and Gelman (2024), Nested R-hat.
    """
    count, chains, draws = columns.shape
    groups = columns.reshape(count, chains // SUPERCHAIN, SUPERCHAIN, draws)
    return groups.swapaxes(2, 3).reshape(count, chains // SUPERCHAIN, SUPERCHAIN * draws)


def plain_r_hat(columns: np.ndarray) -> np.ndarray:
    """Compares variances between and within chains, for columns (k, chain, draw)."""
    length = columns.shape[2]
    between = length * np.var(columns.mean(axis=2), axis=1, ddof=1)
    within = np.var(columns, axis=2, ddof=1).mean(axis=1)
    stuck = np.where(between > 0.0, np.inf, np.nan)
    ratio = np.divide(between, within, out=stuck, where=within > 0.0)
    return np.sqrt((ratio + length - 1.0) / length)


def tail_size(columns: np.ndarray, probs: tuple[float, float]) -> np.ndarray:
    """Computes the smaller effective size of two quantiles, for columns (k, chain, draw)."""
    quantiles = np.quantile(columns.reshape(len(columns), -1), probs, axis=1)
    sizes = [
        effective_size(split((columns <= quantile[:, np.newaxis, np.newaxis]).astype(float)))
        for quantile in quantiles
    ]
    return np.minimum(*sizes)


def mean_error(columns: np.ndarray) -> np.ndarray:
    """Computes the Monte Carlo standard error of the mean, for columns (k, chain, draw)."""
    sd = np.std(columns.reshape(len(columns), -1), axis=1, ddof=1)
    return sd / np.sqrt(effective_size(split(columns)))


def effective_size(columns: np.ndarray) -> np.ndarray:
    """Divides the number of draws by their autocorrelation time.

    Args:
        columns: Shape (k, chain, draw), at least 2 chains (halves of one chain will do).

    Returns:
        Shape (k,); the number of draws for a constant column.

    Source:
        Geyer (1992), initial monotone sequence, over the chains' combined autocorrelations as in
        Vehtari et al. (2021), equations 10 to 13, with Stan's half-weight for the first even lag
        after the cut.
    """
    _, chains, length = columns.shape
    size = chains * length
    varies = np.ptp(columns, axis=(1, 2)) > 0.0
    covariance = mean_autocovariance(columns)
    within = covariance[:, :1] * length / (length - 1.0)
    total = covariance[:, :1] + np.var(columns.mean(axis=2), axis=1, ddof=1)[:, np.newaxis]
    rho = 1.0 - (within - covariance) / np.where(varies[:, np.newaxis], total, 1.0)
    rho[:, 0] = 1.0
    time = autocorrelation_time(rho)
    return np.where(varies, size / np.maximum(time, 1.0 / np.log10(size)), size)


def mean_autocovariance(columns: np.ndarray) -> np.ndarray:
    """Averages the chains' autocovariances at every lag: (k, chain, draw) to (k, draw)."""
    length = columns.shape[2]
    padded = fast_length(2 * length)
    centred = columns - columns.mean(axis=2, keepdims=True)
    spectrum = np.fft.rfft(centred, n=padded, axis=2)
    power = np.mean(spectrum.real**2 + spectrum.imag**2, axis=1)
    return np.fft.irfft(power, n=padded, axis=1)[:, :length] / length


def fast_length(n: int) -> int:
    """Finds the smallest number from `n` on without prime factors above 5."""
    powers = [3**a * 5**b for a in range(n.bit_length()) for b in range(n.bit_length())]
    return min(p << max(-(-n // p) - 1, 0).bit_length() for p in powers if p < 2 * n)


def autocorrelation_time(rho: np.ndarray) -> np.ndarray:
    """Sums autocorrelations (k, lag) by Geyer's monotone rule, returning (k,).

    The sum runs over pairs of lags (0,1), (2,3), ... before the first pair that is not positive,
    each pair no larger than the one before.
    """
    length = rho.shape[1]
    last = max(0, -(-(length - 4) // 2))
    pairs = rho[:, 0 : 2 * last + 1 : 2] + rho[:, 1 : 2 * last + 2 : 2]
    ended = pairs <= 0.0
    cut = np.where(ended.any(axis=1), ended.argmax(axis=1), last)
    inside = np.arange(last + 1) < cut[:, np.newaxis]
    monotone = np.minimum.accumulate(pairs, axis=1)
    rows = np.arange(len(rho))
    extra = rho[rows, 2 * cut]
    extra = np.where((extra > 0.0) | (pairs[rows, cut] >= 0.0), extra, 0.0)
    return -1.0 + 2.0 * np.sum(monotone * inside, axis=1) + extra

"""Whether the treatment that rows received changes at the cutoff, and if not, where it does."""

from __future__ import annotations

import numpy as np

import bayesinf as bi

FAVOURED = 6.0
"""Difference in log-likelihood by which rows at the cutoff look untreated more than treated."""


def require_step_at_cutoff(
    table: bi.Table, treatment: str, running: str, cutoff: float, x: np.ndarray
) -> None:
    """Refuses a cutoff that splits the rows elsewhere than a treatment that it alone decides.

    Args:
        table: Rows without missing values.
        treatment: The treatment's column.
        running: The running variable's column.
        cutoff: Where position 0 lies in the running variable.
        x: (n,) positions; those of 0 and above are on the treated side.

    Raises:
        DataError: `treatment-changes-elsewhere`. A treatment that follows no single cutoff, as in
            any fuzzy design, passes.
    """
    values, place = table.columns[treatment], table.columns[running].astype(float)
    if len(dict.fromkeys(values.tolist())) != 2:
        return
    low = values == values[np.argmin(place)]
    last, begins = float(place[low].max()), float(place[~low].min())
    above = bool(x[np.argmin(place)] < 0)
    between = np.flatnonzero(low != ((x < 0) if above else (x >= 0)))
    if last >= begins or not between.size:
        return
    rows = table.as_read(between)
    if (x[between] == 0).all():
        what = (
            f"At '{running}' = {cutoff:g} itself, '{treatment}' is that of the untreated side "
            f"({bi.name_rows(rows)}), and would count as that of the treated one"
        )
    else:
        what = (
            f"The treatment '{treatment}' does not change at '{running}' = {cutoff:g}, but between "
            f"{last:.6g} and {begins:.6g} (on the wrong side: {bi.name_rows(rows)})"
        )
    right = round_between(last, begins, above)
    hint = f"Write cutoff={written(right)}: rows at the cutoff itself count as treated."
    first, second = (values[side].tolist()[0] for side in (low, ~low))
    other = last <= cutoff < begins if above else last < cutoff <= begins
    if other and not isinstance(first, str) and (first > second) == above:
        hint = f"Write treated='{'below' if above else 'above'}', the side with the higher values."
    raise bi.DataError(
        f"{what}: it is {first!r} in all {np.count_nonzero(low)} rows up to "
        f"{last:.6g}, and {second!r} in all {np.count_nonzero(~low)} from "
        f"{begins:.6g} on.",
        code="treatment-changes-elsewhere",
        column=treatment,
        rows=rows,
        hint=f"{hint} Or check how '{treatment}' is coded.",
    )


def round_between(last: float, begins: float, above: bool) -> float:
    """The roundest cutoff that counts rows at `begins` on one side and those at `last` not.

    Args:
        last: The last value of one side.
        begins: The first value of the other.
        above: Whether rows at the cutoff itself count among those above it.

    Example:
        >>> round_between(0, 1, True), round_between(-0.003, 0.0075, True)
        (1.0, 0.0)
        >>> round_between(-1, 0, False), round_between(1998, 2001, True)
        (-1.0, 2000.0)
    """
    for digits in range(-12, 16):
        scale = 10.0**digits
        found = (np.floor(begins * scale) if above else np.ceil(last * scale)) / scale
        if last < found <= begins if above else last <= found < begins:
            return float(found) + 0.0  # no negative zero
    return float(begins if above else last)


def written(value: float) -> str:
    """A number in as few digits as read as the same number again.

    Example:
        >>> written(30.0), written(0.3), written(0.29999999999999993)
        ('30', '0.3', '0.29999999999999993')
    """
    short = f"{value:.15g}"
    return short if float(short) == value else repr(value)


def require_change_near(
    x: np.ndarray,
    received: np.ndarray,
    width: float,
    names: tuple[str, str, float],
    places: np.ndarray,
) -> None:
    """Refuses a treatment that is the same in all rows near the cutoff, on both sides.

    Args:
        x: (n,) positions; those of 0 and above are on the treated side.
        received: (n,) treatments.
        width: How far from the cutoff rows are near.
        names: The treatment's and the running variable's column, and the cutoff.
        places: (n,) positions of the rows in the frame.

    Raises:
        DataError: `no-change-at-cutoff`.
    """
    near = np.abs(x) < width
    if np.ptp(received[near]) > 0:
        return
    treatment, running, cutoff = names
    value = received[near][0]
    others = np.flatnonzero(received != value)
    nearest = others[np.argmin(np.abs(x[others]))]
    raise bi.DataError(
        f"The treatment '{treatment}' does not change at '{running}' = {cutoff:g}: all "
        f"{np.count_nonzero(near)} rows within {width:.4g} of it have {treatment} = {value:g}. The "
        f"nearest with another value, {bi.name_rows(places[[nearest]])}, is "
        f"{abs(x[nearest]):.4g} away.",
        code="no-change-at-cutoff",
        column=treatment,
        rows=places[near].tolist(),
        hint="Check the cutoff; or ask for the effect of crossing it: treatment=None.",
    )


def judge_rows_at_cutoff(
    x: np.ndarray, received: np.ndarray, width: float, names: tuple[str, str, float]
) -> bi.Finding | None:
    """Says where rows exactly at the cutoff were treated as those of its untreated side are.

    Args:
        x: (n,) positions; those of 0 and above are on the treated side.
        received: (n,) treatments; only those of 0 and 1 are judged.
        width: How far from the cutoff rows are near.
        names: The treatment's and the running variable's column, and the cutoff.
    """
    near = np.abs(x) <= width
    at, below, above = (received[near & side] for side in (x == 0, x < 0, x > 0))
    if not np.isin(received, (0.0, 1.0)).all() or not (len(at) and len(below) and len(above)):
        return None
    # One row of each kind added, so that a share of 0 or 1 forbids nothing.
    shares = [(side.sum() + 1) / (len(side) + 2) for side in (below, above)]
    likely = [float(np.log(np.where(at == 1, share, 1 - share)).sum()) for share in shares]
    if likely[0] - likely[1] < FAVOURED:
        return None
    treatment, running, cutoff = names
    return bi.Finding(
        f"Of the {len(at)} rows at {running} = {cutoff:g} itself, {100 * at.mean():.2g}% have "
        f"{treatment} = 1, as on the untreated side ({100 * below.mean():.2g}%) and not as on the "
        f"treated one ({100 * above.mean():.2g}%), to which they are counted.",
        "bad",
        "rows-at-cutoff",
        {"rows": float(len(at)), "share": float(at.mean())},
        f"If the rule leaves the cutoff itself out, write the next value of {running} as cutoff.",
    )

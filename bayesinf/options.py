"""Settings of the whole library, read at the moment of use.

    bi.options.interval = ("eti", 0.95)    # kind and probability of every credible interval
    bi.options.progress = False            # no progress bars
    bi.options.device = "gpu"              # where compiled programs run

The interval is ArviZ's: where ArviZ is loaded, it is read from and written to its `rcParams`, so
that tables made by either library agree.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, cast, get_args

import jax

from bayesinf.errors import ModelError, suggest

if TYPE_CHECKING:
    # To type checkers, jax.Device is a variable.
    from jaxlib._jax import Device

IntervalKind = Literal["eti", "hdi"]
DeviceKind = Literal["auto", "cpu", "gpu", "tpu"]


EXTRAS = {"gpu": "cuda"}
"""Extras under which JAX's package knows a kind of device, where it is another name."""


@dataclass(slots=True, repr=False)
class Options:
    """The settings; the one mutable value of the library.

    Attributes:
        progress: Whether anything that takes more than two seconds shows a progress bar.
    """

    progress: bool = True
    chosen: tuple[IntervalKind, float] | None = field(default=None, repr=False)
    placed: DeviceKind = field(default="auto", repr=False)

    def __repr__(self) -> str:
        return (
            f"Options(interval={self.interval}, progress={self.progress}, device={self.device!r})"
        )

    @property
    def device(self) -> DeviceKind:
        """Where compiled programs run.

        `"auto"`: on the CPU, or on a GPU where the work of one step is worth it (see
        `numerics/devices.py`). `"cpu"`, `"gpu"` and `"tpu"` insist. Read when a fit begins.
        """
        return self.placed

    @device.setter
    def device(self, value: DeviceKind) -> None:
        check_device(value)
        self.placed = value

    @property
    def interval(self) -> tuple[IntervalKind, float]:
        """Kind (`"eti"` equal-tailed, `"hdi"` highest density) and probability of intervals."""
        arviz = sys.modules.get("arviz_base")
        if arviz is not None and hasattr(arviz, "rcParams"):
            settings = arviz.rcParams
            # Read once: another thread may hand the choice over to ArviZ at the same time.
            chosen = self.chosen
            if chosen is not None:
                settings["stats.ci_kind"], settings["stats.ci_prob"] = chosen
                self.chosen = None
            return cast(IntervalKind, settings["stats.ci_kind"]), float(settings["stats.ci_prob"])
        return self.chosen or ("eti", 0.89)

    @interval.setter
    def interval(self, value: tuple[IntervalKind, float]) -> None:
        if not isinstance(value, tuple | list) or len(value) != 2:
            raise ModelError(
                f"An interval is a kind and a probability, not {value!r}.",
                code="interval-kind",
                hint='Write bi.options.interval = ("eti", 0.95).',
            )
        kind, prob = value
        check_interval(kind, prob)
        self.chosen = (kind, float(prob))
        _ = self.interval

    def interval_with(self, prob: float | None) -> tuple[IntervalKind, float]:
        """The interval in force, with another probability where one is given."""
        kind, usual = self.interval
        if prob is None:
            return kind, usual
        check_interval(kind, prob)
        return kind, float(prob)


def check_interval(kind: str, prob: float) -> None:
    """Refuses intervals that do not exist."""
    if kind not in ("eti", "hdi"):
        raise ModelError(
            f"An interval is 'eti' (equal-tailed) or 'hdi' (highest density), not {kind!r}.",
            code="interval-kind",
        )
    if isinstance(prob, bool) or not isinstance(prob, int | float) or not 0 < prob < 1:
        raise ModelError(
            f"The probability of an interval lies between 0 and 1; {prob!r} does not.",
            code="interval-probability",
            hint="Write 0.95 for 95%.",
        )


def check_device(kind: str) -> None:
    """Refuses kinds of devices that do not exist, or that JAX does not see."""
    kinds = get_args(DeviceKind)
    if kind not in kinds:
        named = ", ".join(f"'{known}'" for known in kinds[:-1])
        raise ModelError(
            f"A device is {named} or '{kinds[-1]}', not {kind!r}."
            f"{suggest(str(kind).lower(), kinds)}",
            code="device-kind",
        )
    if kind != "auto" and not devices_of(kind):
        seen = {other: len(devices_of(other)) for other in kinds[1:]}
        listed = " and ".join(
            f"{count} {other} device{'s' * (count > 1)}" for other, count in seen.items() if count
        )
        raise ModelError(
            f"There is no {kind} here: JAX sees {listed}.",
            code="device-absent",
            hint=f"Install JAX for it (pip install 'jax[{EXTRAS.get(kind, kind)}]'), "
            'or set bi.options.device = "auto".',
        )


def devices_of(kind: str) -> tuple[Device, ...]:
    """The devices of this kind that JAX sees from this process."""
    try:
        return tuple(jax.local_devices(backend=kind))
    except RuntimeError:
        # This is how JAX says that it sees none.
        return ()


def percent(probability: float) -> str:
    """A probability in percent, with as many digits as it has.

    Example:
        >>> percent(0.89), percent(0.999)
        ('89%', '99.9%')
    """
    return f"{100 * probability:.6g}%"


options = Options()
"""The settings in force."""

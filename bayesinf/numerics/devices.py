"""Devices: which a computation runs on, and how chains, points and rows are dealt out to them.

A computation asks `devices_for` how much work it has, and gets an empty tuple where everything
stays as JAX would have it (one CPU device: the usual case, which costs nothing), or the devices to
use. What is dealt out lies in equal shares along its leading axis, filled up with copies where
the shares would not be equal.

Chains and points are independent of each other: each device runs the program of one device on its
share (`in_shares`), and no device waits for another inside. Rows are summed over: there JAX splits
the program of one device itself (GSPMD), with one sum over the devices for each evaluation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import jax
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from bayesinf.options import DeviceKind, check_device, devices_of, options

if TYPE_CHECKING:
    # To type checkers, jax.Device is a variable.
    from jaxlib._jax import Device

WORTH_A_GPU = 1e7
"""Numbers of data times points evaluated together, per step and GPU, from which Auto uses a GPU.

Half of this is arithmetic: no GPU was at hand. One gradient takes two CPU cores 0.4 to 1.2 ns for
each number (measured), and a GPU 0.3 to 0.6 ms for launching its kernels, whatever the size (from
published figures): they meet near 1e6. Ten times that is asked for, because a GPU used for nothing
has been 300 times slower (NumPyro issue 1466), and one left idle costs far less. See
docs/decisions/0008-when-a-gpu-pays.md.
"""

SHARE = "share"
"""Name of the one axis along which devices lie."""

WHOLE, DEALT = PartitionSpec(), PartitionSpec(SHARE)
"""How an array lies on the devices: a copy on each, or its leading axis in shares."""

type Devices = tuple[Device, ...]


def devices_for(work: float, chains: int = 1) -> Devices:
    """The devices that a computation runs on, by `bi.options.device` and its work.

    Args:
        work: Numbers of data times points (or chains) that one step evaluates: see `work_of`.
        chains: Chains that run on their own for many steps; 1 for single evaluations, which gain
            nothing from several CPU devices, because one already uses all cores.

    Returns:
        The devices; empty where all is left to JAX, which is where it has one CPU device, or where
        the user has set JAX's own `jax_default_device`.

    Raises:
        ModelError: When the device asked for is not there.
    """
    asked = options.device
    if asked == "auto" and jax.config.jax_default_device is not None:
        return ()
    if asked != "auto":
        check_device(asked)
    present = {kind: devices_of(kind) for kind in ("cpu", "gpu", "tpu")}
    kind, count = choose(asked, work, {name: len(some) for name, some in present.items()}, chains)
    usual = kind == "cpu" and count == 1 and home() is None
    return () if usual else present[kind][:count]


def choose(
    asked: DeviceKind, work: float, present: Mapping[str, int], chains: int = 1
) -> tuple[str, int]:
    """Decides the kind of device and how many of them; a function of its arguments alone.

    Args:
        asked: The option.
        work: As in `devices_for`.
        present: How many devices there are of each kind.
        chains: As in `devices_for`.

    Returns:
        The kind, and the number of devices. Auto takes a GPU for every `WORTH_A_GPU` of work, and
        never a TPU, which has no fast double precision. A kind that was asked for is used; chains
        then spread over all of its devices, single evaluations over those that they are worth.
    """
    worth = int(work // WORTH_A_GPU)
    kind: str = asked
    if asked == "auto":
        # The last is for JAX_PLATFORMS=cuda, which leaves out the CPU.
        suited = ("gpu", "cpu") if worth else ("cpu", "gpu")
        kind = next(kind for kind in (*suited, *present) if present.get(kind))
    if chains > 1:
        most = min(chains, worth) if asked == "auto" and kind != "cpu" else chains
    else:
        most = 1 if kind == "cpu" else worth
    return kind, max(1, min(present[kind], most))


def home() -> Device | None:
    """The CPU, where JAX's own choice is another device; None where it is the CPU already.

    Also None where JAX has no CPU device (`JAX_PLATFORMS=cuda`), so that nothing can be chosen.
    """
    if jax.default_backend() == "cpu":
        return None
    return next(iter(devices_of("cpu")), None)


def work_of(data: Any, points: int) -> float:
    """The work of one step: all numbers of the data (rows times columns) times the points."""
    return float(points) * sum(np.size(leaf) for leaf in jax.tree.leaves(data))


@lru_cache(maxsize=32)
def mesh(devices: Devices) -> Mesh:
    """The devices in a line."""
    return Mesh(np.array(devices), (SHARE,))


def place(values: Any, devices: Devices) -> Any:
    """Puts arrays whole on every device. To be called in double precision.

    Args:
        values: A pytree of arrays.
        devices: As `devices_for` gives them.

    Returns:
        The same pytree of JAX arrays.
    """
    if len(devices) <= 1:
        return jax.device_put(values, *devices)
    return jax.device_put(values, NamedSharding(mesh(devices), WHOLE))


def deal(values: Any, devices: Devices, axis: int = 0) -> Any:
    """Deals arrays out in equal shares of one axis. To be called in double precision.

    Args:
        values: A pytree of arrays of one length along the axis, which are filled up to a multiple
            of the number of devices with copies of their last entry.
        devices: As `devices_for` gives them.
        axis: Which axis is dealt out.

    Returns:
        The same pytree of JAX arrays; as they were where there is one device.
    """
    if len(devices) <= 1:
        return jax.device_put(values, *devices)
    filled = jax.tree.map(lambda array: _filled(array, len(devices), axis), values)
    return jax.device_put(filled, NamedSharding(mesh(devices), dealt(axis)))


def dealt(axis: int) -> PartitionSpec:
    """How an array lies on the devices whose axis is dealt out."""
    return PartitionSpec(*(None,) * axis, SHARE)


def in_shares(
    function: Callable[..., Any], devices: Devices, arguments: Any, results: Any
) -> Callable[..., Any]:
    """Makes every device run a function on its share, without waiting for the others.

    Args:
        function: Of arrays, to arrays.
        devices: As `devices_for` gives them.
        arguments: `WHOLE`, `DEALT` or another spec for each argument of the function.
        results: The same for its results.

    Returns:
        The function; itself where there is one device.
    """
    if len(devices) <= 1:
        return function
    # Loops of other libraries begin with constants that are the same on all devices, which the
    # check of varying axes refuses.
    return jax.shard_map(
        function, mesh=mesh(devices), in_specs=arguments, out_specs=results, check_vma=False
    )


@dataclass(frozen=True)
class Cut:
    """Takes the filling off rows that were dealt out; called inside a compiled program.

    Attributes:
        rows: How many rows there are.
        dealt: Of each array of the data, whether its leading axis is the rows.
    """

    rows: int
    dealt: tuple[bool, ...]

    def __call__(self, data: Any) -> Any:
        """The data as they were before they were dealt out."""
        leaves, structure = jax.tree.flatten(data)
        cut = [
            leaf[: self.rows] if rows else leaf
            for leaf, rows in zip(leaves, self.dealt, strict=True)
        ]
        return jax.tree.unflatten(structure, cut)


def deal_rows(data: Any, devices: Devices) -> tuple[Any, Cut]:
    """Deals the rows of the data out to several devices. To be called in double precision.

    Args:
        data: A pytree of arrays. The rows are the leading axis that most of its numbers lie along.
        devices: Two or more.

    Returns:
        The data with rows in equal shares and all else whole, and what takes their filling off.
    """
    leaves, structure = jax.tree.flatten(data)
    leaves = [np.asarray(leaf) for leaf in leaves]
    numbers: dict[int, int] = {}
    for leaf in leaves:
        if leaf.ndim:
            numbers[len(leaf)] = numbers.get(len(leaf), 0) + leaf.size
    rows = max(numbers, key=lambda length: numbers[length], default=0)
    cut = Cut(rows, tuple(leaf.ndim > 0 and len(leaf) == rows for leaf in leaves))
    placed = [
        deal(leaf, devices) if dealt else place(leaf, devices)
        for leaf, dealt in zip(leaves, cut.dealt, strict=True)
    ]
    return jax.tree.unflatten(structure, placed), cut


def _filled(array: Any, parts: int, axis: int) -> Any:
    length = array.shape[axis]
    whole = -(-length // parts) * parts
    if whole == length:
        return array
    chosen = np.minimum(np.arange(whole), length - 1)
    return array[(slice(None),) * axis + (chosen,)]

"""One interval for every table, set here or in ArviZ; one word on where to compute."""

from __future__ import annotations

from collections.abc import Iterator

import arviz_base
import jax
import pytest

import bayesinf as bi
from bayesinf.numerics.devices import devices_for
from bayesinf.options import DeviceKind


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    before = bi.options.interval
    yield
    bi.options.interval = before
    bi.options.device = "auto"


def test_setting_it_here_sets_arviz() -> None:
    bi.options.interval = ("hdi", 0.9)
    assert arviz_base.rcParams["stats.ci_kind"] == "hdi"
    assert arviz_base.rcParams["stats.ci_prob"] == 0.9


def test_setting_arviz_sets_it_here() -> None:
    arviz_base.rcParams["stats.ci_prob"] = 0.66
    assert bi.options.interval[1] == 0.66


def test_it_is_read_when_a_table_is_made() -> None:
    fit = bi.fit("Reaction ~ Days", bi.examples.sleepstudy(), seed=1)
    bi.options.interval = ("eti", 0.5)
    narrow = fit.summary()
    bi.options.interval = ("eti", 0.95)
    wide = fit.summary()
    assert (wide["lower"] < narrow["lower"]).all() and (wide["upper"] > narrow["upper"]).all()
    assert wide.attrs["interval_prob"] == 0.95
    assert fit.summary(prob=0.5)["lower"].equals(narrow["lower"])
    assert "95% credible intervals (ETI)" in repr(fit)


@pytest.mark.parametrize("bad", [("eti", 95), ("eti", 0), ("central", 0.9)])
def test_intervals_that_do_not_exist_are_refused(bad: tuple) -> None:
    with pytest.raises(bi.ModelError):
        bi.options.interval = bad


def test_a_device_that_does_not_exist_is_refused_with_a_suggestion() -> None:
    for wrong, meant in (("GPU", "gpu"), ("tpuu", "tpu")):
        with pytest.raises(bi.ModelError, match=f"not '{wrong}'. Did you mean '{meant}'") as caught:
            bi.options.device = wrong  # type: ignore[assignment]
        assert caught.value.code == "device-kind"
    with pytest.raises(bi.ModelError, match="'tpu', not None"):
        bi.options.device = None  # type: ignore[assignment]
    assert bi.options.device == "auto"


@pytest.mark.parametrize("kind", ["gpu", "tpu"])
def test_a_device_that_is_not_there_is_an_error_that_says_what_is(
    kind: DeviceKind, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jax, "local_devices", three_cpus_and_a_plugin)
    with pytest.raises(bi.ModelError, match=f"no {kind} here: JAX sees 3 cpu devices.") as caught:
        bi.options.device = kind
    assert caught.value.code == "device-absent"
    assert caught.value.hint is not None and "bi.options.device" in caught.value.hint
    assert bi.options.device == "auto"


def three_cpus_and_a_plugin(backend: str) -> list[str]:
    if backend != "cpu":
        raise RuntimeError(f"Unknown backend: {backend!r}")
    return ["cpu:0", "cpu:1", "cpu:2"]


def test_a_device_that_has_gone_since_is_an_error_at_the_fit() -> None:
    bi.options.placed = "gpu"
    with pytest.raises(bi.ModelError, match="There is no gpu here: JAX sees 1 cpu device"):
        bi.fit("Reaction ~ Days", bi.examples.sleepstudy(), engine=bi.NUTS(draws=4, warmup=4))


def test_the_cpu_can_be_asked_for() -> None:
    bi.options.device = "cpu"
    assert bi.options.device == "cpu"
    assert "device='cpu'" in repr(bi.options)
    assert devices_for(1e12, chains=4) == (), "one CPU device is JAX's own choice"

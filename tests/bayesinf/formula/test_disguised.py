"""Text that is really numbers or dates is refused; codes, names and what was asked for are not."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from bayesinf.errors import DataError
from bayesinf.formula.encode import encode

SIZE = 60


def column(write: Callable[[int], str], levels: int = SIZE) -> np.ndarray:
    return np.array([write(row % levels) for row in range(SIZE)], dtype=object)


def caught(values: np.ndarray, rhs: str = "t") -> DataError:
    with pytest.raises(DataError) as error:
        encode(rhs, {"t": values, "x": np.arange(SIZE) * 1.0})
    return error.value


@pytest.mark.parametrize(
    "write",
    [
        str,
        lambda k: f"{k / 7:.3f}",
        lambda k: f" {k:e} ",
        lambda k: f"{k},5",
        lambda k: f"{k + 1},234.50",
        lambda k: f"1.{k:03},50",
        lambda k: f"${k}",
        lambda k: f"{k} %",
        lambda k: f"{k} €",
        lambda k: "n/a" if k == 3 else str(k),
        lambda k: f"{k} lb",
        lambda k: f"5'{k}",
    ],
)
def test_numbers(write: Callable[[int], str]) -> None:
    error = caught(column(write))
    assert (error.code, error.column) == ("numbers-as-text", "t")
    assert f"60 levels that are numbers{' with signs' * ('signs' in str(error))}" in str(error)
    assert "C(t)" in str(error.hint)


@pytest.mark.parametrize(
    "write",
    [
        lambda k: f"2020-{1 + k // 28:02}-{1 + k % 28:02}",
        lambda k: f"{1 + k % 28}/{1 + k // 28}/2020",
        lambda k: f"{1 + k % 28:02}.{1 + k // 28:02}.20",
        lambda k: f"2020-01-01T00:{k:02}:00Z",
        lambda k: f"2020/01/01 10:{k:02}",
    ],
)
def test_dates(write: Callable[[int], str]) -> None:
    error = caught(column(write))
    assert (error.code, error.column) == ("dates-as-text", "t")
    assert "to_datetime(frame['t']" in str(error.hint) and "C(t)" in str(error.hint)


@pytest.mark.parametrize("rhs", ["t + x", "x * t", "x:t", "0 + t", "C(x) + t"])
def test_wherever_the_column_stands(rhs: str) -> None:
    assert caught(column(str), rhs).code == "numbers-as-text"


@pytest.mark.parametrize(
    "write",
    [
        lambda k: f"site {k}",
        lambda k: f"{k}a",
        lambda k: f"10.0.0.{k}",
        lambda k: f"{k}-{k + 1}-x",
        lambda k: f"{k} to {k + 1}",
        lambda k: str(k) if k % 2 else f"s{k}",
    ],
)
def test_names_are_levels(write: Callable[[int], str]) -> None:
    assert len(encode("t", {"t": column(write, 30)}).names) == 30


def test_a_few_codes_are_levels() -> None:
    assert len(encode("t", {"t": column(str, 20)}).names) == 20
    assert caught(column(str, 21)).code == "numbers-as-text"


def test_units_leave_less_doubt_than_digits() -> None:
    assert len(encode("t", {"t": column(lambda k: f"{k} mg", 10)}).names) == 10
    assert caught(column(lambda k: f"{k} mg", 11)).code == "numbers-as-text"


def test_what_is_no_number_is_named_with_its_rows() -> None:
    error = caught(column(lambda k: {3: "n/a", 9: "<80"}.get(k, str(k))))
    assert error.rows == (3, 9)
    assert "but for 'n/a' in row 3 and '<80' in row 9;" in str(error)
    assert "'<80' is a censored value" in str(error.hint) and "coerce" not in str(error.hint)


def test_strays_of_later_rows_are_in_the_line_that_converts() -> None:
    values = [f"{row / 10:.1f} lb" for row in range(6000)]
    values[1500], values[2500] = "n/a", "unknown"
    with pytest.raises(DataError) as error:
        encode("t", {"t": np.array(values, dtype=object)})
    assert error.value.rows == (1500, 2500)
    (line,) = re.findall(r"frame\['t'\] = .*", str(error.value.hint))
    frame = pd.DataFrame({"t": values})
    exec(line, {"frame": frame})
    assert np.flatnonzero(frame["t"].isna()).tolist() == [1500, 2500]


def test_what_was_asked_for_is_done() -> None:
    values = column(str, 30)
    assert len(encode("C(t)", {"t": values}).names) == 30
    declared = {"t": tuple(sorted(set(values.tolist())))}
    assert len(encode("t", {"t": values}, declared).names) == 30


def test_new_rows_are_not_judged_again() -> None:
    state = encode("C(t)", {"t": column(str, 30)}).state
    assert encode("C(t)", {"t": column(str, 30)}, None, state).matrix.shape == (SIZE, 30)


def test_many_levels_are_asked_for_or_grouped() -> None:
    labels = np.array([f"s{k}" for k in range(1001)], dtype=object)
    with pytest.raises(DataError, match=r"1,001 levels, such as 's0' in row 0") as error:
        encode("t", {"t": labels})
    assert error.value.code == "many-levels" and "(1 | t)" in str(error.value.hint)
    assert encode("C(t)", {"t": labels}).matrix.shape == (1001, 1001)


def test_rows_are_counted_as_they_were_read() -> None:
    with pytest.raises(DataError, match="'5' in row 105"):
        encode(
            "t",
            {"t": np.array(["n/a", *map(str, range(5, 64))], dtype=object)},
            positions=np.arange(104, 164),
        )


def late(first: str, then: str, levels: int, before: int = 30) -> np.ndarray:
    """The first 1,500 rows have other levels than the 3,500 rows after them."""
    texts = [first.format(k % before) for k in range(1500)]
    return np.array([*texts, *(then.format(k % levels) for k in range(3500))], dtype=object)


def coded(values: np.ndarray) -> int | str:
    """How many columns the text is coded to, or why it is not."""
    try:
        return len(encode("t", {"t": values}).names)
    except DataError as error:
        return error.code


def test_all_levels_are_judged_not_those_of_the_first_rows() -> None:
    assert coded(late("site {}", "{}", 800)) == "numbers-as-text"
    assert coded(late("site {}", "2{:03}-05-01", 800)) == "dates-as-text"
    assert coded(late("{}", "site {}", 800)) == 830
    assert coded(late("{}", "site {}", 3000, 1200)) == "many-levels"
    assert coded(late("site {}", "{}", 3500)) == "numbers-as-text"
    assert coded(np.sort(late("{}", "{}", 900))) == "numbers-as-text"


@pytest.mark.timing
@pytest.mark.parametrize("write", ["{}", "name {}", "{} kg", "1{:05},5", "2020-01-01T{}"])
def test_a_hundred_thousand_levels_are_refused_at_once(write: str) -> None:
    values = np.array([write.format(k) for k in range(100_000)], dtype=object)
    seconds = []
    for _ in range(5):
        begin = time.process_time()
        assert isinstance(coded(values), str)
        seconds.append(time.process_time() - begin)
    assert min(seconds) < 0.3

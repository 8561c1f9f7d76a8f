"""Text that is numbers or dates is told from labels, and the advised line does convert it."""

from __future__ import annotations

import re
from collections.abc import Callable
from time import process_time

import numpy as np
import pandas as pd
import pytest

from bayesinf.texts import Meaning, Strays, is_amount, meaning_of

SIZE = 60
VALUES = np.random.default_rng(3).uniform(100.0, 4990.0, SIZE)
DAYS = pd.date_range("2019-03-01", periods=SIZE, freq="D")
SINCE_NEW_YEAR = 59.0 + np.arange(SIZE)


def meaning(texts: list[str]) -> Meaning:
    found = meaning_of("t", texts)
    assert found is not None
    return found


def lines(advice: str) -> list[str]:
    return [line.strip() for line in advice.split("\n") if line.startswith(" " * 6)]


def advised(texts: list[str], kind: str = "str") -> np.ndarray:
    """What the advised line makes of the column, run as it stands in the advice."""
    found = meaning(texts)
    (line,) = lines(found.advice(Strays.among(texts, found.reads)))
    frame = pd.DataFrame({"t": pd.Series(texts, dtype=kind)})
    exec(line, {"frame": frame, "pandas": pd})
    return frame["t"].to_numpy(dtype=float)


def german(text: str) -> str:
    return text.replace(",", "_").replace(".", ",").replace("_", ".")


NUMBERS = {
    "plain": (lambda v: f"{v:.3f}", 3),
    "a unit": (lambda v: f"{v:.0f} lb", 0),
    "a unit without a blank": (lambda v: f"{v:.1f}kg", 1),
    "a unit spelt in two ways": (lambda v: f"{v:.0f} {'Lbs.' if v > 999 else 'lb'}", 0),
    "a quotient of units": (lambda v: f"{v:.1f} mg/dl", 1),
    "powers of ten": (lambda v: f"{round(v):.3e} m", 0),
    "a unit that nobody knows": (lambda v: f"{v:.2f} zork", 2),
    "years": (lambda v: f"{v:.0f} years old", 0),
    "per cent": (lambda v: f"{v:.1f}%", 1),
    "money before": (lambda v: f"${v:,.0f}", 0),
    "money behind": (lambda v: f"{v:.2f} €".replace(".", ","), 2),
    "thousands": (lambda v: f"{v:,.0f}", 0),
    "thousands and a point": (lambda v: f"{v:,.2f}", 2),
    "decimal commas": (lambda v: f"{v:.2f}".replace(".", ","), 2),
    "decimal commas and points": (lambda v: german(f"{v:,.2f}"), 2),
    "apostrophes": (lambda v: f"{v:,.1f}".replace(",", "'"), 1),
    "blanks": (lambda v: f"{v:,.0f}".replace(",", " "), 0),
    "thousands of pounds": (lambda v: f"{v / 1e3:.3f}k" if v > 999 else f"{v:.0f}", 0),
}


@pytest.mark.parametrize("kind", ["str", "object"])
@pytest.mark.parametrize("name", NUMBERS)
def test_the_advice_on_numbers_works(name: str, kind: str) -> None:
    write, digits = NUMBERS[name]
    texts = [write(value) for value in VALUES]
    np.testing.assert_allclose(advised(texts, kind), np.round(VALUES, digits), rtol=1e-12)
    assert meaning(texts).code == "numbers-as-text"


@pytest.mark.parametrize("minus", ["-", "\N{MINUS SIGN}"])
def test_negative_amounts(minus: str) -> None:
    found = advised([f"{minus}£{k:,}" if k % 2 else f"£{k:,}" for k in range(990, 1050)])
    np.testing.assert_array_equal(found, [-k if k % 2 else k for k in range(990, 1050)])


@pytest.mark.parametrize(
    "write",
    [
        lambda k: f"{4 + k // 12}'{k % 12}",
        lambda k: f"{4 + k // 12}' {k % 12}\"",
        lambda k: f"{4 + k // 12} ft {k % 12} in",
    ],
)
def test_feet_and_inches(write: Callable[[int], str]) -> None:
    np.testing.assert_array_equal(advised([write(k) for k in range(SIZE)]), 48 + np.arange(SIZE))


def test_times() -> None:
    found = advised([f"{k // 4}:{k % 4 * 15:02}" for k in range(SIZE)])
    np.testing.assert_allclose(found, np.arange(SIZE) / 4)


@pytest.mark.parametrize(
    "form",
    [
        *("%Y-%m-%d", "%Y/%m/%d", "%Y%m%d", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%m-%d-%Y"),
        *("%d %b %Y", "%d-%b-%Y", "%B %d, %Y", "%d %B %Y", "%Y %b %d", "%Y-%m-%dT00:00:00Z"),
        *("%d/%m/%Y 00:00", "%m/%d/%Y 00:00:00"),
    ],
)
def test_the_advice_on_dates_works(form: str) -> None:
    texts = [day.strftime(form) for day in DAYS]
    assert meaning(texts).code == "dates-as-text"
    np.testing.assert_array_equal(advised(texts), SINCE_NEW_YEAR)


def test_two_digits_of_a_year_count_from_2000() -> None:
    found = advised([day.strftime("%d.%m.%y") for day in DAYS])
    np.testing.assert_array_equal(found, (DAYS - pd.Timestamp("2000-01-01")).days)


@pytest.mark.parametrize(
    "texts",
    [
        ["8/18/67", "10/20/99", "1/2/15"],
        ["18-Aug-67", "20-Oct-99", "2-Jan-15"],
        ["8/18/67 10:00Z", "10/20/99 10:00Z", "1/2/15 10:00Z"],
    ],
)
def test_two_digits_of_a_year_may_be_of_the_century_before(texts: list[str]) -> None:
    advice = meaning(texts).advice()
    assert re.search(r"two digits are read as 19\d\d to 20\d\d; write four digits", advice)
    assert "if no date is after today:" in advice
    for line, year in zip(lines(advice), (1967, 2067), strict=True):
        frame = pd.DataFrame({"t": texts})
        exec(line, {"frame": frame, "pandas": pd})
        days = pd.to_datetime([f"{year}-08-18", "1999-10-20", "2015-01-02"])
        found = np.floor(frame["t"].to_numpy(dtype=float))
        np.testing.assert_array_equal(found, (days - pd.Timestamp("2000-01-01")).days)


def test_orders_and_centuries_may_both_be_unclear() -> None:
    texts = ["8/8/67", "10/10/69"]
    advice = meaning(texts).advice()
    assert "if '8/8/67' has the day first and no date is after today:" in advice
    assert len(lines(advice)) == 4 and "read as 1969 to 2068" in advice
    exec(lines(advice)[0], {"frame": (frame := pd.DataFrame({"t": texts})), "pandas": pd})
    assert (frame["t"] < 0).all()


def test_day_and_month_may_be_ambiguous() -> None:
    texts = [f"{1 + k % 12}/{1 + k // 12}/2020" for k in range(SIZE)]
    advice = meaning(texts).advice()
    assert "ambiguous" in advice and "if '1/1/2020' has the month first:" in advice
    day_first, month_first = lines(advice)
    assert "format='%d/%m/%Y'" in day_first and "format='%m/%d/%Y'" in month_first
    assert "ambiguous" not in meaning([*texts, "13/1/2020"]).advice()


def test_two_orders_are_read_apart() -> None:
    found = meaning(["13/1/2020", "1/13/2020", "2/2/2020"])
    assert found.ways == ()
    assert "'13/1/2020' has the day first and '1/13/2020' the month" in found.advice()


def test_a_comma_before_three_digits_may_be_either() -> None:
    advice = meaning(["1,234", "2,345", "4,567"]).advice()
    assert "if the comma sets thousands apart:" in advice and "if it is a decimal comma:" in advice
    thousands, decimal = lines(advice)
    assert ".str.replace(',', '').astype(float)" in thousands
    assert ".str.replace(',', '.').astype(float)" in decimal
    for sure in ("850", "1,234,567", "1,234.5"):
        (line,) = lines(meaning(["1,234", "2,345", sure]).advice())
        assert ".str.replace(',', '')" in line
    (line,) = lines(meaning(["1,234", "2,345", "0,123"]).advice())
    assert ".str.replace(',', '.')" in line


def test_points_are_thousands_where_commas_are_decimal() -> None:
    found = advised(["€ 8.359", "€ 892,50", "€ 1.433", "€ 12,10"])
    np.testing.assert_array_equal(found, [8359, 892.5, 1433, 12.1])
    np.testing.assert_array_equal(advised(["8.35", "892,50", "8.359"]), [8.35, 892.5, 8.359])
    advice = meaning(["1.234,5", "8.35", "7,5"]).advice()
    assert "Points mean two things" in advice and "'8.35' a decimal point" in advice


@pytest.mark.parametrize("mark", ["", "€ "])
def test_a_point_before_three_digits_may_be_either(mark: str) -> None:
    texts = [f"{mark}{number}" for number in ("8.359", "892", "1.433")]
    advice = meaning(texts).advice()
    assert "if the point is a decimal point:" in advice
    assert "if it sets thousands apart:" in advice
    for line, numbers in zip(lines(advice), ([8.359, 892, 1.433], [8359, 892, 1433]), strict=True):
        frame = pd.DataFrame({"t": texts})
        exec(line, {"frame": frame})
        np.testing.assert_array_equal(frame["t"].to_numpy(dtype=float), numbers)
    for sure in ("1433", "0.125", "2.5", "1234.567"):
        assert len(lines(meaning([*texts, f"{mark}{sure}"]).advice())) == 1


@pytest.mark.parametrize(
    ("write", "kind"), [("- {} kg", "str"), ("-{} kg", "str"), ("\N{MINUS SIGN} {} kg", "object")]
)
def test_a_sign_may_stand_apart(write: str, kind: str) -> None:
    texts = [write.format(k) if k % 2 else f"{k} kg" for k in range(SIZE)]
    np.testing.assert_array_equal(advised(texts, kind), [-k if k % 2 else k for k in range(SIZE)])
    np.testing.assert_array_equal(advised(["- £ 7", "£ 8", "£ - 9"]), [-7, 8, -9])


def test_a_comma_may_be_both() -> None:
    assert "Commas mean two things" in meaning(["1,234,567", "1,5", "2,5"]).advice()


def test_several_units_are_brought_to_one() -> None:
    found = meaning([f"{k} {'lb' if k % 2 else 'kg'}" for k in range(SIZE)])
    assert "several units ('kg' and 'lb')" in found.what and found.ways == ()
    assert found.advice().startswith("Convert them to one unit first")
    some = meaning([f"{k} lb" if k % 2 else str(k) for k in range(SIZE)])
    assert "('lb' and none)" in some.what


LABELS = {
    "a word first": lambda k: f"site {k}",
    "a letter first": lambda k: f"g{k}",
    "a letter behind": lambda k: f"{k}a",
    "letters behind": lambda k: f"{k // 4}{'abcd'[k % 4]}",
    "flats": lambda k: f"{k}m",
    "postcodes": lambda k: f"{k + 500:05}",
    "bands": lambda k: f"{k}-{k + 4}",
    "ranges in words": lambda k: f"{k} to {k + 4}",
    "ordinals": lambda k: f"{k}th",
    "streets": lambda k: f"{k} Main St",
    "addresses": lambda k: f"10.0.0.{k}",
    "versions": lambda k: f"1.{k}.2",
    "seasons": lambda k: f"{1960 + k}-{(61 + k) % 100:02}",
    "hours of the day": lambda k: f"{1 + k % 12} {'AM' if k < 30 else 'PM'}",
    "rooms": lambda k: f"{k} rooms",
    "plots": lambda k: f"{k}/{k % 7}",
    "quarters": lambda k: f"{1990 + k // 4}Q{1 + k % 4}",
    "half of them numbers": lambda k: str(k) if k % 2 else f"s{k}",
}


@pytest.mark.parametrize("name", LABELS)
def test_labels_are_labels(name: str) -> None:
    assert meaning_of("t", [LABELS[name](k) for k in range(SIZE)]) is None


def test_strays_are_named_and_what_is_censored_is_not_missing() -> None:
    texts = [f"{value:.0f}" for value in VALUES]
    for row, text in {4: "n/a", 9: "unknown", 30: "<80", 31: "<80"}.items():
        texts[row] = text
    found = Strays.among(texts, meaning(texts).reads)
    assert found.sentence() == "'n/a' in row 4, 'unknown' in row 9 and '<80' in rows 30, 31"
    assert found.places == [4, 9, 30, 31]
    advice = meaning(texts).advice(found)
    assert "'<80' is a censored value, known to be below 80" in advice and "coerce" not in advice
    made = advised(texts)
    np.testing.assert_array_equal(np.flatnonzero(np.isnan(made)), [4, 9])
    np.testing.assert_array_equal(made[[30, 31]], 80.0)


def test_what_is_above_a_limit_is_censored_too() -> None:
    assert "known to be above 500 kg" in Strays({"> 500 kg": [1]}, is_amount).warning()


def test_words_that_are_unclear_are_to_be_looked_up() -> None:
    assert "Find out whether 'ND'" in Strays({"ND": [1]}).warning()
    assert "Check what 'see note' means" in Strays({"see note": [1]}).warning()
    assert Strays({"n/a": [1], "": [2], " - ": [3]}).warning() == ""


def test_many_strays_are_for_somebody_to_decide_on() -> None:
    texts = [str(k) for k in range(400)] + [f"note {k}" for k in range(20)]
    found = meaning(texts)
    strays = Strays.among(texts, found.reads)
    assert "Decide what the 20 other texts stand for" in found.advice(strays)
    assert "and 16 other texts" in strays.sentence()


def test_quotes_in_a_name_do_not_break_the_line() -> None:
    found = meaning_of("the 'dose'", ["1 mg", "2.5 mg"])
    assert found is not None
    compile(found.advice().split("\n")[1].strip(), "advice", "exec")


@pytest.mark.parametrize(
    "text",
    [
        " " * 50_000 + "x",
        "1" * 50_000 + "x",
        "1" + " " * 50_000 + "x",
        "1 1:11" + " " * 50_000 + "x",
        "1/1/2020 1:11" + " " * 50_000 + "x",
        "5'1" + " " * 50_000 + "x",
        "<" + " " * 50_000 + "x",
        "1,111" * 10_000 + "x",
        "may" + "-" * 50_000,
    ],
)
def test_long_text_is_not_searched(text: str) -> None:
    """Patterns that look for blanks twice would take minutes; the limit is a thousandth of that."""
    start = process_time()
    assert meaning_of("t", [f"{text}{k}" for k in range(30)]) is None
    assert process_time() - start < 1.0


def test_signs_that_mean_two_things_get_no_line() -> None:
    advice = meaning(["2,444.3", "2.171,8", "1,200.5"]).advice()
    assert "mean two things" in advice
    assert not lines(advice)


def test_accounts_write_what_is_below_zero_in_parentheses_or_with_the_sign_behind() -> None:
    np.testing.assert_array_equal(
        advised(["12.5", "(12.5)", "3", "(1,200)"]), [12.5, -12.5, 3, -1200]
    )
    np.testing.assert_array_equal(advised(["$12", "($7)", "$3.50"], "object"), [12, -7, 3.5])
    np.testing.assert_array_equal(advised(["12.5", "12.5-", "3,000"]), [12.5, -12.5, 3000])
    assert meaning_of("t", ["(1)", "(2)", "(3)"]) is None


def test_thousands_are_set_apart_by_apostrophes_and_in_lakhs() -> None:
    np.testing.assert_array_equal(advised(["1'234", "2'100", "980"]), [1234, 2100, 980])
    np.testing.assert_array_equal(advised(["1,23,456", "12,34,567", "850"]), [123456, 1234567, 850])


def test_times_of_day() -> None:
    found = advised(["10:05 AM", "12:30 pm", "12:15 a.m.", "1:45PM"])
    np.testing.assert_allclose(found, [10 + 5 / 60, 12.5, 0.25, 13.75])
    np.testing.assert_allclose(advised([" 1:00:30 AM", "1:00:00 PM "]), [1 + 30 / 3600, 13])
    np.testing.assert_allclose(advised(["1:00:30 AM", "1:15 PM"]), [1 + 30 / 3600, 13.25])


def test_blood_pressures_become_two_columns() -> None:
    found = meaning(["120/80", "135/85", "110/70"])
    frame = pd.DataFrame({"t": ["120/80", "135 / 85", "n/a"]})
    exec(found.advice().removeprefix("Make two columns of it: ").rstrip("."), {"frame": frame})
    np.testing.assert_array_equal(frame["t_1"], [120, 135, np.nan])
    np.testing.assert_array_equal(frame["t_2"], [80, 85, np.nan])


def test_months_are_dates_and_seasons_are_not() -> None:
    months = [f"{year}-{month:02}" for year in (2010, 2011) for month in range(1, 13)]
    days = advised(months)
    assert days[0] == 0 and days[-1] == 365 + 334 and not np.isnan(days).any()
    assert meaning_of("t", ["2009-10", "2010-11", "2011-12"]) is None


@pytest.mark.parametrize("kind", ["str", "object"])
@pytest.mark.parametrize(
    ("text", "side", "limit", "write"),
    [("65+", "above", "65", "{}"), ("60 or more", "above", "60", "{}.5"),
     ("Under 18", "below", "18", "{}"), ("at least 1,000", "above", "1,000", "1,0{}.5"),
     ("5 or fewer", "below", "5", "{}"), ("≥ 90", "above", "90", "{}"),
     ("90 and over", "above", "90", "{}"), ("<= 0.05 mg", "below", "0.05 mg", "{} mg")],
)  # fmt: skip
def test_bounds_are_not_missing(text: str, side: str, limit: str, write: str, kind: str) -> None:
    texts = [*(write.format(k) for k in range(20, 60)), text]
    found = meaning(texts)
    strays = Strays.among(texts, found.reads)
    assert strays.gaps == []
    assert f"'{text}' is a censored value, known to be {side} {limit}" in found.advice(strays)
    assert advised(texts, kind)[-1] == float(limit.replace(",", "").removesuffix(" mg"))


@pytest.mark.parametrize("text", ["<= 0.05 mg", "1st and over", "60-65+", "at least 1,000"])
def test_a_limit_that_is_written_otherwise_is_for_somebody_to_look_at(text: str) -> None:
    texts = [*map(str, range(20, 60)), text]
    assert np.isnan(advised(texts)[-1])
    found = meaning(texts)
    assert f"Check what '{text}' means" in found.advice(Strays.among(texts, found.reads))


def test_tests_with_plus_signs_and_grades_are_labels() -> None:
    assert meaning_of("t", ["0", *(f"{k}+" for k in range(1, 30))]) is None
    grades = [f"{k}{sign}" for k in range(1, 7) for sign in ("+", "", "-")]
    assert meaning_of("t", grades) is None
    assert meaning_of("t", ["12-", "13-", "14"]) is None
    assert meaning_of("t", [f"{k}/{k + 1}" for k in range(70, 92)]) is None
    assert meaning_of("t", ["20/40", "20/20", "20/100"]) is None
    assert meaning_of("t", ["1999/00", "2000/01"]) is None


def test_a_few_amounts_below_zero_among_numbers_are_not_missing() -> None:
    texts = [*map(str, range(20, 60)), "(12.5)", "7.5-"]
    np.testing.assert_array_equal(advised(texts)[-2:], [-12.5, -7.5])


@pytest.mark.parametrize("never", ["9999-12-31", "2019-02-31", "0000-00-00"])
def test_days_that_the_calendar_lacks_are_no_dates(never: str) -> None:
    texts = [f"2019-{month:02}-{day:02}" for month in range(1, 11) for day in (1, 15)] + [never]
    days = advised(texts)
    assert np.isnan(days[-1]) and days[1] == 14.0 and np.isfinite(days[:-1]).all()
    found = meaning(texts)
    assert f"Check what '{never}' means" in found.advice(Strays.among(texts, found.reads))


def test_days_that_the_calendar_lacks_where_the_year_is_last() -> None:
    texts = [f"{day:02}/{month:02}/2019" for month in range(1, 11) for day in (1, 15)]
    assert np.isnan(advised([*texts, "31/02/2019", "00/00/0000"])[-2:]).all()


@pytest.mark.parametrize(("text", "limit"), [("$6,000+", 6000.0), ("<$4,000", 4000.0)])
def test_bounds_of_money(text: str, limit: float) -> None:
    texts = [f"${k:,}.50" for k in range(4010, 5990, 50)]
    assert advised([*texts, text])[-1] == limit


def test_below_the_limit_of_detection() -> None:
    assert "too little to measure" in Strays({"<LOD": [1]}).warning()

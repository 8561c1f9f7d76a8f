"""Units that people write behind or before a number, and how sure they make it a measurement."""

from __future__ import annotations

import re
from collections.abc import Collection

WEIGHTS = "kg mg ug µg μg mcg ng pg lb pound oz ounce stone tonne ton gram kilogram gm"
LENGTHS = "km cm mm um µm μm nm inch in foot feet ft yd yard mi mile metre meter ' \" \u2032 \u2033"
VOLUMES = "ml dl cl ul µl μl litre liter gal gallon pint cc"
TIMES = "ms sec second min minute hr hour day wk week month mo yr year"
RATES = "mph kph kmh kn knot bpm rpm hz khz mhz ghz"
HEATS = "°c °f ºc ºf degc degf deg degree celsius fahrenheit kelvin °"
OTHERS = (
    "mmhg hpa kpa mpa mbar bar psi ppm ppb kcal cal kj kwh mwh kw mw mol mmol umol µmol μmol nmol "
    "pmol meq iu db % percent pct people person cell copies beat breath sqft sqm ha hectare acre "
    "kb mb gb tb dpi lux"
)
MONEY = "$ € £ ¥ ₹ usd eur gbp chf jpy us$ dollar euro cent"

MULTIPLES = {"k": 1e3, "thousand": 1e3, "m": 1e6, "mio": 1e6, "mn": 1e6, "million": 1e6}
MULTIPLES |= {"bn": 1e9, "billion": 1e9}
"""What a letter or word behind an amount of money or of people multiplies it by."""

KNOWN = frozenset(
    " ".join((WEIGHTS, LENGTHS, VOLUMES, TIMES, RATES, HEATS, OTHERS, MONEY)).split()
).union(unit for unit in MULTIPLES if len(unit) > 1)
"""Of two letters or more, or of a sign: nobody ends a label with these."""

LETTERS = frozenset("gtmlshdywcfk")
"""Units of one letter, which may as well be the letter of a house number."""

MOST_UNITS = 4
"""Different ones in a column of measurements."""


def plain_unit(unit: str) -> str:
    """A unit without what people write in different ways: case, a full stop, a plural.

    Example:
        >>> [plain_unit(unit) for unit in ("Lbs.", "lb", "mm Hg", "years", "ms")]
        ['lb', 'lb', 'mmhg', 'year', 'ms']
    """
    short = re.sub(r"\s+", "", unit).rstrip(".").casefold()
    single = "inch" if short == "inches" else short.removesuffix("s")
    return short if short in KNOWN or single not in KNOWN else single


def is_known(unit: str) -> bool:
    """Whether a unit, or each part of a quotient, is one that nobody ends a label with.

    Example:
        >>> [is_known(unit) for unit in ("lb", "mg/dl", "kg/m2", "km / h", "yearsold", "a", "th")]
        [True, True, True, True, True, False, False]
    """
    words = re.sub(r"(of ?age|old)$", "", unit.casefold())
    parts = [re.sub(r"[²³^23]+$|-[12]$", "", part) for part in words.replace(" ", "").split("/")]
    plain = [plain_unit(part) for part in parts]
    whole = any(part in KNOWN for part in plain) or words in ("m/s", "g/l")
    return whole and all(part in KNOWN or part in LETTERS for part in plain)


def are_measurements(
    units: Collection[str], have_blanks: bool, have_fractions: bool, have_bare: bool
) -> bool:
    """Whether numbers with these units are measurements, surely, and not labels such as `12a`.

    Args:
        units: As `plain_unit` writes them.
        have_blanks: Whether a blank stands between number and unit everywhere.
        have_fractions: Whether most of the numbers with units have digits behind a point or comma.
        have_bare: Whether some numbers have no unit.
    """
    if len(units) + have_bare > MOST_UNITS:
        return False
    if all(map(is_known, units)):
        return True
    if have_bare or len(units) > 1:
        return have_fractions and all(unit in MULTIPLES for unit in units)
    (unit,) = units
    if unit in LETTERS:
        return have_blanks or have_fractions
    return have_fractions and re.search(r"\d", unit) is None

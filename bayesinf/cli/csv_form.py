"""How a CSV file is written: its encoding, what separates cells, and the decimal sign.

Each is taken from the file where nobody says it, told where it is not the usual one, and asked for
where the file can be read in two ways.
"""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from bayesinf.errors import DataError

SEPARATORS = {",": "','", ";": "';'", "\t": "tabs"}
"""What a header is searched for, in words."""

BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

LINES = 20
"""Lines that decide between two signs that both stand in the header."""

BLOCK = 2**20
"""Characters that are searched at once."""


@dataclass(frozen=True)
class CsvForm:
    """How a CSV file is written; None where the file has to tell."""

    encoding: str | None = None
    separator: str | None = None
    decimal: str | None = None


def detect(path: Path, asked: CsvForm) -> CsvForm:
    """Fills what was not asked for from the file.

    Raises:
        DataError: `unreadable-file`; `bad-separator`, `unknown-encoding`;
            `ambiguous-separator`, `ambiguous-decimal`.
    """
    encoding = _known(asked.encoding) if asked.encoding else _encoding_of(path)
    separator = _one(asked.separator) if asked.separator else _separator_of(path, encoding)
    decimal = asked.decimal or _decimal_of(path, encoding, separator)
    return CsvForm(encoding, separator, decimal)


def told(path: Path, asked: CsvForm, found: CsvForm) -> str | None:
    """What was detected and is not usual, in a sentence."""
    parts = []
    if asked.encoding is None and found.encoding in ("utf-16", "utf-32"):
        parts.append(f"is {found.encoding.upper()}")
    if asked.separator is None and found.separator != ",":
        parts.append(f"has cells separated by {SEPARATORS[str(found.separator)]}")
    if asked.decimal is None and found.decimal != ".":
        parts.append("has decimal commas")
    if not parts:
        return None
    return (
        f"'{path.name}' {' and '.join(parts)}, as it seems; --encoding, --separator and --decimal "
        "say otherwise."
    )


def header_of(path: Path, form: CsvForm) -> list[str]:
    """The names in the first line that is not empty.

    Raises:
        DataError: `unreadable-file` where there are none, `duplicate-columns`.
    """
    with path.open(encoding=form.encoding, newline="") as handle:
        try:
            rows = csv.reader(handle, delimiter=str(form.separator))
            filled = (row for row in rows if any(cell.strip() for cell in row))
            names, first = next(filled, []), next(filled, [])
        except csv.Error as error:
            raise DataError(f"'{path}' cannot be read: {error}.", code="unreadable-file") from error
    if not names:
        raise DataError(
            f"'{path}' cannot be read: it has no line with the names of columns.",
            code="unreadable-file",
        )
    if len(first) > len(names):  # pandas would take the first cells for names of rows
        raise DataError(
            f"'{path}' cannot be read: its lines have more cells than its header has names, so it "
            "does not tell which cell belongs to which column.",
            code="unreadable-file",
            hint="Give every column a name, also that of row names.",
        )
    twice = [name for name in dict.fromkeys(names) if name and names.count(name) > 1]
    if twice:
        raise DataError(
            f"The header of '{path.name}' has {names.count(twice[0])} columns with the name "
            f"'{twice[0]}'.",
            code="duplicate-columns",
            column=twice[0],
            hint="Rename or drop all but one of them.",
        )
    return names


def cells_like(path: Path, form: CsvForm, pattern: str) -> Iterator[str]:
    """The cells of a file that a pattern describes as a whole, quoted or not."""
    edge = re.escape(str(form.separator))
    cell = re.compile(rf'(?:^|{edge})[ "]*({pattern})[ "]*(?={edge}|$)', re.MULTILINE)
    with path.open(encoding=form.encoding) as handle:
        while lines := handle.readlines(BLOCK):
            for found in cell.finditer("".join(lines)):
                yield found[1]


def not_decoded(path: Path, error: UnicodeDecodeError) -> DataError:
    """The error for bytes that are not of the encoding, with the line where they stand."""
    name = error.encoding.upper()
    where = ""
    if name.startswith("UTF-8"):
        name = "UTF-8"
        with path.open("rb") as handle:
            number, line = next(
                ((k, line) for k, line in enumerate(handle, 1) if not _is_utf8(line)), (0, b"")
            )
        shown = line.decode("latin-1").strip()
        where = f" in line {number}, '{shown[:40]}{'...' * (len(shown) > 40)}'" if number else ""
    return DataError(
        f"'{path}' cannot be read as {name}: it has bytes that are none{where}.",
        code="unreadable-file",
        hint="Give the encoding that it was written in, for example --encoding latin-1, or "
        "--encoding cp1252 for a file of Excel on Windows.",
    )


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _known(encoding: str) -> str:
    try:
        return codecs.lookup(encoding).name
    except LookupError as error:
        raise DataError(
            f"There is no encoding '{encoding}'.",
            code="unknown-encoding",
            hint="Give one such as utf-8, utf-16, latin-1 or cp1252.",
        ) from error


def _encoding_of(path: Path) -> str:
    with path.open("rb") as handle:
        head = handle.read(1000)
    for mark, encoding in BYTE_ORDER_MARKS:
        if head.startswith(mark):
            return encoding
    if b"\0" in head:
        raise DataError(
            f"'{path}' cannot be read as UTF-8: it has bytes of 0, as UTF-16 has.",
            code="unreadable-file",
            hint="Give the encoding that it was written in, for example --encoding utf-16-le.",
        )
    return "utf-8"


def _one(separator: str) -> str:
    sign = {"tab": "\t", "\\t": "\t"}.get(separator, separator)
    if len(sign) != 1 or sign in '"\r\n':
        raise DataError(
            f"Cells are separated by one character, not by '{separator}'.",
            code="bad-separator",
            hint="For example --separator ';' or --separator tab.",
        )
    return sign


def _separator_of(path: Path, encoding: str) -> str:
    """The sign that the header has, by which most lines have as many cells as the header."""
    with path.open(encoding=encoding) as handle:
        filled = (line for line in handle if line.strip())
        lines = [re.sub(r'"[^"]*"', "", line) for line in islice(filled, LINES + 1)]
    if not lines:
        return ","

    def weight(sign: str) -> tuple[int, int]:
        count = lines[0].count(sign)
        return (sum(line.count(sign) == count for line in lines) if count else 0, count)

    best = max(map(weight, SEPARATORS))
    found = [sign for sign in SEPARATORS if weight(sign) == best]
    if best[1] and len(found) > 1:
        raise DataError(
            f"The header of '{path.name}' can be read as separated by "
            f"{' or by '.join(SEPARATORS[sign] for sign in found)}: {lines[0].strip()[:80]}",
            code="ambiguous-separator",
            hint="Give --separator , or --separator ';' or --separator tab.",
        )
    return found[0]


def _decimal_of(path: Path, encoding: str, separator: str) -> str:
    """The sign of the file's fractions; a file that is separated by commas has points."""
    if separator == ",":
        return "."
    form = CsvForm(encoding, separator)
    comma, point, sure = None, None, separator == ";"
    for cell in cells_like(path, form, r"[+-]?\d*[.,]\d+(?:[eE][+-]?\d+)?"):
        if "," in cell:
            comma = comma or cell
            sure = sure or re.fullmatch(r"[+-]?[1-9]\d{0,2},\d{3}", cell) is None
        else:
            point = point or cell
        if comma and point:
            break
    if comma is None:
        return "."
    if point or not sure:
        beside = f" and '{point}'" if point else ", whose commas may mark thousands"
        raise DataError(
            f"'{path.name}' has cells such as '{comma}'{beside}, so it does not tell its decimal "
            "sign.",
            code="ambiguous-decimal",
            hint="Give --decimal , or --decimal . (what is then no number is read as text).",
        )
    return ","

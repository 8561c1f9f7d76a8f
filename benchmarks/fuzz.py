"""Random and mutated formulas and folders, under an audit hook, for as long as one likes.

    python -m benchmarks.fuzz --minutes 10 [--seed 1] [--page]

A finding is an exception that is not one of bayesinf, a warning, an event of Python's audit that
must not happen, or a refusal that takes the processor more than a tenth of a second, the best of
ten. Each is printed with what brings it about again. `--page` writes the section of
`docs/trust.md`.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import struct
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

import bayesinf as bi
from benchmarks.machine import machine
from benchmarks.page import TRUST, table, write_section
from tests.evil.artefacts import ALL, ARRAYS, MANIFEST, arrays_of, content_of, sealed
from tests.evil.clock import forget
from tests.evil.corpus import SMALL, hostile
from tests.evil.watch import warm_up, watched

LIMIT = 0.1
"""Seconds of the processor that a refusal may take."""

AGAIN = 50
"""How many of the slowest refusals are timed again at the end, the best of ten each."""

EARLY = ("forbidden-code", "syntax", "argument", "group-term", "too-deep", "too-many-terms")
"""Codes of refusals before anything is computed for the data."""

NAMES = ("x", "z", "n", "g", "y", "`x`", "`a b`", "unknown", "_", "x.y", "ж", "np.pi", "g1", "1x")
CALLS = (
    *("log", "exp", "I", "C", "bs", "cr", "poly", "scale", "center", "offset", "minimum", "np.log"),
    *("weights", "trials", "se", "open", "eval", "Q", "contr.sum", "__import__", "lag", "hashed"),
)
SIGNS = (
    "+",
    "-",
    "*",
    ":",
    "/",
    "**",
    "^",
    "|",
    "||",
    "~",
    "%",
    "%%",
    "==",
    "<",
    "@",
    ",",
    ".",
    "=",
)
WORDS = (
    *("df=4", "knots=[1, 2]", "degree=2", "contr.sum", "levels=['a', 'b']", "'a'", '"b"', "True"),
    *(
        "1e400",
        "0x1f",
        "3j",
        "9**9",
        "10",
        "0",
        "1",
        "2.5",
        "1e-3",
        "None",
        "lambda: 1",
        "[x]",
        "{x}",
    ),
    *(
        "{",
        "}",
        "[",
        "]",
        "(",
        ")",
        "`",
        "'",
        '"',
        "\\",
        "\x00",
        "\u202e",
        "\ud800",
        "\n",
        "é",
        "#",
    ),
)


@dataclass
class Count:
    """What a run has seen.

    Attributes:
        cases: How many of each kind were tried.
        codes: How many refusals of each code.
        slow: Refused formulas that seemed to take long, and their seconds of the processor.
        findings: What should not be, with what brings it about again.
    """

    cases: Counter[str] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)
    slow: dict[str, float] = field(default_factory=dict)
    findings: list[str] = field(default_factory=list)

    @property
    def slowest(self) -> float:
        """Seconds of the slowest refusal; half the limit where none seemed to take long."""
        return max(self.slow.values(), default=LIMIT / 2)


def formula(rng: random.Random, corpus: list[str]) -> str:
    """A formula: of the grammar, of its pieces in any order, or a line of the corpus changed."""
    kind = rng.random()
    if kind < 0.35:
        return f"{_outcome(rng)} ~ {_sum(rng, 3)}"
    if kind < 0.6:
        pieces = rng.choices((*NAMES, *CALLS, *SIGNS, *WORDS, " ", "("), k=rng.randint(1, 25))
        return ("y ~ " if rng.random() < 0.7 else "") + "".join(pieces)
    return _mutated(rng, rng.choice(corpus), corpus)


def _outcome(rng: random.Random) -> str:
    known = f" | {rng.choice(CALLS)}({_expression(rng, 1)})" if rng.random() < 0.2 else ""
    return (_expression(rng, 1) if rng.random() < 0.3 else "y") + known


def _sum(rng: random.Random, depth: int) -> str:
    parts = [_term(rng, depth) for _ in range(rng.randint(1, 4))]
    return rng.choice((" + ", " - ", " * ", ":", "/", "+")).join(parts)


def _term(rng: random.Random, depth: int) -> str:
    kind = rng.random()
    if depth > 0 and kind < 0.15:
        bar = rng.choice(("|", "||"))
        return f"({_sum(rng, depth - 1)} {bar} {rng.choice(('g', 'g:h', 'g/h', 'id', 'x'))})"
    if depth > 0 and kind < 0.25:
        return f"({_sum(rng, depth - 1)})" + rng.choice(("", "**2", "^2", "**9"))
    return _expression(rng, depth)


def _expression(rng: random.Random, depth: int) -> str:
    kind = rng.random()
    if depth <= 0 or kind < 0.4:
        return rng.choice((*NAMES, *WORDS) if kind < 0.05 else NAMES)
    if kind < 0.8:
        inner = [_expression(rng, depth - 1), *rng.choices(WORDS, k=rng.choice((0, 0, 1, 2)))]
        return f"{rng.choice(CALLS)}({', '.join(inner)})"
    return f"I({_expression(rng, depth - 1)} {rng.choice(SIGNS)} {_expression(rng, depth - 1)})"


def _mutated(rng: random.Random, text: str, corpus: list[str]) -> str:
    for _ in range(rng.randint(1, 4)):
        a, b = sorted(rng.choices(range(len(text) + 1), k=2))
        match rng.randrange(6):
            case 0:
                text = text[:a] + text[b:]
            case 1:
                text = text[:a] + rng.choice((*NAMES, *CALLS, *SIGNS, *WORDS)) + text[a:]
            case 2:
                text = text[:b] + text[a:b] * rng.choice((1, 2, 50)) + text[b:]
            case 3:
                text = (
                    text[:a]
                    + chr(rng.choice((rng.randrange(128), rng.randrange(0x11000))))
                    + text[a:]
                )
            case 4:
                text = text[:a] + rng.choice(corpus)[a:]
            case _:
                text = text[:a] + text[a:b][::-1] + text[b:]
    return text[:12_000]


def try_formula(text: str, count: Count) -> None:
    """Reads a formula and builds its model of a small frame."""
    forget()
    begin = time.process_time()
    code, events, strange = _attempt(lambda: bi.model(text, SMALL), None)
    seconds = time.process_time() - begin
    count.cases["formulas"] += 1
    count.codes[code] += 1
    if strange:
        count.findings.append(f"{strange} bi.model({text!r}, SMALL)")
    if code not in EARLY:  # formulaic compiles the calls that the guard let through
        events = [one for one in events if not one.startswith(("compile(", "exec("))]
    if code != "accepted" and seconds > LIMIT / 2:
        count.slow[text] = seconds
    if events:
        count.findings.append(f"{events[:3]} by bi.model({text!r}, SMALL)")


def _attempt(act: Callable[[], object], inside: Path | None) -> tuple[str, list[str], str]:
    """The code of the refusal, what happened, and an exception or a warning not ours."""
    with warnings.catch_warnings(record=True) as told, watched(inside) as events:
        warnings.simplefilter("always")
        code, strange = _ended(act)
    said = [f"{one.category.__name__}: {one.message!s:.200}" for one in told]
    return code, list(events), strange or " ".join(said[:1])


def _ended(act: Callable[[], object]) -> tuple[str, str]:
    try:
        act()
    except bi.BayesinfError as error:
        return error.code, ""
    except Exception as error:  # noqa: BLE001  (this is what is looked for)
        return type(error).__name__, f"{type(error).__name__}: {error!s:.200}"
    return "accepted", ""


def spoil(rng: random.Random, folder: Path) -> str:
    """Changes a saved fit, and says how."""
    kind = rng.randrange(5)
    if kind == 0:
        name = rng.choice((MANIFEST, ARRAYS))
        data = bytearray((folder / name).read_bytes())
        for _ in range(rng.randint(1, 8)):
            data[rng.randrange(len(data))] = rng.randrange(256)
        (folder / name).write_bytes(bytes(data))
        return f"bytes of {name}"
    if kind == 1:
        arrays_of(lambda data: _header(rng, data))(folder)
        return "a header sealed again"
    if kind == 2:
        name = rng.choice(sorted(ALL))
        ALL[name](folder)
        return name
    path: list[str] = []
    sealed(lambda content: _replace(rng, content, path))(folder)
    return f"sealed again with another {'.'.join(path)}"


def _header(rng: random.Random, data: bytes) -> bytes:
    (size,) = struct.unpack("<Q", data[:8])
    header = bytearray(data[8 : 8 + size])
    for _ in range(rng.randint(1, 4)):
        place = rng.randrange(len(header))
        header[place] = rng.choice((rng.randrange(256), *b'0123456789-[]{}",'))
    length = size if rng.random() < 0.8 else rng.choice((0, size - 1, size + 1, 2**31, 2**63))
    return struct.pack("<Q", length) + bytes(header) + data[8 + size :]


def _replace(rng: random.Random, content: object, path: list[str]) -> None:
    """Puts something else in a random place of the manifest."""
    while True:
        keys = list(content) if isinstance(content, dict) else range(len(content))  # pyright: ignore
        if not keys:
            return
        key = rng.choice(list(keys))
        path.append(str(key))
        inner = content[key]  # pyright: ignore[reportIndexIssue]
        if isinstance(inner, dict | list) and inner and rng.random() < 0.85:
            content = inner
            continue
        values = (
            None,
            True,
            -1,
            0,
            1,
            2**60,
            1.5,
            "",
            "x",
            "I(open('x'))",
            [],
            {},
            [[]],
            {"map": 1},
        )
        content[key] = rng.choice(values)  # pyright: ignore[reportIndexIssue]
        return


def try_folder(rng: random.Random, good: Path, place: Path, count: Count) -> None:
    """Spoils a copy of a good folder and loads it."""
    folder = Path(shutil.copytree(good, place / "spoilt"))
    state = rng.getstate()
    how = spoil(rng, folder)
    code, events, strange = _attempt(lambda: bi.load(folder), folder)
    events = [one for one in events if not one.startswith(("compile(", "exec("))]
    count.cases["folders"] += 1
    count.codes[code] += 1
    if strange or events:
        kept = Path(tempfile.mkdtemp(prefix="finding-")) / "fit"
        shutil.copytree(folder, kept, ignore=_pipes)
        count.findings.append(f"{strange or events} by {how}, kept in {kept} ({hash(state)})")
    shutil.rmtree(folder)


def _pipes(above: str, names: list[str]) -> list[str]:
    return [name for name in names if not (Path(above) / name).is_file()]


def good_folder(place: Path) -> Path:
    """A saved fit with a spline, a factor and a group."""
    rng = np.random.default_rng(3)
    frame = {
        "y": rng.normal(size=60) + 3,
        "x": rng.random(60) * 3,
        "g": np.array(list("abcdef") * 10),
        "f": np.array(list("uvw") * 20),
    }
    fit = bi.fit("y ~ bs(x, df=4) + f + (x | g)", frame, seed=1, draws=200)
    folder = fit.save(place / "good")
    bi.load(folder)
    content_of(folder)
    return folder


def run(minutes: float, seed: int) -> Count:
    """Tries as many cases as fit into the time: nine formulas, then a folder."""
    rng, count = random.Random(seed), Count()
    corpus = [one.text for one in hostile()]
    with tempfile.TemporaryDirectory() as made:
        place = Path(made)
        good = good_folder(place)
        warm_up()
        end = time.monotonic() + 60 * minutes
        while time.monotonic() < end:
            for _ in range(9):
                before = len(count.findings)
                try_formula(formula(rng, corpus), count)
                _print_new(count, before)
            before = len(count.findings)
            try_folder(rng, good, place, count)
            _print_new(count, before)
        before = len(count.findings)
        _time_again(count)
        _print_new(count, before)
    return count


def _time_again(count: Count) -> None:
    """Times what seemed slow once more: other work on the machine may have made it so."""
    slow = sorted(count.slow, key=lambda text: -count.slow[text])
    count.slow = {text: _best_of(text, 10) for text in slow[:AGAIN]}
    for text, seconds in count.slow.items():
        if seconds >= LIMIT:
            count.findings.append(f"{seconds:.3f} s to refuse {text!r}")


def _best_of(text: str, times: int) -> float:
    found = []
    for _ in range(times):
        forget()
        begin = time.process_time()
        with suppress(bi.BayesinfError):
            bi.model(text, SMALL)
        found.append(time.process_time() - begin)
    return min(found)


def _print_new(count: Count, before: int) -> None:
    for finding in count.findings[before:]:
        print(finding, flush=True)


def section(minutes: float, seed: int, count: Count) -> str:
    """The section `evil` of the page."""
    here = machine()
    lines = hostile()
    kinds = Counter(one.category for one in lines)
    codes = ", ".join(f"{code} {number:,}" for code, number in count.codes.most_common(8))
    rows = [
        ["formulas that must be refused", f"{len(lines):,}", f"{len(kinds)} kinds"],
        ["folders that must be refused", f"{len(ALL):,}", "files, headers, JSON, contents"],
        ["fuzzed formulas", f"{count.cases['formulas']:,}", f"{minutes:g} minutes, seed {seed}"],
        ["fuzzed folders", f"{count.cases['folders']:,}", "bytes, headers, fields, seals"],
        ["slowest refusal", f"{1000 * count.slowest:.0f} ms", "of the fuzzed formulas"],
        ["findings", str(len(count.findings)), "see below" if count.findings else "none"],
    ]
    found = "".join(f"\n- `{finding:.200}`" for finding in count.findings)
    return (
        f"`pytest tests/evil`, and `python -m benchmarks.fuzz --minutes {minutes:g} --seed {seed} "
        f"--page`, {here['date']}, on {here['processor']}, {here['cores']} cores.\n\n"
        f"{table(['what', 'how many', 'of what'], rows)}\n\n"
        f"How the fuzzed cases ended: {codes}.{found}"
    )


def main(arguments: list[str] | None = None) -> int:
    """Fuzzes for a while, and says what was found."""
    made = argparse.ArgumentParser(prog="python -m benchmarks.fuzz")
    made.add_argument("--minutes", type=float, default=10.0)
    made.add_argument("--seed", type=int, default=1)
    made.add_argument("--page", action="store_true", help="write the section of docs/trust.md")
    given = made.parse_args(arguments)
    count = run(given.minutes, given.seed)
    print(json.dumps({"cases": count.cases, "slowest": count.slowest}))
    print(f"{len(count.findings)} findings")
    if given.page:
        write_section("evil", section(given.minutes, given.seed, count), TRUST)
    return 1 if count.findings else 0


if __name__ == "__main__":
    sys.exit(main())

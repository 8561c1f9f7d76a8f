from __future__ import annotations

import subprocess
import sys
import time
import warnings
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from bayesinf.errors import DataError, FormulaError
from bayesinf.formula import check, encode, evaluate, factor_columns, names_in, parse
from bayesinf.formula.functions import ELEMENTWISE, FUNCTIONS, environment
from bayesinf.formula.tokens import tokens_of

COLUMNS = {"x", "z", "g", "a b", "y"}

# The first eight are those of the prototype.
ATTACKS = [
    "I(__import__('os').getpid())",
    "I(().__class__)",
    "{open('/etc/passwd')}",
    "np.lib.npyio.os.getpid()",
    "np.fromfile('/etc/hostname')",
    "np.load('x')",
    "I(lambda: 1)",
    "I([q for q in x])",
    "I((lambda: 1)())",
    "I(x.__class__.__mro__[1].__subclasses__())",
    "x.__class__",
    "`x`.__class__",
    "I(`x`.__class__)",
    "I(`x`.to_csv('/tmp/out'))",
    "x.to_pickle('/tmp/out')",
    "I(getattr(x, 'values'))",
    "eval('1')",
    "exec('1')",
    "compile('1', '', 'eval')",
    "I(open('/etc/hostname').read())",
    "I(x if open('/etc/hostname') else z)",
    "I(f'{x.__class__}')",
    "I('{0.__class__}'.format(x))",
    "I('%s' % x)",
    "I((q := x))",
    "I(log(*x))",
    "I(log(**{'x': x}))",
    "I({x: z})",
    "I({x, z})",
    "I([x])",
    "I(x[0])",
    "I(x and z)",
    "I(not x)",
    "I(x in z)",
    "I(x is z)",
    "I(x < z < 3)",
    "I(x @ z)",
    "I(x << 3)",
    "I(x | z)",
    "I(~x)",
    "I(9**9**9**9)",
    "I(((20**20)**20)**20)",
    "I(x**(9**9))",
    "I(x**1000000)",
    "I('a' * 1000000000)",
    "I(x * True)",
    "I(1e400 * x)",
    "I(3j * x)",
    "np.log.at(x, 0, 1)",
    "np.log(x).__class__",
    "np.where(x, 1, 2)",
    "np.save('/tmp/out', x)",
    "np(x)",
    "np.testing(x)",
    "contr.sum(x)",
    "contr(x)",
    "lag(x, 10)",
    "hashed(x, levels=100000000)",
    "Q('x')",
    "exp10(x)",
    "bs(x, df=1000000000)",
    "bs(x, df=-4)",
    "bs(x, degree=10**9)",
    "poly(x, 1000000000)",
    "bs(x, knots=[0] * 1000000000)",
    "bs(x, knots=__import__('os').listdir())",
    "bs(x, extrapolation='\"+__import__(\"os\").getpid()+\"')",
    "bs(x, extrapolation=\"clip') or __import__('os').getpid() or ('\")",
    "cr(x, df=4, constraints='\"')",
    "scale(x, center='\"')",
    "log(x=x)",
    "C(x=g)",
    "center(x, _state={})",
    "center(x, _context=z)",
    "scale(x, ddof=__FORMULAIC_SPEC__)",
    "I(__FORMULAIC_STATE__)",
    "I(__builtins__)",
    "I(_formulaic_x)",
    "C(g, levels=__import__('os').listdir())",
    "C(g, contr.custom([[1]]))",
    "C(g, contr.treatment(base=eval('1')))",
    "C(g, contr.treatment)(x)",
    "C(g, {'a': [1, 2]})",
    "I(C(g))",
    "log(C(g, levels=['\"+__import__(\"os\").getpid()+\"']))",
    "center(C(g, levels=['a']))",
    "ｏｐｅｎ(x)",  # noqa: RUF001  (fullwidth letters, which Python reads as `open`)
    "I(ｅｖａｌ('1'))",  # noqa: RUF001
    "I(х.__class__)",  # noqa: RUF001  (a Cyrillic letter)
    "I(__ｉmport__('os'))",  # noqa: RUF001
    "print(x)",
    "breakpoint()",
    "log(x)(z)",
    "log(x).real",
    "log(x)[0]",
    "I(await x)",
    "I((yield x))",
    "I(x; z)",
    "I(x)); __import__('os').getpid(",
    "I(\"`\" + `x`.__class__ + \"`\")",
    "x[__import__('os').getpid()]",
    "[x]",
    "`__import__('os').getpid()` + open('x')",
    "%__import__('os')%",
    "-" * 3000 + "open(x)",
    "I(" + "(" * 250 + "x" + ")" * 250 + ")",
    "I(" + "-" * 3000 + "x)",
    "I(" + "+".join(["x"] * 2000) + ")",
]  # fmt: skip


@pytest.mark.parametrize("attack", ATTACKS)
def test_attacks_are_refused_before_the_columns_are_known(attack: str) -> None:
    with pytest.raises(FormulaError) as caught:
        check(attack)
    assert caught.value.code
    for text in (f"y ~ {attack}", f"y ~ x + {attack}", f"y ~ (1 + {attack} | g)"):
        with pytest.raises(FormulaError):
            parse(text)
    with pytest.raises(FormulaError):
        parse(f"y ~ offset({attack})")
    with pytest.raises(FormulaError):
        parse(f"{attack} ~ x")
    with pytest.raises(FormulaError):
        parse(f"y | weights({attack}) ~ x")


CHILD = """
import sys
events = []
import numpy as np, pandas, formulaic, narwhals, scipy.special, formulaic.parser
from bayesinf.errors import DataError, FormulaError
from bayesinf.formula import check, encode, evaluate, parse
columns = {name: np.arange(1.0, 9.0) for name in ("x", "z", "a b", "y")}
columns["g"] = np.array(list("abababab"), dtype=object)
for text in ("x + log(z)", "bs(x, df=4)", "C(g)"):  # everything that is imported late is loaded now
    encode(text, columns)
try:
    check("foo(x)")
except FormulaError:
    pass
watched = ("open", "os.", "subprocess", "socket", "exec", "compile", "shutil", "import", "ctypes")
def hook(event, arguments):
    if armed and event.startswith(watched):
        # The parser compiles a text to a tree (flag PyCF_ONLY_AST), which runs nothing.
        if event == "compile" and sys._getframe(1).f_code.co_name == "parse":
            return
        events.append((event, arguments))
armed = False
sys.addaudithook(hook)
attacks = eval(sys.stdin.read())
for attack in attacks:
    for run in (check, lambda t: encode(t, columns), lambda t: evaluate(t, columns), parse,
                lambda t: parse("y ~ " + t)):
        armed = True
        try:
            run(attack)
            refused = False
        except FormulaError:
            refused = True
        armed = False
        if not refused:
            print("NOT REFUSED", attack)
if events:
    print("RAN", events[:5])
print("checked", len(attacks))
"""


def test_nothing_runs_while_attacks_are_refused() -> None:
    root = Path(__file__).parents[3]
    done = subprocess.run(
        [sys.executable, "-c", CHILD],
        input=repr(ATTACKS),
        capture_output=True,
        text=True,
        timeout=300,
        cwd=root,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == f"checked {len(ATTACKS)}", done.stdout


def test_the_audit_hook_would_have_seen_it() -> None:
    script = CHILD.replace("attacks = eval(sys.stdin.read())", "attacks = ['x']").replace(
        "def hook", "def check(text):\n    open('/dev/null').close()\ndef hook"
    )
    root = Path(__file__).parents[3]
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=300, cwd=root,
        check=False,
    )  # fmt: skip
    assert "RAN [('open'" in done.stdout
    assert "NOT REFUSED x" in done.stdout


@pytest.mark.parametrize(
    "allowed",
    [
        "1",
        "0 + x",
        "x * z + (x + z)**2 - x:z",
        "x / g",
        "1:x",
        "log(x) + np.log(z) + I(x**2) + I(2**x) + I(x / 3 - 1) + I((x > 3) * z) + I(np.pi * x)",
        "bs(x, df=4) + bs(z, knots=[1, 2.5], degree=2, extrapolation='clip')",
        "cr(x, df=4, constraints='center') + cc(x, 5) + cs(x, df=3)",
        "poly(x, 3) + poly(z, degree=2, raw=True)",
        "center(x) + scale(x, center=2.0, scale=False) + standardize(log(x))",
        "C(g) + C(x, contr.sum) + C(z, levels=[3, 1, 2])",
        "C(g, contr.treatment(base='b')) : x + C(g, contr.helmert(scale=True))",
        "C(g, contr.treatment(\"it's\"), levels=['½', \"it's\"])",
        "minimum(x, 3) + maximum(x, z) + abs(x) + floor(x)",
        "`a b` + center(`a b`):g + {x + 1}",
        "I(x ** -2) + I(x ** 0.5)",
    ],
)
def test_what_is_listed_is_allowed(allowed: str) -> None:
    check(allowed, COLUMNS)
    check(allowed)


def test_every_listed_function_is_allowed() -> None:
    for name in FUNCTIONS:
        two = ", z" if name in ("minimum", "maximum") else ""
        check(f"{name}(x{two})", COLUMNS)
    for name in ELEMENTWISE:
        two = ", z" if name in ("minimum", "maximum") else ""
        check(f"np.{name}(x{two})", COLUMNS)


def test_unknown_columns_are_named_with_a_suggestion() -> None:
    for text in ("dayz", "log(dayz)", "I(x + dayz)", "C(dayz)", "x:dayz"):
        with pytest.raises(FormulaError, match="Did you mean 'days'") as caught:
            check(text, ("x", "days"))
        assert caught.value.code == "unknown-column"
        assert caught.value.column == "dayz"
    with pytest.raises(FormulaError) as caught:
        check("np", COLUMNS)  # formulaic would find the module
    assert caught.value.code == "unknown-column"


def test_names_that_python_would_respell_are_refused() -> None:
    with pytest.raises(FormulaError, match="would be read as 'a'"):
        check("I(ª)", {"a", "ª"})
    check("I(`ª`)", {"a", "ª"})


@pytest.mark.timing
def test_huge_formulas_are_refused_quickly() -> None:
    letters = [f"v{k}" for k in range(12)]
    for text in (
        f"({' + '.join(letters)})**5",
        " * ".join(f"v{k}" for k in range(40)),
        "(" * 40 + "x + z" + ")**5" * 40,
        "x" + "**5" * 1000,
    ):
        begin = time.perf_counter()
        with pytest.raises(FormulaError) as caught:
            check(text)
        assert caught.value.code in ("too-many-terms", "bad-power", "too-deep")
        assert time.perf_counter() - begin < 1.0


def test_a_thousand_plain_terms_are_allowed() -> None:
    check(" + ".join(f"v{k}" for k in range(1000)))


def test_names_and_factors() -> None:
    assert names_in("x * C(g, contr.sum) + bs(`dose mg`, df=4) + log(z)") == (
        "x", "g", "dose mg", "z",
    )  # fmt: skip
    assert names_in("Sepal.Length") == ("Sepal.Length",)
    assert names_in("10") == ()
    formula = parse("y ~ C(a) + C(b, levels=[1, 2]) + C(floor(d)) + x + (1 + C(e) | g)")
    assert factor_columns(formula) == frozenset({"a", "b", "e"})


def test_the_environment_holds_no_builtin_and_no_module() -> None:
    known = environment()
    for name in ("open", "eval", "exec", "__import__", "getattr", "lag", "hashed", "Q"):
        assert known[name] is None
    assert not hasattr(known["np"], "load")
    assert not hasattr(known["contr"], "custom")


def test_encode_and_evaluate_guard_themselves() -> None:
    import numpy as np

    columns = {"x": np.arange(3.0)}
    for run in (encode, evaluate):
        with pytest.raises(FormulaError):
            run("I(__import__('os').getpid())", columns)
        with pytest.raises(FormulaError) as caught:
            run("xx", columns)
        assert caught.value.code == "unknown-column"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("y ~ log(`\ud800`)", "half a character"),
        ("y ~ `a\udfff` + x", "half a character"),
        ("y ~ x^2^2", "itself computed"),
        ("y ~ x**(2 + z)", "itself computed"),
        ("y ~ x + x**2", "that term again"),
        ("y ~ log(z)^2", "that term again"),
        ("y ~ I(1==1)", "names no column"),
        ("y ~ x + {2 * 3}", "names no column"),
        ("y ~ poly(x, 0)", "from 1 to 100"),
        ("y ~ bs(x, df=0)", "from 1 to 100"),
        ("y ~ cr(x, df=0)", "from 1 to 100"),
    ],
)
def test_nonsense_is_refused_in_a_sentence(text: str, words: str) -> None:
    with pytest.raises(FormulaError, match=words) as caught:
        parse(text)
    assert "ASTNode" not in str(caught.value)


def test_an_identifier_that_looks_like_a_quoted_name_is_a_name() -> None:
    formula = parse("y ~ log(_quoted_ff_)")
    assert formula.variables == ("y", "_quoted_ff_")
    with pytest.raises(FormulaError, match="no column '_quoted_ff_'"):
        check("log(_quoted_ff_)", ["x"])


def test_the_length_that_counts_is_what_was_typed() -> None:
    began = time.perf_counter()
    formula = parse("y ~ " + "+".join(["x"] * 4_898))
    assert formula.variables == ("y", "x")
    assert time.perf_counter() - began < 4
    with pytest.raises(FormulaError, match="The formula has 11,003 characters; at most 10,000"):
        parse("y ~ " + "+".join(["x"] * 5_500))


def test_whole_numbers_that_would_be_rounded_are_refused() -> None:
    columns = {"i": np.array([1, 2**53 + 1, -(2**53) - 1]), "j": np.array([1, 2**53, 3])}
    for attempt in (
        lambda: encode("i", columns),
        lambda: encode("C(i)", columns),
        lambda: evaluate("i", columns),
        lambda: evaluate("log(i)", columns),
        lambda: evaluate("u", {"u": np.array([2**63, 2**53 + 1, 2**53 + 1], dtype=np.uint64)}),
    ):
        with pytest.raises(DataError, match="Make them text") as caught:
            attempt()
        assert caught.value.code == "too-large-integer"
        assert caught.value.rows[-2:] == (1, 2)
    assert evaluate("j", columns)[1] == 2**53


LARGE = {
    "many plain terms": "y ~ " + "+".join(["x"] * 4_890) + "+foo(x)",
    "many names": "y ~ " + "+".join(f"v{k}" for k in range(1_700)) + "+open(x)",
    "many calls": "y ~ " + "+".join(f"log(x+{k})" for k in range(900)) + "+foo(x)",
    "many groups": "y ~ " + "+".join(f"(1|g{k})" for k in range(900)),
    "a long product": "y ~ " + "*".join(f"v{k}" for k in range(1_700)),
    "a long interaction": "y ~ " + ":".join(f"v{k}" for k in range(1_700)),
    "a long nesting": "y ~ " + "/".join(f"v{k}" for k in range(1_700)),
    "nested groups": "y ~ (1|" + "/".join(f"g{k}" for k in range(1_500)) + ")",
    "a product in parentheses": "y ~ (" + "):(".join(f"v{k}" for k in range(1_200)) + ")",
    "a power of many": "y ~ (" + "+".join(f"v{k}" for k in range(90)) + ")**2+y*(x|g)",
    "two large parts": "y ~ (a+b+c+d+e)**5+(f+h+i+j+k)**5",
    "never closed": "y ~ " + "`a`+" * 2_400 + "`",
    "many signs": "y ~ " + "-" * 9_000 + "x",
    "many levels": "y ~ C(g, levels=[" + ",".join(["1"] * 4_000) + "])+open(x)",
    "many arguments": "y ~ log(" + ",".join(["x"] * 4_000) + ")",
    "too long": "y ~ " + "x" * 10_000,
}


@pytest.mark.timing
@pytest.mark.parametrize("name", LARGE)
def test_large_formulas_are_refused_quickly(name: str) -> None:
    seconds = []
    for _ in range(3):
        tokens_of.cache_clear()
        begin = time.process_time()
        with pytest.raises(FormulaError):
            parse(LARGE[name])
        seconds.append(time.process_time() - begin)
    assert min(seconds) < 0.3


def test_products_of_many_columns_are_refused_however_they_are_written() -> None:
    names = [f"v{k}" for k in range(30)]
    for text in (":".join(names), "*".join(names), "/".join(names), "(" + "):(".join(names) + ")"):
        with pytest.raises(FormulaError, match="multiplies more than 20 columns") as caught:
            parse(f"y ~ {text}")
        assert caught.value.code == "too-many-terms"
    assert parse("y ~ " + ":".join(names[:20])).variables == ("y", *names[:20])
    with pytest.raises(FormulaError, match="joins more than 20 columns"):
        parse(f"y ~ (1 | {'/'.join(names)})")
    with pytest.raises(FormulaError, match="more than 200 group terms"):
        parse("y ~ " + "+".join(f"(1|g{k})" for k in range(300)))
    with pytest.raises(FormulaError, match="more than 5,000 terms"):
        parse("y ~ (a+b+c+d+e)**5 + (f+h+i+j+k)**5")


@pytest.mark.parametrize("hidden", ["\x00", "\x1b", "\x08", "\u202e", "\u2066", "\ufeff", "\u200b"])
def test_a_formula_is_read_as_it_looks(hidden: str) -> None:
    for text in (f"y ~ x{hidden}", f"y ~ `a{hidden}b`", f"y ~ C(g, levels=['a{hidden}'])"):
        with pytest.raises(FormulaError, match="does not show") as caught:
            parse(text)
        assert hidden not in str(caught.value)
    assert parse("y ~ `\u06cc\u200c\u06c1`").variables == ("y", "\u06cc\u200c\u06c1")


def test_the_methods_of_a_text_in_disguise_are_not_called() -> None:
    class Disguised(str):
        def __len__(self) -> int:
            raise AssertionError

        def strip(self, *_: object) -> str:  # pyright: ignore[reportIncompatibleMethodOverride]
            return "y ~ z"

    formula = parse(Disguised("y ~ x"))
    assert formula.variables == ("y", "x")
    assert type(formula.text) is str


@pytest.mark.parametrize(
    "text",
    [
        "I(1if x else z)",
        "log(x.5in z)",
        "m2.5inimum(x, z)",
        "I(0x1for x)",
        "I(1or x)",
        "log(1in x)",
        "I(1.if x else z)",
        "I(x+.5or z)",
        "I(1e5and x)",
        "I(x + 1_a)",
        "I(1.else)",
        "I(f'{1if x else z}')",
        "C(g, levels=['''a'b\"''', 1if x else \"z\"])",
        "I(0_1or x)",
        "I(1jif x else z)",
        "1else + log(1 else)",
        "x + {1if x else z}",
        "C(g, levels=['\\c'])",
        "I('\\9')",
    ],
)
def test_hostile_formulas_do_not_warn_on_the_screen(text: str) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with pytest.raises(FormulaError):
            parse(f"y ~ {text}")
    assert caught == []


PIECES = (
    "1",
    "0x1",
    ".5",
    "1.",
    "1e5",
    "_",
    "if",
    " or ",
    "in",
    "x",
    "j",
    "(",
    ")",
    "'",
    '"',
    "f'",
)
WHOLE = (
    "log(",
    "I(",
    "C(g, levels=['",
    "'])",
    "\\c",
    "{",
    "}",
    "`",
    "for",
    "else",
    "is",
    "not",
    "^",
)


@settings(max_examples=400, deadline=None)
@given(st.lists(st.sampled_from((*PIECES, *WHOLE)), max_size=9).map("".join))
def test_no_formula_warns_on_the_screen(text: str) -> None:
    for whole in (f"y ~ {text}", f"y ~ I({text})", f"y ~ C(g, levels=[{text}])", f"{text} ~ x"):
        with warnings.catch_warnings(), suppress(FormulaError):
            warnings.simplefilter("error")
            parse(whole)


@pytest.mark.parametrize("number", ["1", "1.", ".5", "1e5", "1.5e-3", "0x1f", "1_000", "2E+3"])
def test_numbers_of_expressions(number: str) -> None:
    check(f"I(x*{number}+{number}-z)", COLUMNS)
    check(f"bs(x, knots=[{number}, 2])", COLUMNS)


def test_levels_may_look_like_numbers_that_run_into_words() -> None:
    check(r"C(g, levels=['1in', '2or', 'a\\b', 'it\'s'])", COLUMNS)

"""Text to `Formula`: group terms and special terms are taken off, the rest is one right-hand side.

The pieces are cut and expanded here, nothing is evaluated, and every part passes the guard.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from bayesinf.errors import suggest
from bayesinf.formula.algebra import INTERCEPT, expand, expansion_of, named
from bayesinf.formula.formula import Formula, Response, TermCall, argument_value
from bayesinf.formula.guard import (
    check,
    check_expression,
    check_tokens,
    refuse_aliases,
)
from bayesinf.formula.repeats import effects_of, refuse_repeats
from bayesinf.formula.size import MAX_FACTORS
from bayesinf.formula.tokens import Place, Token, split_at, tidy, tokens_of
from bayesinf.imports import import_whole

EXTRAS = {"trials": "trials", "weights": "weights", "se": "standard_error"}
"""What may follow the bar of a response, and the field of `Response` that it fills."""

BARS = ("|", "||")

MAX_GROUPS = 200
"""Group terms and offsets of one formula."""


def parse(text: str, special: Collection[str] = ()) -> Formula:
    """Reads a formula.

    Args:
        text: Such as `y ~ x * z + bs(age, df=4) + (1 + x | group) + offset(log(e))`. The left-hand
            side may be `k | trials(n)`, `y | weights(w)`, `y | se(s)`, joined by `+`.
        special: Names of terms beyond those, which are written like function calls.

    Returns:
        The formula as a value.

    Raises:
        FormulaError: With a caret under the place, when it cannot be read or does what formulas
            may not.

    Example:
        >>> parse("y ~ x + (x || g)").terms
        (TermCall(term='population', arguments=('1 + x',), correlated=True, text='1 + x'), \
TermCall(term='varying', arguments=('1 + x', 'g'), correlated=False, text='(1 + x || g)'))
    """
    import_whole("formulaic")
    tidied = tidy(text)
    refuse_aliases(tidied, Place(tidied))
    left, right = _sides(tidied, tokens_of(tidied))
    response = _response(left, tidied)
    terms = _terms(right, tidied, frozenset(special) | {"offset"})
    return Formula(str.__str__(text).strip(), response, terms)


TILDES = "[\u02dc\u223c\u301c\uff5e]"
"""What word processors and keyboards of other scripts put for it."""


def _sides(text: str, tokens: Sequence[Token]) -> tuple[list[Token], list[Token]]:
    tildes = [token for token in tokens if token.kind == "operator" and token.text == "~"]
    if not tildes:
        other = re.search(TILDES, text)
        if other:
            raise Place(text, other.start()).error(
                f"The formula has no '~' but {other.group()!a}, which only looks like one.",
                "syntax",
                hint="Type the '~' of the keyboard.",
            )
        raise Place(text, 0).error(
            "The formula has no '~'.", "syntax", hint="Write the outcome first: 'y ~ x'."
        )
    if len(tildes) > 1:
        raise Place(text, tildes[1].start).error(
            f"A formula has one '~', and this one has {len(tildes)}.",
            "syntax",
            hint="Leave one of them out.",
        )
    parts = split_at(tokens, "~")
    if len(parts) == 1:
        raise Place(text, tildes[0].start).error(
            "'~' stands inside parentheses.", "syntax", hint="Move it out of them: 'y ~ (x)'."
        )
    (_, left), (_, right) = parts
    if not left:
        raise Place(text, tildes[0].start).error(
            "The outcome before '~' is missing.",
            "syntax",
            hint="Write the outcome first: 'y ~ x'.",
        )
    if not right:
        raise Place(text, len(text)).error(
            "Nothing follows '~'.", "syntax", hint="Write 'y ~ 1' for an intercept only."
        )
    return left, right


def _source(text: str, tokens: Sequence[Token]) -> str:
    return text[tokens[0].start : tokens[-1].stop]


def _response(tokens: list[Token], text: str) -> Response:
    (_, outcome), *rest = split_at(tokens, BARS)
    if not outcome:
        raise Place(text, tokens[0].start).error(
            "The outcome before '|' is missing.",
            "syntax",
            hint="Write the outcome first: 'k | trials(n) ~ x'.",
        )
    if len(rest) > 1 or (rest and rest[0][0] is not None and rest[0][0].text == "||"):
        raise Place(text, rest[-1][0].start if rest[-1][0] else 0).error(
            "An outcome takes one '|', with its parts joined by '+'.",
            "syntax",
            hint="Write 'k | trials(n) + weights(w) ~ x'.",
        )
    bar, extras = rest[0] if rest else (None, None)
    return Response(_outcome(outcome, text), **_extras(extras, text, bar.stop if bar else 0))


def _outcome(tokens: list[Token], text: str) -> str:
    first = tokens[0]
    if len(tokens) > 1 or first.kind not in ("name", "code"):
        raise Place(text, first.start).error(
            "The outcome must be one column or one function of columns.",
            "syntax",
            hint="Write arithmetic as I(a / b), successes out of n as 'k | trials(n)'.",
        )
    braces = first.kind == "code" and first.text != first.content
    expression = f"I({first.content.strip()})" if braces else first.text
    check_expression(first.content if braces else first.text, text=text, start=first.start + braces)
    return expression


def _extras(tokens: list[Token] | None, text: str, after: int) -> dict[str, str]:
    given: dict[str, str] = {}
    if tokens is None:
        return given
    for plus, part in split_at(tokens, "+"):
        if not part:
            position = plus.stop if plus else text.index("~", after)
            raise Place(text, position).error(
                "Something is missing after '|'.",
                "syntax",
                hint="Write trials(n), weights(w) or se(s) after it.",
            )
        name, (argument,) = _call(part, text, tuple(EXTRAS))
        if EXTRAS[name] in given:
            raise Place(text, part[0].start).error(
                f"'{name}' is given 2 times.", "syntax", hint="Leave one of them out."
            )
        given[EXTRAS[name]] = argument
    return given


def _call(tokens: list[Token], text: str, known: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """Reads `name(argument)` where the name must be one of those known."""
    token = tokens[0]
    name, bracket, rest = token.text.partition("(")
    if len(tokens) > 1 or token.kind != "code" or not bracket or name not in known:
        raise Place(text, token.start).error(
            f"After '|' an outcome may have {', '.join(f'{k}(...)' for k in known)}; "
            f"this is '{token.text}'.{suggest(name, known)}",
            "syntax",
            hint="Write group terms on the right of '~', in parentheses.",
        )
    argument = rest[:-1].strip()
    here = token.start + len(name) + 1
    if not argument:
        raise Place(text, here).error(
            f"'{name}()' needs a column.", "syntax", hint=f"Write {name}(x), with a column x."
        )
    check_expression(argument, text=text, start=here)
    return name, (argument,)


def _terms(tokens: list[Token], text: str, special: frozenset[str]) -> tuple[TermCall, ...]:
    population: list[tuple[str, list[Token]]] = []
    others: list[TermCall] = []
    starts: list[int] = []
    for sign, part in split_at(tokens, "+-"):
        if not part:
            if sign is None:
                continue  # a leading sign, as in `y ~ -1 + x`
            raise Place(text, sign.stop).error(
                f"A term is missing after '{sign.text}'.",
                "syntax",
                hint=f"Add a term, or leave the '{sign.text}' out.",
            )
        found = _taken_off(part, text, special)
        if len(others) + len(found) > MAX_GROUPS:
            raise Place(text, part[0].start).error(
                f"The formula has more than {MAX_GROUPS} group terms and offsets.",
                "too-many-terms",
                hint="Let one term vary by a group of several columns, as in (1 | a:b).",
            )
        if found and sign is not None and sign.text == "-":
            raise Place(text, sign.start).error(
                "Such a term cannot be taken away by '-'.",
                "syntax",
                hint="Leave the term out of the formula.",
            )
        if found:
            others.extend(found)
            starts.extend(part[0].start for _ in found)
        else:
            population.append(("+" if sign is None else sign.text, part))
    refuse_repeats(others, starts, text)
    return (_population(population, text), *others)


def _taken_off(part: list[Token], text: str, special: frozenset[str]) -> tuple[TermCall, ...]:
    """The group or special terms that a part of a sum stands for; none for population terms."""
    if _is_group(part):
        return _group_terms(part[1:-1], text)
    for token in part:
        if token.kind == "operator" and token.text in BARS:
            raise Place(text, token.start).error(
                f"'{token.text}' belongs inside a group term.",
                "group-term",
                hint="Write group terms as (1 + x | group), each by itself, joined by '+'.",
            )
        name = token.text.partition("(")[0]
        if token.kind == "code" and name in special:
            if len(part) > 1:
                raise Place(text, token.start).error(
                    f"'{name}(...)' must stand by itself, joined to the rest by '+'.",
                    "special-term",
                    hint=f"Write '... + {name}(...)'.",
                )
            return (_special_term(token, name, text),)
    return ()


def _is_group(part: list[Token]) -> bool:
    """Whether a part is one pair of parentheses with a bar directly inside."""
    if part[0].text != "(" or part[-1].text != ")":
        return False
    inner = part[1:-1]
    depth = 0
    for token in inner:
        depth += {"open": 1, "close": -1}.get(token.kind, 0)
        if depth < 0:
            return False
    return any(bar is not None for bar, _ in split_at(inner, BARS))


def _group_terms(inner: list[Token], text: str) -> tuple[TermCall, ...]:
    (_, varying), (bar, group), *more = split_at(inner, BARS)
    place = Place(text, bar.start if bar else inner[0].start)
    if more:
        raise Place(text, more[0][0].start if more[0][0] else place.start).error(
            f"A group term has one '|', and this one has {1 + len(more)}.",
            "group-term",
            hint="Write one term for each factor: (1 | a) + (1 | b).",
        )
    if not varying or not group:
        side = "before" if not varying else "after"
        raise place.error(
            f"Something is missing {side} the bar of a group term.",
            "group-term",
            hint="Write (1 | group) for an intercept that varies by group.",
        )
    check(_source(text, varying), text=text, start=varying[0].start)
    left = _with_intercept(_source(text, varying), split_at(varying, "+-"))
    if not re.search(r"[^\d\s+()-]", left) and not effects_of(left):
        raise place.error(
            f"Nothing varies in this group term, '{left}'.",
            "group-term",
            hint="Write (1 | group) for an intercept that varies by group.",
        )
    sign = bar.text if bar else "|"
    return tuple(
        TermCall("varying", (left, factor), sign == "|", f"({left} {sign} {factor})")
        for factor in _group_factors(group, text)
    )


def _group_factors(tokens: list[Token], text: str) -> tuple[str, ...]:
    """The grouping factors of `g`, `a:b` or `a/b` (which is `a` and `a:b`)."""
    wants_name = True
    for token in tokens:
        if (token.kind == "name") != wants_name or not (wants_name or token.text in (":", "/")):
            raise Place(text, token.start).error(
                "The grouping factor must be a column, or columns joined by ':' or '/'.",
                "group-term",
                hint="Write (1 | g): a grouping column is a factor as it is."
                if token.text.startswith(("factor(", "C("))
                else "Write one term each for crossed factors: (1 | a) + (1 | b).",
            )
        wants_name = not wants_name
    if wants_name:
        raise Place(text, tokens[-1].stop).error(
            f"A grouping column is missing after '{tokens[-1].text}'.",
            "group-term",
            hint="Name the column, or leave the operator out.",
        )
    if len(tokens) > 2 * MAX_FACTORS:
        raise Place(text, tokens[2 * MAX_FACTORS].start).error(
            f"A grouping factor joins more than {MAX_FACTORS} columns.",
            "too-many-terms",
            hint="Join the columns before the fit, as a column of its own.",
        )
    factors: list[str] = [""]
    for token in tokens:
        if token.text == "/":
            factors.append(factors[-1] + ":")
        else:
            factors[-1] += token.text
    return tuple(factors)


def _special_term(token: Token, name: str, text: str) -> TermCall:
    inner = token.text[len(name) + 1 : -1]
    start = token.start + len(name) + 1
    if not inner.strip():
        raise Place(text, start).error(
            f"'{name}()' needs a column.", "syntax", hint=f"Write {name}(x), with a column x."
        )
    if name == "offset":
        check_expression(inner, text=text, start=start)
        return TermCall(name, (inner.strip(),), text=f"{name}({inner.strip()})")
    arguments = _arguments(inner)
    for argument in arguments:
        check_expression(argument_value(argument), text=text, start=start)
    return TermCall(name, arguments, text=f"{name}({', '.join(arguments)})")


def _arguments(inner: str) -> tuple[str, ...]:
    parts, depth = [""], 0
    for character in inner:
        depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(character, 0)
        if character == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return tuple(part.strip() for part in parts)


def _population(parts: list[tuple[str, list[Token]]], text: str) -> TermCall:
    if not parts:
        return TermCall("population", ("1",), text="1")
    written: list[str] = []
    tokens: list[Token] = []
    for sign, part in parts:
        tokens.extend([Token("operator", sign, sign, part[0].start, part[0].start), *part])
        lead = f" {sign} " if written else "-" if sign == "-" else ""
        written.append(f"{lead}{_source(text, part)}")
    check_tokens(tokens, None, Place(text))
    expand(tokens, Place(text), named)
    rhs = _with_intercept("".join(written), parts)
    return TermCall("population", (rhs,), text=rhs)


def _with_intercept(source: str, parts: Sequence[tuple[Token | str | None, list[Token]]]) -> str:
    """Writes the intercept out in front, unless the text says already whether there is one."""
    said = any(len(part) == 1 and part[0].text in ("0", "1") for _, part in parts)
    if said:
        return source
    return f"1 - {source[1:].strip()}" if source.startswith("-") else f"1 + {source}"


def has_intercept(right: str) -> bool:
    """Whether a right-hand side has one; what is said last about it counts."""
    return (INTERCEPT,) in expansion_of(right).terms

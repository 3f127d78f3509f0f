"""The functions of the language in Spark SQL, on VARIANT: each a text with places ``{0}`` for its arguments.

Everything is exact, or raises. Whole numbers are DECIMAL(38, 0) inside.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from upcasters.operations import Rounding

DIGITS: Final = "CAST({0} AS DECIMAL(38, 0))"
_EXACT: Final = "CAST(9007199254740992 AS DOUBLE)"


def error(reason: str) -> str:
    """An error with a reason, which must be free of braces."""
    escaped = reason.replace("\\", "\\\\").replace("'", "\\'")
    return f"raise_error('upcast: {escaped}')"


def arm(value: str) -> str:
    """The sort of a value: ``null boolean number string array object``, NULL for absence."""
    return (
        f"CASE left(schema_of_variant({value}), 3) WHEN 'OBJ' THEN 'object' WHEN 'ARR' THEN 'array' WHEN 'STR' THEN "
        "'string' WHEN 'BOO' THEN 'boolean' WHEN 'VOI' THEN 'null' WHEN 'BIG' THEN 'number' WHEN 'DEC' THEN 'number' "
        "WHEN 'DOU' THEN 'number' END"
    )


def when(condition: str, then: str, otherwise: str) -> str:
    """A choice between two expressions."""
    return f"CASE WHEN {condition} THEN {then} ELSE {otherwise} END"


def is_kind(kind: str, place: int = 0) -> str:
    """Whether a value is of a type that Spark has for VARIANT."""
    return f"schema_of_variant({{{place}}}) = '{kind}'"


def is_whole(place: int = 0) -> str:
    """Whether a value is written as a whole number."""
    found = f"schema_of_variant({{{place}}})"
    return f"({found} = 'BIGINT' OR ({found} LIKE 'DECIMAL(%' AND {found} LIKE '%,0)'))"


_NUMBER: Final = arm("{0}") + " = 'number'"
_TEXT: Final = when(is_kind("STRING"), "CAST({0} AS STRING)", error("a text is expected"))
_ITEMS: Final = "CAST({0} AS ARRAY<VARIANT>)"
_MEMBERS: Final = "CAST({0} AS MAP<STRING, VARIANT>)"
_DOUBLE: Final = "CAST({0} AS DOUBLE)"
_SHORTER: Final = f"format_string('%.15e', {_DOUBLE})"
_FINE: Final = "CAST({} AS DECIMAL(38, 18))".format(
    when(f"{is_kind('DOUBLE')} AND CAST({_SHORTER} AS DOUBLE) = {_DOUBLE}", _SHORTER, "CAST({0} AS STRING)")
)
"""The digits of a number. Java before 19 writes some doubles with one digit too many, 9.0071992547409933E17 for one."""
_IS_LIST: Final = "startswith(schema_of_variant({0}), 'ARRAY')"


def fits(number: str) -> str:
    """A number, an error where it does not fit 64 bits."""
    small = f"coalesce(try_cast({number} AS BIGINT), CAST({error('the number does not fit 64 bits')} AS BIGINT))"
    return DIGITS.format(small)


def _numeral(place: int) -> str:
    value, double = f"{{{place}}}", f"CAST({{{place}}} AS DOUBLE)"
    small = f"abs({double}) < {_EXACT} OR NOT {is_whole(place)} OR abs({DIGITS.format(value)}) = 9007199254740992"
    beyond = error("a number beyond 2^53 is computed with as a double")
    return when(f"{arm(value)} = 'number'", when(small, double, beyond), error("a number is expected"))


def _finite(double: str) -> str:
    return when(
        f"isnan({double}) OR abs({double}) = CAST('Infinity' AS DOUBLE)", error("the number is too large"),
        f"CAST({double} AS VARIANT)",
    )  # fmt: skip


def _computed(operator: str) -> str:
    """Two numbers as doubles; what two whole numbers give is whole, and refused beyond 2^53."""
    result = f"({_numeral(0)} {operator} {_numeral(1)})"
    whole = when(
        f"abs({result}) < {_EXACT}",
        f"CAST(CAST({result} AS BIGINT) AS VARIANT)",
        error("a number beyond 2^53 is computed with as a double"),
    )
    return when(f"{is_whole(0)} AND {is_whole(1)}", whole, _finite(result))


def variant(text: str) -> str:
    """A value of Spark's own as VARIANT."""
    return f"CAST({text} AS VARIANT)"


def _over(factor: int) -> str:
    digits = when(is_whole(), DIGITS.format("{0}"), error("a whole number is expected"))
    exact = f"{digits} % {factor} = 0"
    return when(exact, variant(DIGITS.format(f"{digits} / {factor}")), error("finer than the new unit"))


def _times(factor: int) -> str:
    return when(is_whole(), variant(fits(f"{DIGITS.format('{0}')} * {factor}")), error("a whole number is expected"))


def matches(pattern: str) -> str:
    """Whether a text is, from end to end, of a pattern; braces in it are written twice."""
    return f"CAST({{0}} AS STRING) RLIKE '^{pattern}\\\\z'"


def _part() -> str:
    """``substring`` of the language: from a place to before another, NULL for the end, in characters from 0."""
    end = "coalesce({2}, length({0}))"
    wrong = "{1} < 0 OR coalesce({2}, 0) < 0"
    empty = f"{{1}} >= length({{0}}) OR {end} <= {{1}}"
    count = f"CAST(least({end}, length({{0}})) - {{1}} AS INT)"
    taken = f"substring({{0}}, CAST({{1}} AS INT) + 1, {count})"
    return when(wrong, error("substring counts from 0"), when(empty, "''", taken))


def _before(found: str, otherwise: str) -> str:
    return when("{1} = ''", error("the separator is empty"), when("instr({0}, {1}) = 0", otherwise, found))


_CUT: Final = f"CASE WHEN {_DOUBLE} < 0 THEN ceil({_DOUBLE}) ELSE floor({_DOUBLE}) END"
_WHOLE_OF_TEXT: Final = fits("CAST(CAST({0} AS STRING) AS DECIMAL(38, 0))")
_NOT_WHOLE: Final = error("a whole number is expected")
_NOT_TRUTH: Final = error("true or false is expected")
_TOO_FINE: Final = error("the number is too fine or too large for exact arithmetic here")

FINITE: Final = _finite("{0}")

FUNCTIONS: Final[Mapping[str, str]] = MappingProxyType({
    "string": _TEXT,
    "truth": when(is_kind("BOOLEAN"), "CAST({0} AS BOOLEAN)", _NOT_TRUTH),
    "list": when(_IS_LIST, "{0}", error("a list is expected")),
    "whole": when(is_whole(), DIGITS.format("{0}"), when(
        f"{_NUMBER} AND {_DOUBLE} = floor({_DOUBLE})", DIGITS.format(_DOUBLE), _NOT_WHOLE)),
    "fits": fits("{0}"),
    "remainder": when("{1} = 0", error("division by zero"), fits("({0} % {1})")),
    "numeral": _numeral(0),
    "finite": FINITE,
    "plus": _computed("+"), "minus": _computed("-"), "times": _computed("*"),
    "divide": when(f"{_numeral(1)} = 0", error("division by zero"), _finite(f"({_numeral(0)} / {_numeral(1)})")),
    "to_double": when(_NUMBER, _finite(_DOUBLE), error("a number is expected")),
    "to_whole": when(is_whole(), fits(DIGITS.format("{0}")), when(
        f"{_NUMBER} AND abs({_DOUBLE}) < 1e19D", fits(DIGITS.format(f"({_CUT})")), when(
            f"{is_kind('STRING')} AND {matches('-?[0-9]{{1,30}}')}", _WHOLE_OF_TEXT, error("int of this value")))),
    "units": when(is_whole(), f"{DIGITS.format('{0}')} * {DIGITS.format(10**18)}", when(
        f"{_NUMBER} AND abs({_DOUBLE}) < 1e19D AND CAST({_FINE} AS DOUBLE) = {_DOUBLE}",
        DIGITS.format(f"replace(CAST({_FINE} AS STRING), '.', '')"), when(
            f"{is_kind('STRING')} AND {matches('-?[0-9]{{1,19}}([.][0-9]{{1,18}})?')}",
            DIGITS.format("replace(CAST(CAST(CAST({0} AS STRING) AS DECIMAL(38, 18)) AS STRING), '.', '')"),
            _TOO_FINE))),
    "lower": "translate({0}, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz')",
    "upper": "translate({0}, 'abcdefghijklmnopqrstuvwxyz', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ')",
    "trim": "trim(BOTH ' \\t\\n\\u000b\\u000c\\r' FROM {0})",
    "contains": "contains({0}, {1})", "startswith": "startswith({0}, {1})", "endswith": "endswith({0}, {1})",
    "before": _before("left({0}, instr({0}, {1}) - 1)", "{0}"),
    "after": _before("substring({0}, instr({0}, {1}) + length({1}))", "''"),
    "part": _part(),
    "size": "CASE {} WHEN 'string' THEN {} WHEN 'array' THEN {} WHEN 'object' THEN {} ELSE {} END".format(
        arm("{0}"), DIGITS.format("length(CAST({0} AS STRING))"), DIGITS.format(f"size({_ITEMS})"),
        DIGITS.format(f"size({_MEMBERS})"), error("a text, list or map is expected")),
    "unwrap": when(_IS_LIST, when(
        f"{{1}} = 'one' AND size({_ITEMS}) <> 1", error("exactly one item is expected"),
        f"try_element_at({_ITEMS}, CASE WHEN {{1}} = 'last' THEN -1 ELSE 1 END)"), error("a list is expected")),
    "int_string": when(is_whole(), variant(f"CAST({DIGITS.format('{0}')} AS STRING)"), _NOT_WHOLE),
    "string_int": when(
        f"{is_kind('STRING')} AND {matches('(0|-?[1-9][0-9]{{0,36}})')}",
        variant(DIGITS.format("CAST({0} AS STRING)")), when(
            f"{is_kind('STRING')} AND {matches('-?[1-9][0-9]+')}", _TOO_FINE,
            error("a whole number in digits is expected"))),
    "bool_string": when(is_kind("BOOLEAN"), variant("CAST(CAST({0} AS BOOLEAN) AS STRING)"), _NOT_TRUTH),
    "string_bool": when(
        f"{is_kind('STRING')} AND {matches('(true|false)')}", variant("CAST({0} AS STRING) = 'true'"),
        error("neither true nor false")),
    "double_int": when(is_whole(), "{0}", when(
        f"{_NUMBER} AND {_DOUBLE} = floor({_DOUBLE})", variant(DIGITS.format(_DOUBLE)), _NOT_WHOLE)),
    "int_double": when(
        f"{is_whole()} AND abs({DIGITS.format('{0}')}) <= 9007199254740992", "{0}",
        error("a number beyond 2^53 may have no exact double")),
    "thousandfold": _times(1_000), "millionfold": _times(1_000_000),
    "thousandth": _over(1_000), "millionth": _over(1_000_000),
})  # fmt: skip
"""By the name the SQL compilers give them."""


def rounded(units: str, divisor: int, rounding: Rounding) -> str:
    """Whole units over a divisor, rounded by a named rule; ``units`` is written several times."""
    by = DIGITS.format(divisor)
    rest = f"({units} % {by})"
    whole = DIGITS.format(f"(({units} - {rest}) / {by})")
    if divisor == 1:
        return units
    away = f"{whole} + CASE WHEN {units} < 0 THEN -1 ELSE 1 END"
    over, half = f"abs({rest}) > {by} - abs({rest})", f"abs({rest}) = {by} - abs({rest})"
    further = {
        "up": "TRUE", "down": "FALSE", "floor": f"{units} < 0", "ceiling": f"{units} > 0", "half_down": over,
        "half_up": f"{over} OR {half}", "half_even": f"{over} OR ({half} AND {whole} % 2 <> 0)",
        "exact": error("the number needs rounding"),
    }[rounding]  # fmt: skip
    moved = further if rounding == "exact" else when(further, DIGITS.format(f"({away})"), whole)
    return f"coalesce({when(f'{rest} = 0', whole, moved)}, {error('the number is too large')})"

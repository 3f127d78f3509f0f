"""The codecs whose values are texts in JSON, in Spark SQL: numerals, dates, moments, bytes and UUIDs.

Each is a text with a place ``{0}`` for a VARIANT, exact or raising.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from upcasters.compile.spark_functions import DIGITS, FINITE, error, fits, is_kind, is_whole, matches, variant, when

_TEXT: Final = "CAST({0} AS STRING)"
_IN_BASE64: Final = "replace(base64({0}), '\\r\\n', '')"  # in lines, by the default of Spark's settings
_DECIMAL: Final = matches(r"-?(0|[1-9][0-9]*)([.][0-9]+)?")
_NO_DECIMAL: Final = error("a decimal in digits is expected")
_NO_DATE: Final = error("a full-date of RFC 3339 is expected")
_NO_MOMENT: Final = error("a date-time of RFC 3339, no finer than a microsecond, is expected")
_NO_BASE64: Final = error("base64 is expected")


def _text(condition: str, then: str, otherwise: str) -> str:
    return when(f"{is_kind('STRING')} AND {condition}", then, otherwise)


def _let(name: str, value: str, body: str) -> str:
    return f"transform(array({value}), {name} -> {body})[0]"


def _days(text: str) -> str:
    """Days from 1970 of a full-date; NULL where the calendar has none."""
    return f"unix_date(CASE WHEN {text} >= '0001' THEN try_cast({text} AS DATE) END)"


def _over(micros: str, factor: int) -> str:
    name = "lineal_m"
    exact = variant(f"CAST({name} div {factor} AS BIGINT)")
    return _let(name, micros, when(f"{name} % {factor} = 0", exact, error("finer than the new unit")))


def _micros() -> str:
    """Microseconds from 1970 of a text in RFC 3339, section 5.6."""
    t = "lineal_t"
    form = matches(
        r"[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}[Tt]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]{{1,6}}0{{0,3}})?"
        r"([Zz]|[-+]([01][0-9]|2[0-3]):[0-5][0-9])"
    )

    def number(start: int, of: str = t) -> str:
        return f"CAST(substring({of}, {start}, 2) AS BIGINT)"

    way = f"CASE substring({t}, -6, 1) WHEN '-' THEN -1 WHEN '+' THEN 1 ELSE 0 END"
    away = f"CASE WHEN {way} = 0 THEN 0 ELSE {way} * ({number(-5)} * 60 + {number(-2)}) END"
    part = f"CAST(rpad(regexp_extract({t}, '[.]([0-9]{{{{1,6}}}})', 1), 6, '0') AS BIGINT)"
    days = f"coalesce(CAST({_days(f'left({t}, 10)')} AS BIGINT), CAST({_NO_MOMENT} AS BIGINT))"
    minutes = f"({days} * 24 + {number(12)}) * 60 + {number(15)} - {away}"
    return _let(t, _text(form, _TEXT, _NO_MOMENT), f"({minutes}) * 60000000L + {number(18)} * 1000000L + {part}")


def _moment(micros: str, places: int | None) -> str:
    """A moment in RFC 3339; without a number of digits after the point, six of them, or none where they are zero."""
    m, s = "lineal_m", "lineal_s"
    rest, part = f"pmod({s}, 86400L)", f"pmod({m}, 1000000L)"
    day = f"CAST(date_add(DATE'1970-01-01', CAST(({s} - {rest}) div 86400 AS INT)) AS STRING)"
    hands = (f"{rest} div 3600", f"{rest} div 60 % 60", f"{rest} % 60")
    clock = ", ':', ".join(f"lpad(CAST({hand} AS STRING), 2, '0')" for hand in hands)
    digits = f"lpad(CAST({part} AS STRING), 6, '0')"
    fraction = {0: "''", None: when(f"{part} = 0", "''", f"concat('.', {digits})")}.get(
        places, f"concat('.', left({digits}, {places}))"
    )
    there = f"{s} >= -62135596800L AND {s} < 253402300800L"
    shown = when(
        there, variant(f"concat({day}, 'T', {clock}, {fraction}, 'Z')"), error("a moment outside the years 1 to 9999")
    )
    return _let(m, micros, _let(s, f"({m} - {part}) div 1000000", shown))


def _epoch(factor: int) -> str:
    digits = when(is_whole(), DIGITS.format("{0}"), error("a whole number is expected"))
    return f"CAST({fits(f'{digits} * {factor}')} AS BIGINT)"


def _base64(made: str) -> str:
    form = f"{matches('[A-Za-z0-9+/]*={{0,2}}')} AND length({_TEXT}) % 4 = 0"
    return _text(form, variant(made.format(f"unbase64({_TEXT})")), _NO_BASE64)


_UNITS: Final = {"s": (1_000_000, 0), "ms": (1_000, 3), "us": (1, 6)}

CODECS: Final[Mapping[str, str]] = MappingProxyType({
    "string_number": _text(
        f"{matches('-?(0|[1-9][0-9]*)([.][0-9]+)?([eE][-+]?[0-9]{{1,3}})?')} AND length({_TEXT}) <= 400",
        when(matches("(0|-?[1-9][0-9]*)"), when(
            f"length({_TEXT}) <= 38", variant(DIGITS.format(_TEXT)), error("the number is too large")),
            FINITE.format(f"CAST({_TEXT} AS DOUBLE)")),
        error("a number is expected")),
    "decimal_string": _text(_DECIMAL, "{0}", _NO_DECIMAL),
    "string_decimal": _text(f"{_DECIMAL} AND length({_TEXT}) <= 400", "{0}", _NO_DECIMAL),
    "decimal_int": _text(
        matches("-?(0|[1-9][0-9]{{0,36}})([.]0+)?"),
        variant(DIGITS.format(f"regexp_extract({_TEXT}, '^(-?[0-9]+)', 1)")),
        error("a whole number of up to 37 digits is expected, others are too large")),
    "decimal_double": _text(_DECIMAL, FINITE.format(f"CAST({_TEXT} AS DOUBLE)"), _NO_DECIMAL),
    "full_date": _text(
        f"{matches('[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}')} AND {_days(_TEXT)} IS NOT NULL", "{0}", _NO_DATE),
    "uuid": _text(
        matches("[0-9a-fA-F]{{8}}(-[0-9a-fA-F]{{4}}){{3}}-[0-9a-fA-F]{{12}}"), variant(f"lower({_TEXT})"),
        error("a UUID is expected")),
    "base64": _base64(_IN_BASE64),
    "base64_hex": _base64("lower(hex({0}))"),
    "hex_base64": _text(
        f"{matches('[0-9a-f]*')} AND length({_TEXT}) % 2 = 0", variant(_IN_BASE64.format(f"unhex({_TEXT})")),
        error("hexadecimal in small letters is expected")),
    "utf8_base64": when(
        is_kind("STRING"), variant(_IN_BASE64.format(f"CAST({_TEXT} AS BINARY)")), error("a text is expected")),
    "base64_utf8": _base64(
        when("is_valid_utf8(CAST({0} AS STRING))", "CAST({0} AS STRING)", error("the bytes are not UTF-8"))),
    "rfc_iso": _moment(_micros(), None), "rfc_us": _moment(_micros(), 6),
    **{f"{unit}_rfc": _moment(_epoch(factor), places) for unit, (factor, places) in _UNITS.items()},
    **{f"{unit}_iso": _moment(_epoch(factor), None) for unit, (factor, _) in _UNITS.items()},
    **{f"rfc_{unit}_epoch": _over(_micros(), factor) for unit, (factor, _) in _UNITS.items()},
})  # fmt: skip
"""By the name the SQL compilers give them."""

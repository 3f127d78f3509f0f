-- What generated DuckDB macros call: the functions of the language, on JSON as text. NULL is absence.
-- Everything is exact, or raises. Whole numbers are HUGEINT inside; DuckDB 1.3 and later.
CREATE SCHEMA IF NOT EXISTS lineal;

CREATE OR REPLACE MACRO lineal.fail(reason, event) AS error('upcast: ' || reason);
-- The first character of a JSON text tells its sort, without reading the rest.
CREATE OR REPLACE MACRO lineal.arm(v) AS CASE left(ltrim(v::VARCHAR, ' ' || chr(9) || chr(10) || chr(13)), 1)
  WHEN '"' THEN 'string' WHEN '{' THEN 'object' WHEN '[' THEN 'array' WHEN 't' THEN 'boolean' WHEN 'f' THEN 'boolean'
  WHEN 'n' THEN 'null' ELSE CASE WHEN v IS NOT NULL THEN 'number' END END;
CREATE OR REPLACE MACRO lineal.string(v) AS CASE WHEN starts_with(v, '"') THEN json_extract_string(v, '$')
  ELSE error('upcast: a text is expected') END;
CREATE OR REPLACE MACRO lineal.truth(v) AS CASE v::VARCHAR WHEN 'true' THEN TRUE WHEN 'false' THEN FALSE
  ELSE error('upcast: true or false is expected') END;
CREATE OR REPLACE MACRO lineal.list(v) AS CASE WHEN json_type(v) = 'ARRAY' THEN v ELSE error('upcast: a list is expected') END;
CREATE OR REPLACE MACRO lineal.pointer(name) AS '/' || replace(replace(name, '~', '~0'), '/', '~1');
CREATE OR REPLACE MACRO lineal.at(v, name) AS json_extract(v, lineal.pointer(name))::VARCHAR;
CREATE OR REPLACE MACRO lineal.member(v, name) AS CASE lineal.arm(v) WHEN 'object' THEN lineal.at(v, name) WHEN 'null' THEN NULL
  ELSE CASE WHEN v IS NULL THEN NULL ELSE error('upcast: a record is expected') END END;
CREATE OR REPLACE MACRO lineal.items(v) AS list_transform(json_extract(v, '$[*]'), lambda lineal_item: lineal_item::VARCHAR);
CREATE OR REPLACE MACRO lineal.pair(k, v) AS to_json(k)::VARCHAR || ':' || v;
CREATE OR REPLACE MACRO lineal.braced(members) AS '{' || coalesce(members, '') || '}';
CREATE OR REPLACE MACRO lineal.without(v, names) AS nullif(array_to_string(list_transform(
  list_filter(json_keys(v), lambda lineal_key: NOT list_contains(names, lineal_key)),
  lambda lineal_key: lineal.pair(lineal_key, lineal.at(v, lineal_key))), ','), '');
CREATE OR REPLACE MACRO lineal.only(v, names) AS lineal.braced(array_to_string(list_transform(
  list_filter(json_keys(v), lambda lineal_key: list_contains(names, lineal_key)),
  lambda lineal_key: lineal.pair(lineal_key, lineal.at(v, lineal_key))), ','));

-- Numbers: whole ones are exact, all others are doubles, as JSON readers take them.
CREATE OR REPLACE MACRO lineal.is_digits(v) AS regexp_full_match(v::VARCHAR, '-?[0-9]+');
CREATE OR REPLACE MACRO lineal.digits(v) AS CASE WHEN lineal.is_digits(v) THEN v::VARCHAR::HUGEINT
  ELSE error('upcast: a whole number is expected') END;
CREATE OR REPLACE MACRO lineal.whole(v) AS CASE WHEN lineal.is_digits(v) THEN v::VARCHAR::HUGEINT
  WHEN lineal.arm(v) = 'number' AND v::VARCHAR::DOUBLE = trunc(v::VARCHAR::DOUBLE) THEN v::VARCHAR::DOUBLE::HUGEINT
  ELSE error('upcast: a whole number is expected') END;
CREATE OR REPLACE MACRO lineal.fits(n) AS coalesce(try_cast(n AS BIGINT)::HUGEINT, error('upcast: the number does not fit 64 bits'));
CREATE OR REPLACE MACRO lineal.remainder(a, b) AS CASE WHEN b = 0 THEN error('upcast: division by zero') ELSE lineal.fits(a % b) END;
CREATE OR REPLACE MACRO lineal.numeral(v) AS CASE
  WHEN lineal.arm(v) IS DISTINCT FROM 'number' THEN error('upcast: a number is expected')
  WHEN abs(v::VARCHAR::DOUBLE) < 9007199254740992 OR NOT lineal.is_digits(v) THEN v::VARCHAR::DOUBLE
  WHEN abs(v::VARCHAR::HUGEINT) = 9007199254740992 THEN v::VARCHAR::DOUBLE
  ELSE error('upcast: a number beyond 2^53 is computed with as a double') END;
CREATE OR REPLACE MACRO lineal.finite(x) AS CASE WHEN isfinite(x) THEN to_json(x)::VARCHAR ELSE error('upcast: the number is too large') END;
-- A result of two whole numbers is whole; beyond 2^53 it would be exact elsewhere, and is refused.
CREATE OR REPLACE MACRO lineal.number(x, exact) AS CASE WHEN NOT exact THEN lineal.finite(x)
  WHEN abs(x) < 9007199254740992 THEN x::BIGINT::VARCHAR ELSE error('upcast: a number beyond 2^53 is computed with as a double') END;
CREATE OR REPLACE MACRO lineal.plus(a, b) AS lineal.number(lineal.numeral(a) + lineal.numeral(b), lineal.is_digits(a) AND lineal.is_digits(b));
CREATE OR REPLACE MACRO lineal.minus(a, b) AS lineal.number(lineal.numeral(a) - lineal.numeral(b), lineal.is_digits(a) AND lineal.is_digits(b));
CREATE OR REPLACE MACRO lineal.times(a, b) AS lineal.number(lineal.numeral(a) * lineal.numeral(b), lineal.is_digits(a) AND lineal.is_digits(b));
CREATE OR REPLACE MACRO lineal.divide(a, b) AS CASE WHEN lineal.numeral(b) = 0 THEN error('upcast: division by zero')
  ELSE lineal.finite(lineal.numeral(a) / lineal.numeral(b)) END;
CREATE OR REPLACE MACRO lineal.to_double(v) AS CASE WHEN lineal.arm(v) = 'number' THEN lineal.finite(v::VARCHAR::DOUBLE)
  ELSE error('upcast: a number is expected') END;
CREATE OR REPLACE MACRO lineal.to_whole(v) AS CASE
  WHEN lineal.is_digits(v) THEN lineal.fits(v::VARCHAR::HUGEINT)
  WHEN lineal.arm(v) = 'number' AND abs(v::VARCHAR::DOUBLE) < 1e19 THEN lineal.fits(trunc(v::VARCHAR::DOUBLE)::HUGEINT)
  WHEN lineal.arm(v) = 'string' AND regexp_full_match(lineal.string(v), '-?[0-9]{1,30}') THEN lineal.fits(lineal.string(v)::HUGEINT)
  ELSE error('upcast: int of this value') END;

-- Exact: numbers as whole counts of ten to the minus eighteenth; finer ones and larger ones are refused.
CREATE OR REPLACE MACRO lineal.counted(text) AS replace(text::DECIMAL(38, 18)::VARCHAR, '.', '')::HUGEINT;
CREATE OR REPLACE MACRO lineal.units(v) AS CASE
  WHEN lineal.is_digits(v) THEN v::VARCHAR::HUGEINT * 1000000000000000000::HUGEINT
  WHEN lineal.arm(v) = 'number' AND abs(v::VARCHAR::DOUBLE) < 1e19 AND v::VARCHAR::DECIMAL(38, 18)::DOUBLE = v::VARCHAR::DOUBLE
  THEN lineal.counted(v::VARCHAR)
  WHEN lineal.arm(v) = 'string' AND regexp_full_match(lineal.string(v), '-?[0-9]{1,19}(\.[0-9]{1,18})?') THEN lineal.counted(lineal.string(v))
  ELSE error('upcast: the number is too fine or too large for exact arithmetic here') END;
CREATE OR REPLACE MACRO lineal.rounded(n, d, way) AS CASE
  WHEN n % d = 0 THEN n // d
  WHEN way = 'exact' THEN error('upcast: the number needs rounding')
  WHEN CASE way WHEN 'up' THEN TRUE WHEN 'down' THEN FALSE WHEN 'floor' THEN n < 0 WHEN 'ceiling' THEN n > 0
    WHEN 'half_up' THEN abs(n % d) >= d - abs(n % d) WHEN 'half_down' THEN abs(n % d) > d - abs(n % d)
    ELSE abs(n % d) > d - abs(n % d) OR (abs(n % d) = d - abs(n % d) AND (n // d) % 2 <> 0) END
  THEN n // d + sign(n)::HUGEINT ELSE n // d END;

-- Texts: letters beyond ASCII stay as they are, so that every language agrees.
CREATE OR REPLACE MACRO lineal.lower(v) AS translate(v, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz');
CREATE OR REPLACE MACRO lineal.upper(v) AS translate(v, 'abcdefghijklmnopqrstuvwxyz', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ');
CREATE OR REPLACE MACRO lineal.trim(v) AS trim(v, ' ' || chr(9) || chr(10) || chr(11) || chr(12) || chr(13));
CREATE OR REPLACE MACRO lineal.contains(v, part) AS contains(v, part);
CREATE OR REPLACE MACRO lineal.startswith(v, part) AS starts_with(v, part);
CREATE OR REPLACE MACRO lineal.endswith(v, part) AS ends_with(v, part);
CREATE OR REPLACE MACRO lineal.before(v, separator) AS CASE WHEN separator = '' THEN error('upcast: the separator is empty')
  WHEN strpos(v, separator) = 0 THEN v ELSE substr(v, 1, strpos(v, separator) - 1) END;
CREATE OR REPLACE MACRO lineal.after(v, separator) AS CASE WHEN separator = '' THEN error('upcast: the separator is empty')
  WHEN strpos(v, separator) = 0 THEN '' ELSE substr(v, strpos(v, separator) + length(separator)) END;
CREATE OR REPLACE MACRO lineal.part(v, first, last) AS CASE
  WHEN first < 0 OR coalesce(last, 0) < 0 THEN error('upcast: substring counts from 0')
  WHEN first >= length(v) OR coalesce(last, length(v)) <= first THEN ''
  ELSE substr(v, first::BIGINT + 1, least(coalesce(last, length(v)), length(v))::BIGINT - first::BIGINT) END;
CREATE OR REPLACE MACRO lineal.pieces(parts, separator, pieces, index) AS CASE
  WHEN len(parts) < pieces THEN error('upcast: too few separators')
  WHEN index < pieces - 1 THEN to_json(parts[index + 1])::VARCHAR
  ELSE to_json(array_to_string(parts[pieces:], separator))::VARCHAR END;
CREATE OR REPLACE MACRO lineal.piece(v, separator, pieces, index) AS
  lineal.pieces(string_split(lineal.string(v), separator), separator, pieces, index);
CREATE OR REPLACE MACRO lineal.size(v) AS CASE lineal.arm(v) WHEN 'string' THEN length(json_extract_string(v, '$'))::HUGEINT
  WHEN 'array' THEN json_array_length(v)::HUGEINT WHEN 'object' THEN len(json_keys(v))::HUGEINT
  ELSE error('upcast: a text, list or map is expected') END;
CREATE OR REPLACE MACRO lineal.unwrap(v, take) AS CASE
  WHEN json_type(v) IS DISTINCT FROM 'ARRAY' THEN error('upcast: a list is expected')
  WHEN take = 'one' AND json_array_length(v) <> 1 THEN error('upcast: exactly one item is expected')
  WHEN take = 'last' THEN json_extract(v, '$[#-1]')::VARCHAR ELSE json_extract(v, '$[0]')::VARCHAR END;
CREATE OR REPLACE MACRO lineal.entries_to_list(v, key, value) AS CASE WHEN json_type(v) = 'OBJECT' THEN '[' || array_to_string(
  list_transform(list_sort(json_keys(v)), lambda lineal_key: '{' || lineal.pair(key, to_json(lineal_key)::VARCHAR) || ','
  || lineal.pair(value, lineal.at(v, lineal_key)) || '}'), ',') || ']' ELSE error('upcast: a map is expected') END;

-- Codecs
CREATE OR REPLACE MACRO lineal.int_string(v) AS to_json(lineal.digits(v)::VARCHAR)::VARCHAR;
CREATE OR REPLACE MACRO lineal.string_int(v) AS CASE WHEN regexp_full_match(lineal.string(v), '(0|-?[1-9][0-9]*)')
  THEN lineal.string(v)::HUGEINT::VARCHAR ELSE error('upcast: a whole number in digits is expected') END;
CREATE OR REPLACE MACRO lineal.bool_string(v) AS CASE WHEN lineal.truth(v) THEN '"true"' ELSE '"false"' END;
CREATE OR REPLACE MACRO lineal.string_bool(v) AS CASE WHEN lineal.string(v) IN ('true', 'false') THEN lineal.string(v)
  ELSE error('upcast: neither true nor false') END;
CREATE OR REPLACE MACRO lineal.double_int(v) AS lineal.whole(v)::VARCHAR;
CREATE OR REPLACE MACRO lineal.int_double(v) AS CASE WHEN abs(lineal.digits(v)) <= 9007199254740992 THEN v
  ELSE error('upcast: the number may have no exact double') END;
CREATE OR REPLACE MACRO lineal.thousandfold(v) AS lineal.fits(lineal.digits(v) * 1000)::VARCHAR;
CREATE OR REPLACE MACRO lineal.millionfold(v) AS lineal.fits(lineal.digits(v) * 1000000)::VARCHAR;
CREATE OR REPLACE MACRO lineal.thousandth(v) AS CASE WHEN lineal.digits(v) % 1000 = 0 THEN (lineal.digits(v) // 1000)::VARCHAR
  ELSE error('upcast: finer than the new unit') END;
CREATE OR REPLACE MACRO lineal.millionth(v) AS CASE WHEN lineal.digits(v) % 1000000 = 0 THEN (lineal.digits(v) // 1000000)::VARCHAR
  ELSE error('upcast: finer than the new unit') END;

CREATE OR REPLACE MACRO lineal.fixed(units, places, unit) AS CASE WHEN places = 0 THEN units::VARCHAR ELSE
  CASE WHEN units < 0 THEN '-' ELSE '' END || (abs(units) // unit)::VARCHAR || '.'
  || lpad((abs(units) % unit)::VARCHAR, places, '0') END;
CREATE OR REPLACE MACRO lineal.scaled(units, result, places, unit) AS CASE result
  WHEN 'int32' THEN CASE WHEN units BETWEEN -2147483648 AND 2147483647 THEN units::VARCHAR ELSE error('upcast: the number does not fit int32') END
  WHEN 'int64' THEN lineal.fits(units)::VARCHAR WHEN 'string' THEN to_json(lineal.fixed(units, places, unit))::VARCHAR
  WHEN 'double' THEN lineal.finite(lineal.fixed(units, places, unit)::DOUBLE) ELSE units::VARCHAR END;

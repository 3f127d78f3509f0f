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
CREATE OR REPLACE MACRO lineal.keyed(items, key, value) AS CASE
  WHEN len(list_filter(items, lambda lineal_item: lineal.arm(lineal_item) IS DISTINCT FROM 'object')) > 0
    OR len(list_filter(items, lambda lineal_item: lineal.arm(lineal.at(lineal_item, key)) IS DISTINCT FROM 'string'
      OR lineal.at(lineal_item, value) IS NULL)) > 0 THEN error('upcast: an item is no record of key and value')
  WHEN len(list_distinct(list_transform(items, lambda lineal_item: lineal.at(lineal_item, key)))) < len(items) THEN error('upcast: a key comes twice')
  ELSE lineal.braced(array_to_string(list_transform(items, lambda lineal_item:
    lineal.at(lineal_item, key) || ':' || lineal.at(lineal_item, value)), ',')) END;
CREATE OR REPLACE MACRO lineal.entries_to_map(v, key, value) AS list_transform([lineal.items(lineal.list(v))],
  lambda lineal_items: lineal.keyed(lineal_items, key, value))[1];

-- Codecs
CREATE OR REPLACE MACRO lineal.int_string(v) AS to_json(lineal.digits(v)::VARCHAR)::VARCHAR;
CREATE OR REPLACE MACRO lineal.string_int(v) AS CASE WHEN regexp_full_match(lineal.string(v), '(0|-?[1-9][0-9]*)')
  AND length(lineal.string(v)) <= 400 THEN lineal.string(v) ELSE error('upcast: a whole number in digits is expected') END;
CREATE OR REPLACE MACRO lineal.bool_string(v) AS CASE WHEN lineal.truth(v) THEN '"true"' ELSE '"false"' END;
CREATE OR REPLACE MACRO lineal.string_bool(v) AS CASE WHEN lineal.string(v) IN ('true', 'false') THEN lineal.string(v)
  ELSE error('upcast: neither true nor false') END;
CREATE OR REPLACE MACRO lineal.double_int(v) AS lineal.whole(v)::VARCHAR;
CREATE OR REPLACE MACRO lineal.int_double(v) AS CASE WHEN abs(lineal.digits(v)) <= 9007199254740992 THEN v
  ELSE error('upcast: a number beyond 2^53 may have no exact double') END;
CREATE OR REPLACE MACRO lineal.thousandfold(v) AS lineal.fits(lineal.digits(v) * 1000)::VARCHAR;
CREATE OR REPLACE MACRO lineal.millionfold(v) AS lineal.fits(lineal.digits(v) * 1000000)::VARCHAR;
CREATE OR REPLACE MACRO lineal.over(n, factor) AS CASE WHEN n % factor = 0 THEN (n // factor)::VARCHAR ELSE error('upcast: finer than the new unit') END;
CREATE OR REPLACE MACRO lineal.thousandth(v) AS lineal.over(lineal.digits(v), 1000);
CREATE OR REPLACE MACRO lineal.millionth(v) AS lineal.over(lineal.digits(v), 1000000);

CREATE OR REPLACE MACRO lineal.fixed(units, places, unit) AS CASE WHEN places = 0 THEN units::VARCHAR ELSE
  CASE WHEN units < 0 THEN '-' ELSE '' END || (abs(units) // unit)::VARCHAR || '.'
  || lpad((abs(units) % unit)::VARCHAR, places, '0') END;
CREATE OR REPLACE MACRO lineal.scaled(units, result, places, unit) AS CASE result
  WHEN 'int32' THEN CASE WHEN units BETWEEN -2147483648 AND 2147483647 THEN units::VARCHAR ELSE error('upcast: the number does not fit int32') END
  WHEN 'int64' THEN lineal.fits(units)::VARCHAR WHEN 'string' THEN to_json(lineal.fixed(units, places, unit))::VARCHAR
  WHEN 'double' THEN lineal.finite(lineal.fixed(units, places, unit)::DOUBLE) ELSE units::VARCHAR END;

CREATE OR REPLACE MACRO lineal.taken(text, pattern, what) AS CASE WHEN regexp_full_match(text, pattern) THEN text
  ELSE error('upcast: ' || what || ' is expected') END;

-- Numbers as texts. What is written as no whole number is a double; DuckDB writes as many digits as tell it from others.
CREATE OR REPLACE MACRO lineal.placed(p) AS {'digits': rtrim(ltrim(p.whole || p.part, '0'), '0'),
  'point': length(p.whole) - length(p.whole || p.part) + length(ltrim(p.whole || p.part, '0')) + coalesce(try_cast(p.ten AS INT), 0)};
CREATE OR REPLACE MACRO lineal.shortest(x) AS list_transform([regexp_extract(abs(x)::VARCHAR,
  '^([0-9]+)(\.([0-9]+))?(e([-+]?[0-9]+))?$', ['whole', 'dot', 'part', 'e', 'ten'])], lambda lineal_p: lineal.placed(lineal_p))[1];
CREATE OR REPLACE MACRO lineal.pointed(digits, point) AS CASE WHEN point <= 0 THEN '0.' || repeat('0', (-point)::INTEGER) || digits
  WHEN length(digits) <= point THEN rpad(digits, point::INTEGER, '0') ELSE left(digits, point) || '.' || substr(digits, point + 1) END;
CREATE OR REPLACE MACRO lineal.as_ecmascript(s) AS CASE WHEN s.digits = '' THEN '0'
  WHEN s.point BETWEEN -5 AND 21 THEN lineal.pointed(s.digits, s.point)
  ELSE left(s.digits, 1) || CASE WHEN length(s.digits) > 1 THEN '.' || substr(s.digits, 2) ELSE '' END
    || CASE WHEN s.point > 0 THEN 'e+' ELSE 'e' END || (s.point - 1)::VARCHAR END;
CREATE OR REPLACE MACRO lineal.as_decimal(s) AS CASE WHEN s.digits = '' THEN '0.0' ELSE lineal.pointed(s.digits, s.point)
  || CASE WHEN s.point BETWEEN length(s.digits) AND 16 THEN '.0' ELSE '' END END;
CREATE OR REPLACE MACRO lineal.written(v) AS CASE WHEN lineal.arm(v) = 'number' THEN v::VARCHAR::DOUBLE ELSE error('upcast: a number is expected') END;
CREATE OR REPLACE MACRO lineal.number_string(v) AS CASE WHEN lineal.is_digits(v) THEN to_json(v::VARCHAR)::VARCHAR ELSE
  list_transform([lineal.shortest(lineal.written(v))], lambda lineal_s:
  to_json(CASE WHEN lineal.written(v) < 0 THEN '-' ELSE '' END || lineal.as_ecmascript(lineal_s))::VARCHAR)[1] END;
CREATE OR REPLACE MACRO lineal.double_decimal(v) AS CASE WHEN lineal.is_digits(v) THEN to_json(v::VARCHAR)::VARCHAR ELSE
  list_transform([lineal.shortest(lineal.written(v))], lambda lineal_s:
  to_json(CASE WHEN starts_with(v::VARCHAR, '-') THEN '-' ELSE '' END || lineal.as_decimal(lineal_s))::VARCHAR)[1] END;
CREATE OR REPLACE MACRO lineal.parsed(t) AS CASE WHEN length(t) > 400 THEN error('upcast: a number of up to 400 characters is expected')
  WHEN regexp_full_match(t, '0|-?[1-9][0-9]*') THEN t WHEN regexp_full_match(t, '-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]{1,3})?')
  THEN lineal.finite(t::DOUBLE) ELSE error('upcast: a number is expected') END;
CREATE OR REPLACE MACRO lineal.string_number(v) AS lineal.parsed(lineal.string(v));

-- Decimals, dates, moments, bytes and UUIDs, which are texts in JSON.
CREATE OR REPLACE MACRO lineal.decimal(v) AS lineal.taken(lineal.string(v), '-?(0|[1-9][0-9]*)(\.[0-9]+)?', 'a decimal in digits');
CREATE OR REPLACE MACRO lineal.decimal_string(v) AS to_json(lineal.decimal(v))::VARCHAR;
CREATE OR REPLACE MACRO lineal.string_decimal(v) AS CASE WHEN length(lineal.decimal(v)) <= 400 THEN to_json(lineal.decimal(v))::VARCHAR
  ELSE error('upcast: a decimal of up to 400 characters is expected') END;
CREATE OR REPLACE MACRO lineal.cut(t) AS CASE WHEN regexp_full_match(t, '-?0') THEN '0' WHEN NOT contains(t, '.') THEN t
  ELSE error('upcast: a whole number is expected') END;
CREATE OR REPLACE MACRO lineal.decimal_int(v) AS lineal.cut(regexp_replace(lineal.decimal(v), '\.0+$', ''));
CREATE OR REPLACE MACRO lineal.decimal_double(v) AS lineal.finite(lineal.decimal(v)::DOUBLE);
-- Days from 1970 of a full-date that the calendar has, from year 1.
CREATE OR REPLACE MACRO lineal.days(t) AS CASE WHEN t >= '0001' AND try_cast(t AS DATE) IS NOT NULL THEN try_cast(t AS DATE) - DATE '1970-01-01'
  ELSE error('upcast: a full-date of RFC 3339 is expected') END;
CREATE OR REPLACE MACRO lineal.full_date(v) AS CASE WHEN lineal.days(lineal.taken(lineal.string(v), '[0-9]{4}-[0-9]{2}-[0-9]{2}', 'a full-date of RFC 3339'))
  IS NOT NULL THEN v END;
-- Microseconds from 1970 of a text in RFC 3339, section 5.6.
CREATE OR REPLACE MACRO lineal.counted_from(p) AS CASE
  WHEN p.day = '' OR p.hour > '23' OR p.minute > '59' OR p.second > '59' OR p.hours > '23' OR p.minutes > '59'
  THEN error('upcast: a date-time of RFC 3339, no finer than a microsecond, is expected')
  ELSE ((lineal.days(p.day) * 24 + p.hour::BIGINT) * 60 + p.minute::BIGINT - CASE WHEN p.hours = '' THEN 0
    ELSE (p.hours::BIGINT * 60 + p.minutes::BIGINT) * CASE p.way WHEN '-' THEN -1 ELSE 1 END END) * 60000000
    + p.second::BIGINT * 1000000 + rpad(p.part, 6, '0')::BIGINT END;
CREATE OR REPLACE MACRO lineal.micros(v) AS list_transform([regexp_extract(lineal.string(v),
  '^([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt]([0-9]{2}):([0-9]{2}):([0-9]{2})(\.([0-9]{1,6})0{0,3})?([Zz]|([-+])([0-9]{2}):([0-9]{2}))$',
  ['day', 'hour', 'minute', 'second', 'dot', 'part', 'zone', 'way', 'hours', 'minutes'])], lambda lineal_p: lineal.counted_from(lineal_p))[1];
-- A moment in RFC 3339; without a number of digits after the point, six of them, or none where they are zero.
CREATE OR REPLACE MACRO lineal.two(n) AS lpad(n::VARCHAR, 2, '0');
CREATE OR REPLACE MACRO lineal.clock(rest) AS lineal.two(rest // 3600) || ':' || lineal.two(rest // 60 % 60) || ':' || lineal.two(rest % 60);
CREATE OR REPLACE MACRO lineal.shown(s, places) AS CASE WHEN s.seconds < -62135596800 OR s.seconds >= 253402300800
  THEN error('upcast: a moment outside the years 1 to 9999') ELSE to_json(
  (DATE '1970-01-01' + ((s.seconds - (s.seconds % 86400 + 86400) % 86400) // 86400)::INTEGER)::VARCHAR || 'T'
  || lineal.clock((s.seconds % 86400 + 86400) % 86400) || CASE coalesce(places, CASE s.part WHEN 0 THEN 0 ELSE 6 END) WHEN 0 THEN ''
  ELSE '.' || left(lpad(s.part::VARCHAR, 6, '0'), coalesce(places, 6)) END || 'Z')::VARCHAR END;
CREATE OR REPLACE MACRO lineal.moment(micros, places) AS list_transform([micros], lambda lineal_m: lineal.shown(
  {'part': (lineal_m % 1000000 + 1000000) % 1000000, 'seconds': (lineal_m - (lineal_m % 1000000 + 1000000) % 1000000) // 1000000}, places))[1];
CREATE OR REPLACE MACRO lineal.s_rfc(v) AS lineal.moment(lineal.digits(v) * 1000000, 0);
CREATE OR REPLACE MACRO lineal.s_iso(v) AS lineal.moment(lineal.digits(v) * 1000000, NULL);
CREATE OR REPLACE MACRO lineal.rfc_s_epoch(v) AS list_transform([lineal.micros(v)], lambda lineal_m: lineal.over(lineal_m, 1000000))[1];
CREATE OR REPLACE MACRO lineal.ms_rfc(v) AS lineal.moment(lineal.digits(v) * 1000, 3);
CREATE OR REPLACE MACRO lineal.ms_iso(v) AS lineal.moment(lineal.digits(v) * 1000, NULL);
CREATE OR REPLACE MACRO lineal.rfc_ms_epoch(v) AS list_transform([lineal.micros(v)], lambda lineal_m: lineal.over(lineal_m, 1000))[1];
CREATE OR REPLACE MACRO lineal.us_rfc(v) AS lineal.moment(lineal.digits(v) * 1, 6);
CREATE OR REPLACE MACRO lineal.us_iso(v) AS lineal.moment(lineal.digits(v) * 1, NULL);
CREATE OR REPLACE MACRO lineal.rfc_us_epoch(v) AS list_transform([lineal.micros(v)], lambda lineal_m: lineal.over(lineal_m, 1))[1];
CREATE OR REPLACE MACRO lineal.rfc_iso(v) AS lineal.moment(lineal.micros(v), NULL);
CREATE OR REPLACE MACRO lineal.rfc_us(v) AS lineal.moment(lineal.micros(v), 6);
CREATE OR REPLACE MACRO lineal.uuid(v) AS to_json(lineal.lower(
  lineal.taken(lineal.string(v), '[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}', 'a UUID')))::VARCHAR;
CREATE OR REPLACE MACRO lineal.bytes(v) AS CASE WHEN length(lineal.string(v)) % 4 = 0
  THEN from_base64(lineal.taken(lineal.string(v), '[A-Za-z0-9+/]*={0,2}', 'base64')) ELSE error('upcast: base64 is expected') END;
CREATE OR REPLACE MACRO lineal.base64(v) AS to_json(to_base64(lineal.bytes(v)))::VARCHAR;
CREATE OR REPLACE MACRO lineal.base64_hex(v) AS to_json(lineal.lower(hex(lineal.bytes(v))))::VARCHAR;
CREATE OR REPLACE MACRO lineal.hex_base64(v) AS to_json(to_base64(unhex(
  lineal.taken(lineal.string(v), '([0-9a-f]{2})*', 'hexadecimal in small letters'))))::VARCHAR;
CREATE OR REPLACE MACRO lineal.utf8_base64(v) AS to_json(to_base64(encode(lineal.string(v))))::VARCHAR;
CREATE OR REPLACE MACRO lineal.base64_utf8(v) AS to_json(decode(lineal.bytes(v)))::VARCHAR;

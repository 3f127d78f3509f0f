-- What generated PostgreSQL functions call: the functions of the language, on jsonb. NULL is absence.
-- Everything is exact, or raises. What may raise is STABLE, not IMMUTABLE: of an event written into a query the planner
-- would otherwise compute, and refuse, branches that are never taken. PostgreSQL 14 and later.
CREATE SCHEMA IF NOT EXISTS lineal;

CREATE OR REPLACE FUNCTION lineal.fail(reason text, event jsonb) RETURNS jsonb LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN RAISE EXCEPTION 'upcast: %', reason USING ERRCODE = 'data_exception'; END $$;

CREATE OR REPLACE FUNCTION lineal.refuse(reason text, anything text) RETURNS void LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN RAISE EXCEPTION 'upcast: %, found %', reason, left(anything, 60) USING ERRCODE = 'data_exception'; END $$;

CREATE OR REPLACE FUNCTION lineal.computed(VARIADIC checks jsonb[]) RETURNS boolean LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN RETURN TRUE; END $$;

CREATE OR REPLACE FUNCTION lineal.string(v jsonb) RETURNS text LANGUAGE plpgsql STRICT STABLE PARALLEL SAFE AS $$
BEGIN IF jsonb_typeof(v) <> 'string' THEN PERFORM lineal.refuse('a text is expected', v::text); END IF; RETURN v #>> '{}'; END $$;

CREATE OR REPLACE FUNCTION lineal.truth(v jsonb) RETURNS boolean LANGUAGE plpgsql STRICT STABLE PARALLEL SAFE AS $$
BEGIN IF jsonb_typeof(v) <> 'boolean' THEN PERFORM lineal.refuse('true or false is expected', v::text); END IF; RETURN v::boolean; END $$;

CREATE OR REPLACE FUNCTION lineal.list(v jsonb) RETURNS jsonb LANGUAGE plpgsql STRICT STABLE PARALLEL SAFE AS $$
BEGIN IF jsonb_typeof(v) <> 'array' THEN PERFORM lineal.refuse('a list is expected', v::text); END IF; RETURN v; END $$;

CREATE OR REPLACE FUNCTION lineal.member(v jsonb, name text) RETURNS jsonb LANGUAGE plpgsql STRICT STABLE PARALLEL SAFE AS $$
BEGIN
  IF jsonb_typeof(v) = 'null' THEN RETURN NULL; END IF;
  IF jsonb_typeof(v) <> 'object' THEN PERFORM lineal.refuse('a record is expected', v::text); END IF;
  RETURN v -> name;
END $$;

-- Numbers: whole ones are exact, all others are doubles, as JSON readers take them.
CREATE OR REPLACE FUNCTION lineal.numeral(v jsonb) RETURNS numeric LANGUAGE plpgsql STRICT STABLE PARALLEL SAFE AS $$
DECLARE n numeric;
BEGIN
  IF jsonb_typeof(v) <> 'number' THEN PERFORM lineal.refuse('a number is expected', v::text); END IF;
  n := v::numeric;
  RETURN CASE WHEN n = trunc(n) THEN trunc(n) ELSE (n::float8)::text::numeric END;
END $$;

CREATE OR REPLACE FUNCTION lineal.whole(v jsonb) RETURNS numeric LANGUAGE plpgsql STRICT STABLE PARALLEL SAFE AS $$
DECLARE n numeric := lineal.numeral(v);
BEGIN IF n <> trunc(n) THEN PERFORM lineal.refuse('a whole number is expected', v::text); END IF; RETURN n; END $$;

CREATE OR REPLACE FUNCTION lineal.fits(n numeric) RETURNS numeric LANGUAGE plpgsql STRICT STABLE PARALLEL SAFE AS $$
BEGIN
  IF n < -9223372036854775808 OR n > 9223372036854775807 THEN PERFORM lineal.refuse('the number does not fit 64 bits', n::text); END IF;
  RETURN n;
END $$;

CREATE OR REPLACE FUNCTION lineal.remainder(a numeric, b numeric) RETURNS numeric LANGUAGE plpgsql STRICT STABLE PARALLEL SAFE AS $$
BEGIN RETURN lineal.fits(mod(a, b)); END $$;

-- Of two whole numbers the result is exact up to 2^53, where doubles and whole numbers agree; beyond it is refused,
-- since jsonb does not keep whether 1e18 was written as a double.
CREATE OR REPLACE FUNCTION lineal.exact(n numeric, a numeric, b numeric) RETURNS jsonb LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
  IF greatest(abs(n), abs(a), abs(b)) > 9007199254740992 THEN PERFORM lineal.refuse('a number beyond 2^53 is computed with as a double', n::text); END IF;
  RETURN to_jsonb(n);
END $$;

CREATE OR REPLACE FUNCTION lineal.plus(a jsonb, b jsonb) RETURNS jsonb LANGUAGE plpgsql STRICT STABLE PARALLEL SAFE AS $$
DECLARE x numeric := lineal.numeral(a); y numeric := lineal.numeral(b);
BEGIN
  IF x = trunc(x) AND y = trunc(y) THEN RETURN lineal.exact(x + y, x, y); END IF;
  RETURN to_jsonb(x::float8 + y::float8);
END $$;

CREATE OR REPLACE FUNCTION lineal.minus(a jsonb, b jsonb) RETURNS jsonb LANGUAGE plpgsql STRICT STABLE PARALLEL SAFE AS $$
DECLARE x numeric := lineal.numeral(a); y numeric := lineal.numeral(b);
BEGIN
  IF x = trunc(x) AND y = trunc(y) THEN RETURN lineal.exact(x - y, x, y); END IF;
  RETURN to_jsonb(x::float8 - y::float8);
END $$;

CREATE OR REPLACE FUNCTION lineal.times(a jsonb, b jsonb) RETURNS jsonb LANGUAGE plpgsql STRICT STABLE PARALLEL SAFE AS $$
DECLARE x numeric := lineal.numeral(a); y numeric := lineal.numeral(b);
BEGIN
  IF x = trunc(x) AND y = trunc(y) THEN RETURN lineal.exact(x * y, x, y); END IF;
  RETURN to_jsonb(x::float8 * y::float8);
END $$;

CREATE OR REPLACE FUNCTION lineal.divide(a jsonb, b jsonb) RETURNS jsonb LANGUAGE plpgsql STRICT STABLE PARALLEL SAFE AS $$
BEGIN RETURN to_jsonb(lineal.numeral(a)::float8 / lineal.numeral(b)::float8); END $$;

CREATE OR REPLACE FUNCTION lineal.to_double(v jsonb) RETURNS jsonb LANGUAGE plpgsql STRICT STABLE PARALLEL SAFE AS $$
BEGIN RETURN to_jsonb(lineal.numeral(v)::float8); END $$;

CREATE OR REPLACE FUNCTION lineal.to_whole(v jsonb) RETURNS numeric LANGUAGE plpgsql STRICT STABLE PARALLEL SAFE AS $$
BEGIN
  IF jsonb_typeof(v) <> 'string' THEN RETURN lineal.fits(trunc(lineal.numeral(v))); END IF;
  IF (v #>> '{}') !~ '^-?[0-9]{1,40}$' THEN PERFORM lineal.refuse('a whole number in digits is expected', v::text); END IF;
  RETURN lineal.fits((v #>> '{}')::numeric);
END $$;

CREATE OR REPLACE FUNCTION lineal.scale(v jsonb, over numeric, under numeric, rounding text, result text, places int) RETURNS jsonb
LANGUAGE plpgsql STRICT STABLE PARALLEL SAFE AS $$
DECLARE n numeric; units numeric; rest numeric; twice numeric; away numeric; further boolean; unit numeric := ('1e' || places)::numeric;
BEGIN
  IF jsonb_typeof(v) = 'string' THEN
    IF (v #>> '{}') !~ '^-?[0-9]{1,200}(\.[0-9]{1,200})?$' THEN PERFORM lineal.refuse('a number is expected', v::text); END IF;
    n := (v #>> '{}')::numeric;
  ELSE n := lineal.numeral(v);
  END IF;
  n := n * over * unit;
  units := div(n, under);
  rest := n - units * under;
  IF rest <> 0 THEN
    away := sign(n) * sign(under);
    twice := 2 * abs(rest) - abs(under);
    IF rounding = 'exact' THEN PERFORM lineal.refuse('the number needs rounding', v::text); END IF;
    further := CASE rounding WHEN 'up' THEN TRUE WHEN 'down' THEN FALSE WHEN 'floor' THEN away < 0 WHEN 'ceiling' THEN away > 0
        WHEN 'half_up' THEN twice >= 0 WHEN 'half_down' THEN twice > 0 ELSE twice > 0 OR (twice = 0 AND mod(units, 2) <> 0) END;
    IF further THEN units := units + away; END IF;
  END IF;
  units := trunc(units);
  IF result = 'int32' AND (units < -2147483648 OR units > 2147483647) THEN PERFORM lineal.refuse('the number does not fit int32', units::text); END IF;
  IF result = 'int64' THEN RETURN to_jsonb(lineal.fits(units)); END IF;
  IF result = 'string' THEN RETURN to_jsonb((units * ('1e-' || places)::numeric)::text); END IF;
  IF result = 'double' THEN RETURN to_jsonb((units * ('1e-' || places)::numeric)::text::float8); END IF;
  RETURN to_jsonb(units);
END $$;

-- Texts: letters beyond ASCII stay as they are, so that every language agrees.
CREATE OR REPLACE FUNCTION lineal.lower(v text) RETURNS text LANGUAGE sql STRICT IMMUTABLE PARALLEL SAFE AS
$$ SELECT translate(v, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz') $$;
CREATE OR REPLACE FUNCTION lineal.upper(v text) RETURNS text LANGUAGE sql STRICT IMMUTABLE PARALLEL SAFE AS
$$ SELECT translate(v, 'abcdefghijklmnopqrstuvwxyz', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ') $$;
CREATE OR REPLACE FUNCTION lineal.trim(v text) RETURNS text LANGUAGE sql STRICT IMMUTABLE PARALLEL SAFE AS
$$ SELECT btrim(v, E' \t\n\r\f\v') $$;
CREATE OR REPLACE FUNCTION lineal.contains(v text, part text) RETURNS boolean LANGUAGE sql STRICT IMMUTABLE PARALLEL SAFE AS
$$ SELECT strpos(v, part) > 0 $$;
CREATE OR REPLACE FUNCTION lineal.startswith(v text, part text) RETURNS boolean LANGUAGE sql STRICT IMMUTABLE PARALLEL SAFE AS
$$ SELECT starts_with(v, part) $$;
CREATE OR REPLACE FUNCTION lineal.endswith(v text, part text) RETURNS boolean LANGUAGE sql STRICT IMMUTABLE PARALLEL SAFE AS
$$ SELECT part = '' OR right(v, length(part)) = part $$;

CREATE OR REPLACE FUNCTION lineal.before(v text, separator text) RETURNS text LANGUAGE plpgsql STRICT STABLE PARALLEL SAFE AS $$
BEGIN IF separator = '' THEN PERFORM lineal.refuse('the separator is empty', v); END IF; RETURN split_part(v, separator, 1); END $$;

CREATE OR REPLACE FUNCTION lineal.after(v text, separator text) RETURNS text LANGUAGE plpgsql STRICT STABLE PARALLEL SAFE AS $$
DECLARE place int := strpos(v, separator);
BEGIN
  IF separator = '' THEN PERFORM lineal.refuse('the separator is empty', v); END IF;
  RETURN CASE WHEN place = 0 THEN '' ELSE substr(v, place + length(separator)) END;
END $$;

CREATE OR REPLACE FUNCTION lineal.part(v text, first numeric, last numeric) RETURNS text LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
  IF first < 0 OR last < 0 THEN PERFORM lineal.refuse('substring counts from 0', v); END IF;
  first := least(first, length(v));
  RETURN substr(v, first::int + 1, greatest(least(coalesce(last, length(v)), length(v)) - first, 0)::int);
END $$;

CREATE OR REPLACE FUNCTION lineal.piece(v jsonb, separator text, pieces int, index int) RETURNS jsonb LANGUAGE plpgsql STRICT STABLE PARALLEL SAFE AS $$
DECLARE parts text[] := string_to_array(lineal.string(v), separator);
BEGIN
  IF coalesce(array_length(parts, 1), 1) < pieces THEN PERFORM lineal.refuse('too few separators', v::text); END IF;
  RETURN to_jsonb(CASE WHEN index < pieces - 1 THEN parts[index + 1] ELSE array_to_string(parts[pieces:], separator) END);
END $$;

CREATE OR REPLACE FUNCTION lineal.size(v jsonb) RETURNS numeric LANGUAGE plpgsql STRICT STABLE PARALLEL SAFE AS $$
BEGIN
  CASE jsonb_typeof(v)
    WHEN 'string' THEN RETURN length(v #>> '{}');
    WHEN 'array' THEN RETURN jsonb_array_length(v);
    WHEN 'object' THEN RETURN (SELECT count(*) FROM jsonb_object_keys(v));
    ELSE PERFORM lineal.refuse('a text, list or map is expected', v::text);
  END CASE;
  RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION lineal.unwrap(v jsonb, take text) RETURNS jsonb LANGUAGE plpgsql STRICT STABLE PARALLEL SAFE AS $$
BEGIN
  IF take = 'one' AND jsonb_array_length(lineal.list(v)) <> 1 THEN PERFORM lineal.refuse('exactly one item is expected', v::text); END IF;
  RETURN lineal.list(v) -> CASE take WHEN 'last' THEN -1 ELSE 0 END;
END $$;

CREATE OR REPLACE FUNCTION lineal.entries_to_list(v jsonb, key text, value text) RETURNS jsonb LANGUAGE plpgsql STRICT STABLE PARALLEL SAFE AS $$
BEGIN
  IF jsonb_typeof(v) <> 'object' THEN PERFORM lineal.refuse('a map is expected', v::text); END IF;
  RETURN (SELECT coalesce(jsonb_agg(jsonb_build_object(key, k, value, v -> k) ORDER BY k COLLATE "C"), '[]') FROM jsonb_object_keys(v) AS k);
END $$;

CREATE OR REPLACE FUNCTION lineal.entries_to_map(v jsonb, key text, value text) RETURNS jsonb LANGUAGE plpgsql STRICT STABLE PARALLEL SAFE AS $$
DECLARE item jsonb; result jsonb := '{}';
BEGIN
  FOR item IN SELECT * FROM jsonb_array_elements(lineal.list(v)) LOOP
    IF jsonb_typeof(item) <> 'object' OR jsonb_typeof(item -> key) IS DISTINCT FROM 'string' OR NOT item ? value THEN
      PERFORM lineal.refuse('an item is no record of key and value', item::text);
    END IF;
    IF result ? (item ->> key) THEN PERFORM lineal.refuse('a key comes twice', item ->> key); END IF;
    result := result || jsonb_build_object(item ->> key, item -> value);
  END LOOP;
  RETURN result;
END $$;

-- Codecs
CREATE OR REPLACE FUNCTION lineal.digits(v jsonb) RETURNS numeric LANGUAGE plpgsql STRICT STABLE PARALLEL SAFE AS $$
BEGIN
  IF jsonb_typeof(v) <> 'number' OR v::text !~ '^-?[0-9]+$' THEN PERFORM lineal.refuse('a whole number is expected', v::text); END IF;
  RETURN v::numeric;
END $$;
CREATE OR REPLACE FUNCTION lineal.int_string(v jsonb) RETURNS jsonb LANGUAGE plpgsql STRICT STABLE PARALLEL SAFE AS $$
BEGIN RETURN to_jsonb(lineal.digits(v)::text); END $$;
CREATE OR REPLACE FUNCTION lineal.string_int(v jsonb) RETURNS jsonb LANGUAGE plpgsql STRICT STABLE PARALLEL SAFE AS $$
BEGIN
  IF length(lineal.string(v)) > 400 OR lineal.string(v) !~ '^(0|-?[1-9][0-9]*)$' THEN PERFORM lineal.refuse('a whole number in digits is expected', v::text); END IF;
  RETURN to_jsonb((v #>> '{}')::numeric);
END $$;
CREATE OR REPLACE FUNCTION lineal.bool_string(v jsonb) RETURNS jsonb LANGUAGE plpgsql STRICT STABLE PARALLEL SAFE AS $$
BEGIN RETURN to_jsonb(CASE WHEN lineal.truth(v) THEN 'true' ELSE 'false' END); END $$;
CREATE OR REPLACE FUNCTION lineal.string_bool(v jsonb) RETURNS jsonb LANGUAGE plpgsql STRICT STABLE PARALLEL SAFE AS $$
BEGIN
  IF lineal.string(v) NOT IN ('true', 'false') THEN PERFORM lineal.refuse('neither true nor false', v::text); END IF;
  RETURN to_jsonb(lineal.string(v) = 'true');
END $$;
CREATE OR REPLACE FUNCTION lineal.double_int(v jsonb) RETURNS jsonb LANGUAGE plpgsql STRICT STABLE PARALLEL SAFE AS $$
BEGIN
  IF abs(lineal.whole(v)) > 9007199254740992 THEN PERFORM lineal.refuse('a number beyond 2^53 may be a double', v::text); END IF;
  RETURN to_jsonb(lineal.whole(v));
END $$;
CREATE OR REPLACE FUNCTION lineal.int_double(v jsonb) RETURNS jsonb LANGUAGE plpgsql STRICT STABLE PARALLEL SAFE AS $$
BEGIN
  IF abs(lineal.digits(v)) > 9007199254740992 THEN PERFORM lineal.refuse('a number beyond 2^53 may have no exact double', v::text); END IF;
  RETURN v;
END $$;
CREATE OR REPLACE FUNCTION lineal.thousandfold(v jsonb) RETURNS jsonb LANGUAGE plpgsql STRICT STABLE PARALLEL SAFE AS $$
BEGIN RETURN to_jsonb(lineal.fits(lineal.digits(v) * 1000)); END $$;
CREATE OR REPLACE FUNCTION lineal.millionfold(v jsonb) RETURNS jsonb LANGUAGE plpgsql STRICT STABLE PARALLEL SAFE AS $$
BEGIN RETURN to_jsonb(lineal.fits(lineal.digits(v) * 1000000)); END $$;
CREATE OR REPLACE FUNCTION lineal.over(n numeric, factor numeric) RETURNS jsonb LANGUAGE plpgsql STRICT STABLE PARALLEL SAFE AS $$
BEGIN IF mod(n, factor) <> 0 THEN PERFORM lineal.refuse('finer than the new unit', n::text); END IF; RETURN to_jsonb(div(n, factor)); END $$;
CREATE OR REPLACE FUNCTION lineal.thousandth(v jsonb) RETURNS jsonb LANGUAGE sql STRICT STABLE PARALLEL SAFE AS
$$ SELECT lineal.over(lineal.digits(v), 1000) $$;
CREATE OR REPLACE FUNCTION lineal.millionth(v jsonb) RETURNS jsonb LANGUAGE sql STRICT STABLE PARALLEL SAFE AS
$$ SELECT lineal.over(lineal.digits(v), 1000000) $$;

-- Numbers as texts. What is no whole number is a double, written as ECMAScript writes it.
CREATE OR REPLACE FUNCTION lineal.number_string(v jsonb) RETURNS jsonb LANGUAGE plpgsql STRICT STABLE PARALLEL SAFE AS $$
DECLARE n numeric := lineal.numeral(v); digits text; places int;
BEGIN
  IF scale(v::numeric) = 0 AND n = trunc(n) AND abs(n) <= 9007199254740992 THEN RETURN to_jsonb(n::text); END IF;
  IF n = trunc(n) AND abs(n) > 9007199254740992 THEN PERFORM lineal.refuse('a number beyond 2^53 may be a double', v::text); END IF;
  digits := trim_scale(abs(n))::text;
  IF abs(n) < 0.000001 AND n <> 0 THEN
    places := length(substring(digits from '^0\.(0*)')) + 1;
    digits := substr(digits, 2 + places);
    digits := left(digits, 1) || CASE WHEN length(digits) > 1 THEN '.' || substr(digits, 2) ELSE '' END || 'e-' || places;
  END IF;
  RETURN to_jsonb(CASE WHEN n < 0 THEN '-' ELSE '' END || digits);
END $$;
CREATE OR REPLACE FUNCTION lineal.like(v jsonb, pattern text, what text) RETURNS text LANGUAGE plpgsql STRICT STABLE PARALLEL SAFE AS $$
BEGIN IF lineal.string(v) !~ pattern THEN PERFORM lineal.refuse(what || ' is expected', v::text); END IF; RETURN v #>> '{}'; END $$;
CREATE OR REPLACE FUNCTION lineal.string_number(v jsonb) RETURNS jsonb LANGUAGE plpgsql STRICT STABLE PARALLEL SAFE AS $$
DECLARE t text := lineal.like(v, '^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]{1,3})?$', 'a number');
BEGIN
  IF length(t) > 400 THEN PERFORM lineal.refuse('a number of up to 400 characters is expected', v::text); END IF;
  RETURN CASE WHEN t ~ '^(0|-?[1-9][0-9]*)$' THEN to_jsonb(t::numeric) ELSE to_jsonb(t::float8) END;
END $$;

-- Decimals, dates, moments, bytes and UUIDs, which are texts in JSON.
CREATE OR REPLACE FUNCTION lineal.decimal_string(v jsonb) RETURNS jsonb LANGUAGE plpgsql STRICT STABLE PARALLEL SAFE AS $$
BEGIN RETURN to_jsonb(lineal.like(v, '^-?(0|[1-9][0-9]*)(\.[0-9]+)?$', 'a decimal in digits')); END $$;
CREATE OR REPLACE FUNCTION lineal.string_decimal(v jsonb) RETURNS jsonb LANGUAGE plpgsql STRICT STABLE PARALLEL SAFE AS $$
BEGIN
  IF length(lineal.string(v)) > 400 THEN PERFORM lineal.refuse('a decimal of up to 400 characters is expected', v::text); END IF;
  RETURN lineal.decimal_string(v);
END $$;
CREATE OR REPLACE FUNCTION lineal.decimal_int(v jsonb) RETURNS jsonb LANGUAGE plpgsql STRICT STABLE PARALLEL SAFE AS $$
DECLARE n numeric := lineal.like(v, '^-?(0|[1-9][0-9]*)(\.[0-9]+)?$', 'a decimal in digits')::numeric;
BEGIN
  IF n <> trunc(n) THEN PERFORM lineal.refuse('a whole number is expected', v::text); END IF;
  RETURN to_jsonb(trunc(n));
END $$;
CREATE OR REPLACE FUNCTION lineal.decimal_double(v jsonb) RETURNS jsonb LANGUAGE plpgsql STRICT STABLE PARALLEL SAFE AS $$
BEGIN RETURN to_jsonb(lineal.like(v, '^-?(0|[1-9][0-9]*)(\.[0-9]+)?$', 'a decimal in digits')::float8); END $$;
CREATE OR REPLACE FUNCTION lineal.full_date(v jsonb) RETURNS jsonb LANGUAGE plpgsql STRICT STABLE PARALLEL SAFE AS $$
BEGIN PERFORM lineal.days(lineal.like(v, '^[0-9]{4}-[0-9]{2}-[0-9]{2}$', 'a full-date of RFC 3339')); RETURN v; END $$;
-- Days from 1970 of a full-date; one that the calendar does not have is refused by PostgreSQL itself.
CREATE OR REPLACE FUNCTION lineal.days(t text) RETURNS int LANGUAGE plpgsql STRICT STABLE PARALLEL SAFE AS $$
BEGIN RETURN make_date(substr(t, 1, 4)::int, substr(t, 6, 2)::int, substr(t, 9, 2)::int) - date '1970-01-01'; END $$;
-- Microseconds from 1970 of a text in RFC 3339, section 5.6.
CREATE OR REPLACE FUNCTION lineal.micros(v jsonb) RETURNS bigint LANGUAGE plpgsql STRICT STABLE PARALLEL SAFE AS $$
DECLARE p text[]; away int;
BEGIN
  p := regexp_match(lineal.string(v), '^([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt]([0-9]{2}):([0-9]{2}):([0-9]{2})(\.([0-9]{1,6})0{0,3})?([Zz]|([-+])([0-9]{2}):([0-9]{2}))$');
  IF p IS NULL OR p[2] > '23' OR p[3] > '59' OR p[4] > '59' OR p[9] > '23' OR p[10] > '59' THEN
    PERFORM lineal.refuse('a date-time of RFC 3339, no finer than a microsecond, is expected', v::text);
  END IF;
  away := (coalesce(p[9], '0')::int * 60 + coalesce(p[10], '0')::int) * CASE p[8] WHEN '-' THEN -1 ELSE 1 END;
  RETURN ((lineal.days(p[1])::bigint * 24 + p[2]::int) * 60 + p[3]::int - away) * 60000000 + p[4]::int * 1000000
    + rpad(coalesce(p[6], ''), 6, '0')::int;
END $$;
-- A moment in RFC 3339; without the number of digits after the point, six of them, or none where they are zero.
CREATE OR REPLACE FUNCTION lineal.moment(micros numeric, places int) RETURNS jsonb LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE seconds numeric := floor(micros / 1000000); part int := micros - floor(micros / 1000000) * 1000000; days int; rest int;
BEGIN
  IF seconds < -62135596800 OR seconds >= 253402300800 THEN PERFORM lineal.refuse('a moment outside the years 1 to 9999', micros::text); END IF;
  days := floor(seconds / 86400);
  rest := seconds - days::bigint * 86400;
  places := coalesce(places, CASE part WHEN 0 THEN 0 ELSE 6 END);
  RETURN to_jsonb(to_char(date '1970-01-01' + days, 'YYYY-MM-DD') || 'T' || lpad((rest / 3600)::text, 2, '0') || ':'
    || lpad((rest / 60 % 60)::text, 2, '0') || ':' || lpad((rest % 60)::text, 2, '0')
    || CASE places WHEN 0 THEN '' ELSE '.' || left(lpad(part::text, 6, '0'), places) END || 'Z');
END $$;
CREATE OR REPLACE FUNCTION lineal.s_rfc(v jsonb) RETURNS jsonb LANGUAGE plpgsql STRICT STABLE PARALLEL SAFE AS $$
BEGIN RETURN lineal.moment(lineal.digits(v) * 1000000, 0); END $$;
CREATE OR REPLACE FUNCTION lineal.s_iso(v jsonb) RETURNS jsonb LANGUAGE plpgsql STRICT STABLE PARALLEL SAFE AS $$
BEGIN RETURN lineal.moment(lineal.digits(v) * 1000000, NULL); END $$;
CREATE OR REPLACE FUNCTION lineal.rfc_s_epoch(v jsonb) RETURNS jsonb LANGUAGE plpgsql STRICT STABLE PARALLEL SAFE AS $$
BEGIN RETURN lineal.over(lineal.micros(v), 1000000); END $$;
CREATE OR REPLACE FUNCTION lineal.ms_rfc(v jsonb) RETURNS jsonb LANGUAGE plpgsql STRICT STABLE PARALLEL SAFE AS $$
BEGIN RETURN lineal.moment(lineal.digits(v) * 1000, 3); END $$;
CREATE OR REPLACE FUNCTION lineal.ms_iso(v jsonb) RETURNS jsonb LANGUAGE plpgsql STRICT STABLE PARALLEL SAFE AS $$
BEGIN RETURN lineal.moment(lineal.digits(v) * 1000, NULL); END $$;
CREATE OR REPLACE FUNCTION lineal.rfc_ms_epoch(v jsonb) RETURNS jsonb LANGUAGE plpgsql STRICT STABLE PARALLEL SAFE AS $$
BEGIN RETURN lineal.over(lineal.micros(v), 1000); END $$;
CREATE OR REPLACE FUNCTION lineal.us_rfc(v jsonb) RETURNS jsonb LANGUAGE plpgsql STRICT STABLE PARALLEL SAFE AS $$
BEGIN RETURN lineal.moment(lineal.digits(v) * 1, 6); END $$;
CREATE OR REPLACE FUNCTION lineal.us_iso(v jsonb) RETURNS jsonb LANGUAGE plpgsql STRICT STABLE PARALLEL SAFE AS $$
BEGIN RETURN lineal.moment(lineal.digits(v) * 1, NULL); END $$;
CREATE OR REPLACE FUNCTION lineal.rfc_us_epoch(v jsonb) RETURNS jsonb LANGUAGE plpgsql STRICT STABLE PARALLEL SAFE AS $$
BEGIN RETURN lineal.over(lineal.micros(v), 1); END $$;
CREATE OR REPLACE FUNCTION lineal.rfc_iso(v jsonb) RETURNS jsonb LANGUAGE plpgsql STRICT STABLE PARALLEL SAFE AS $$
BEGIN RETURN lineal.moment(lineal.micros(v), NULL); END $$;
CREATE OR REPLACE FUNCTION lineal.rfc_us(v jsonb) RETURNS jsonb LANGUAGE plpgsql STRICT STABLE PARALLEL SAFE AS $$
BEGIN RETURN lineal.moment(lineal.micros(v), 6); END $$;
CREATE OR REPLACE FUNCTION lineal.uuid(v jsonb) RETURNS jsonb LANGUAGE plpgsql STRICT STABLE PARALLEL SAFE AS $$
BEGIN RETURN to_jsonb(lineal.lower(lineal.like(v, '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$', 'a UUID'))); END $$;
CREATE OR REPLACE FUNCTION lineal.bytes(v jsonb) RETURNS bytea LANGUAGE plpgsql STRICT STABLE PARALLEL SAFE AS $$
DECLARE t text := lineal.like(v, '^[A-Za-z0-9+/]*={0,2}$', 'base64');
BEGIN
  IF length(t) % 4 <> 0 THEN PERFORM lineal.refuse('base64 is expected', v::text); END IF;
  RETURN decode(t, 'base64');
END $$;
CREATE OR REPLACE FUNCTION lineal.in_base64(b bytea) RETURNS jsonb LANGUAGE sql STRICT IMMUTABLE PARALLEL SAFE AS
$$ SELECT to_jsonb(translate(encode(b, 'base64'), E'\n', '')) $$;
CREATE OR REPLACE FUNCTION lineal.base64(v jsonb) RETURNS jsonb LANGUAGE plpgsql STRICT STABLE PARALLEL SAFE AS $$
BEGIN RETURN lineal.in_base64(lineal.bytes(v)); END $$;
CREATE OR REPLACE FUNCTION lineal.base64_hex(v jsonb) RETURNS jsonb LANGUAGE plpgsql STRICT STABLE PARALLEL SAFE AS $$
BEGIN RETURN to_jsonb(encode(lineal.bytes(v), 'hex')); END $$;
CREATE OR REPLACE FUNCTION lineal.hex_base64(v jsonb) RETURNS jsonb LANGUAGE plpgsql STRICT STABLE PARALLEL SAFE AS $$
BEGIN RETURN lineal.in_base64(decode(lineal.like(v, '^([0-9a-f]{2})*$', 'hexadecimal in small letters'), 'hex')); END $$;
CREATE OR REPLACE FUNCTION lineal.utf8_base64(v jsonb) RETURNS jsonb LANGUAGE plpgsql STRICT STABLE PARALLEL SAFE AS $$
BEGIN RETURN lineal.in_base64(convert_to(lineal.string(v), 'UTF8')); END $$;
CREATE OR REPLACE FUNCTION lineal.base64_utf8(v jsonb) RETURNS jsonb LANGUAGE plpgsql STRICT STABLE PARALLEL SAFE AS $$
BEGIN RETURN to_jsonb(convert_from(lineal.bytes(v), 'UTF8')); END $$;

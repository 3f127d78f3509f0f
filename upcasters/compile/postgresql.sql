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
BEGIN RETURN to_jsonb(lineal.whole(v)); END $$;
CREATE OR REPLACE FUNCTION lineal.int_double(v jsonb) RETURNS jsonb LANGUAGE plpgsql STRICT STABLE PARALLEL SAFE AS $$
BEGIN
  IF abs(lineal.digits(v)) > 9007199254740992 THEN PERFORM lineal.refuse('the number may have no exact double', v::text); END IF;
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

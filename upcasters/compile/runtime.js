// What generated upcasters call: the functions of the language, on values as JSON.parse gives them.
// Absent is undefined. Whole numbers are exact up to 2^53 and refused beyond it.

const fail = (message) => { throw new TypeError(message); };
const sort = (v) => v === undefined ? "nothing" : v === null ? "null" : Array.isArray(v) ? "a list"
  : { string: "a text", number: "a number", boolean: "true or false", object: "a record" }[typeof v];
const own = (r, name) => Object.hasOwn(r, name) ? r[name] : undefined;
const record = (v) => v !== null && typeof v === "object" && !Array.isArray(v) ? v : fail(`${sort(v)} where a record is expected`);
const list = (v) => Array.isArray(v) ? v : fail(`${sort(v)} where a list is expected`);
const text = (v) => typeof v === "string" ? v : fail(`${sort(v)} where a text is expected`);
const truth = (v) => typeof v === "boolean" ? v : fail(`${sort(v)} where true or false is expected`);
const present = (v) => v === undefined ? fail("a value is absent that an operation cannot do without") : v;
const int = (v) => Number.isSafeInteger(v) ? v : fail(`${v} is no whole number of up to 53 bits`);
const put = (r, name, v) => {
  if (name === "__proto__") Object.defineProperty(r, name, { value: v, enumerable: true, configurable: true, writable: true });
  else r[name] = v;
};
const rest = (r, source, known) => { for (const name of Object.keys(source)) if (!known.has(name)) put(r, name, source[name]); };
const fresh = (v) => structuredClone(v);
const prune = (v) => Object.keys(v).length ? v : undefined;

const lookup = (table, v, otherwise) => {
  const key = typeof v === "string" || typeof v === "number" || typeof v === "boolean" ? v : undefined;
  return key !== undefined && table.has(key) ? table.get(key) : otherwise(v);
};
const unlisted = (v) => fail(`the table does not list ${JSON.stringify(v)}`);
const unwrap = (v, take) => {
  list(v);
  if (take === "one" && v.length !== 1) fail(`${v.length} items where exactly one is expected`);
  return take === "last" ? v[v.length - 1] : v[0];
};
const entriesToList = (v, key, value) => Object.keys(record(v)).sort(compare).map((k) => ({ [key]: k, [value]: v[k] }));
const entriesToMap = (v, key, value) => {
  const result = {};
  for (const item of list(v)) {
    const k = own(record(item), key);
    if (typeof k !== "string" || !Object.hasOwn(item, value)) fail(`an item is no record of ${key} and ${value}`);
    if (Object.hasOwn(result, k)) fail(`the key ${k} comes twice`);
    put(result, k, item[value]);
  }
  return result;
};
const piece = (v, separator, count, index) => {
  const parts = text(v).split(separator);
  if (parts.length < count) fail(`fewer than ${count - 1} separators`);
  return index < count - 1 ? parts[index] : parts.slice(count - 1).join(separator);
};
const joined = (separator, ...texts) =>
  texts.some((t) => t === undefined || t === null) ? undefined : texts.map(text).join(separator);
const eachItem = (change, v) => v === undefined || v === null ? v : list(v).map((item) => item === null ? null : present(change(item)));
const eachValue = (change, v) => {
  if (v === undefined || v === null) return v;
  const result = {};
  for (const [name, item] of Object.entries(record(v))) put(result, name, item === null ? null : present(change(item)));
  return result;
};
const each = (change, v) => v !== null && typeof v === "object" && !Array.isArray(v) ? eachValue(change, v) : eachItem(change, v);
const arm = (v) => v === null ? "null" : Array.isArray(v) ? "array" : typeof v;

const fraction = (v) => {
  const written = typeof v === "number" ? String(v) : text(v);
  const m = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([-+]?\d{1,3}))?$/.exec(written) ?? fail(`${written.slice(0, 60)} is not a number`);
  const exponent = Number(m[4] ?? 0) - (m[3] ?? "").length;
  const digits = BigInt(m[1] + m[2] + (m[3] ?? ""));
  return exponent >= 0 ? [digits * 10n ** BigInt(exponent), 1n] : [digits, 10n ** BigInt(-exponent)];
};
const scale = (v, over, under, rounding, result, places) => {
  let [n, d] = fraction(v);
  n *= over * 10n ** BigInt(places);
  d *= under;
  if (d < 0n) { n = -n; d = -d; }
  let units = n / d;
  const left = n - units * d;
  if (left !== 0n) {
    if (rounding === "exact") fail("the number needs rounding");
    const away = left < 0n ? -1n : 1n;
    const twice = (left < 0n ? -left : left) * 2n;
    const up = { up: true, down: false, floor: away < 0n, ceiling: away > 0n, half_up: twice >= d, half_down: twice > d,
      half_even: twice > d || (twice === d && units % 2n !== 0n) }[rounding];
    if (up) units += away;
  }
  if (result === "int32" && (units < -2147483648n || units > 2147483647n)) fail(`${units} does not fit int32`);
  if (result === "string") {
    const digits = String(units < 0n ? -units : units).padStart(places + 1, "0");
    return (units < 0n ? "-" : "") + (places ? `${digits.slice(0, -places)}.${digits.slice(-places)}` : digits);
  }
  return result === "double" ? Number(`${units}e-${places}`) : int(Number(units));
};

const plus = (a, b) => typeof a === "string" && typeof b === "string" ? a + b
  : Array.isArray(a) && Array.isArray(b) ? [...a, ...b] : number(a) + number(b);
const number = (v) => typeof v === "number" ? v : fail(`${sort(v)} where a number is expected`);
const minus = (a, b) => number(a) - number(b);
const times = (a, b) => number(a) * number(b);
const divide = (a, b) => number(b) === 0 ? fail("division by zero") : number(a) / b;
const remainder = (a, b) => number(b) === 0 ? fail("division by zero") : (number(a) % b) + 0;
const equal = (a, b) => {
  if (a === b) return true;
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((item, i) => equal(item, b[i]));
  if (a === null || b === null || typeof a !== "object" || typeof b !== "object" || Array.isArray(a) || Array.isArray(b)) return false;
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => Object.hasOwn(b, name) && equal(a[name], b[name]));
};
const compare = (a, b) => {
  if (typeof a === "number" && typeof b === "number") return a - b;
  const one = Array.from(text(a)), other = Array.from(text(b));
  for (let i = 0; i < one.length && i < other.length; i++) if (one[i] !== other[i]) return one[i].codePointAt(0) - other[i].codePointAt(0);
  return one.length - other.length;
};
const contained = (v, items) => Array.isArray(items) ? items.some((item) => equal(v, item)) : Object.hasOwn(record(items), text(v));
const member = (v, path) => {
  for (const name of path) {
    if (v === undefined || v === null) return undefined;
    v = own(record(v), name);
  }
  return v;
};
const call = {
  size: (v) => typeof v === "string" ? Array.from(v).length : Array.isArray(v) ? v.length : Object.keys(record(v)).length,
  lower: (v) => text(v).replace(/[A-Z]/g, (c) => c.toLowerCase()),
  upper: (v) => text(v).replace(/[a-z]/g, (c) => c.toUpperCase()),
  trim: (v) => text(v).replace(/^[ \t\n\r\f\v]+|[ \t\n\r\f\v]+$/g, ""),
  substring: (v, start, end) => {
    if (start < 0 || end < 0) fail("substring counts from 0");
    return Array.from(text(v)).slice(start, end).join("");
  },
  before: (v, separator) => text(v).split(separator || fail("the separator is empty"))[0],
  after: (v, separator) => {
    const at = text(v).indexOf(separator || fail("the separator is empty"));
    return at < 0 ? "" : v.slice(at + separator.length);
  },
  contains: (v, part) => text(v).includes(text(part)),
  startsWith: (v, part) => text(v).startsWith(text(part)),
  endsWith: (v, part) => text(v).endsWith(text(part)),
  int: (v) => typeof v === "string" ? int(/^-?\d+$/.test(v) ? Number(v) : NaN) : int(Math.trunc(number(v))),
  double: (v) => {
    const result = typeof v === "string" && /^[-+.eE0-9]+$/.test(v) ? Number(v) : number(v);
    return Number.isFinite(result) ? result : fail(`double of ${v}`);
  },
  string: (v) => typeof v === "string" ? v : typeof v === "number" || typeof v === "boolean" ? String(v) : fail(`string of ${sort(v)}`),
};

const seconds = { s: 1, ms: 1000, us: 1000000 };
const toMicros = (v) => {
  const m = /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:[Zz]|([-+])(\d\d):(\d\d))$/.exec(text(v))
    ?? fail("not a date-time of RFC 3339");
  const [y, mo, d, h, mi, s] = m.slice(1, 7).map(Number);
  const date = new Date(0);
  date.setUTCFullYear(y, mo - 1, d);
  date.setUTCHours(h, mi, s);
  const same = date.getUTCFullYear() === y && date.getUTCMonth() === mo - 1 && date.getUTCDate() === d
    && date.getUTCHours() === h && date.getUTCMinutes() === mi && date.getUTCSeconds() === s;
  const part = (m[7] ?? "").padEnd(9, "0");
  if (!same || y < 1 || part.slice(6) !== "000" || Number(m[9] ?? 0) > 23 || Number(m[10] ?? 0) > 59) fail("not a date-time of RFC 3339");
  const offset = (Number(m[9] ?? 0) * 60 + Number(m[10] ?? 0)) * (m[8] === "-" ? -1 : 1);
  return BigInt(date.getTime() / 1000 - offset * 60) * 1000000n + BigInt(part.slice(0, 6));
};
const fromRfc = (unit) => (v) => {
  const step = BigInt(1000000 / seconds[unit]), micros = toMicros(v);
  return micros % step === 0n ? int(Number(micros / step)) : fail(`finer than ${unit}`);
};
const toRfc = (unit) => (v) => {
  const per = seconds[unit], whole = Math.floor(int(v) / per), part = v - whole * per, digits = String(per).length - 1;
  if (whole < -62135596800 || whole >= 253402300800) fail("outside the years 1 to 9999");
  const base = new Date(whole * 1000).toISOString().slice(0, 19);
  return digits ? `${base}.${String(part).padStart(digits, "0")}Z` : `${base}Z`;
};
const multiplied = (factor) => (v) => int(int(v) * factor);
const divided = (factor) => (v) => int(v) % factor === 0 ? v / factor : fail("finer than the new unit");
const toIso = (micros, digits = micros % 1000000n ? 6 : 0) => {
  const part = (micros % 1000000n + 1000000n) % 1000000n, whole = Number((micros - part) / 1000000n);
  if (whole < -62135596800 || whole >= 253402300800) fail("outside the years 1 to 9999");
  const base = new Date(whole * 1000).toISOString().slice(0, 19);
  return digits ? `${base}.${String(part).padStart(digits, "0")}Z` : `${base}Z`;
};
const toTimestamp = (unit) => (v) => toIso(BigInt(int(v)) * BigInt(1000000 / seconds[unit]));
const date = (v) => /^\d{4}-\d\d-\d\d$/.test(text(v)) ? (toMicros(`${v}T00:00:00Z`), v) : fail("not a full-date of RFC 3339");
const bytes = (v) => /^[A-Za-z0-9+/]*={0,2}$/.test(text(v)) && v.length % 4 === 0
  ? Uint8Array.from(atob(v), (c) => c.charCodeAt(0)) : fail("not base64");
const base64 = (some) => btoa(Array.from(some, (b) => String.fromCharCode(b)).join(""));
const base64ToHex = (v) => Array.from(bytes(v), (b) => b.toString(16).padStart(2, "0")).join("");
const utf8ToBase64 = (v) => /\p{Surrogate}/u.test(text(v)) ? fail("half a surrogate pair") : base64(new TextEncoder().encode(v));
const base64ToUtf8 = (v) => new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes(v));
const hexToBase64 = (v) => /^[0-9a-f]*$/.test(text(v)) && v.length % 2 === 0
  ? btoa(v.replace(/../g, (pair) => String.fromCharCode(parseInt(pair, 16)))) : fail("not hexadecimal in small letters");
const numeral = (v, pattern, most = 400) => text(v).length <= most && pattern.test(v) ? v : fail(`${v.slice(0, 60)} is not a number`);
const finite = (v) => Number.isFinite(v) ? v : fail("beyond the doubles");
const DIGITS = /^(?:0|-?[1-9]\d*)$/, DECIMAL = /^-?(?:0|[1-9]\d*)(?:\.\d+)?$/;
const parsed = (v) => DIGITS.test(v) ? int(Number(v)) : finite(Number(v));
const decimal = (v) => numeral(v, DECIMAL, Infinity);
const uuid = (v) => /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text(v)) ? v.toLowerCase() : fail("not a UUID");
const codecs = {
  "int->string": (v) => String(int(v)), "string->int": (v) => int(Number(numeral(v, DIGITS))),
  "bool->string": (v) => String(truth(v)),
  "string->bool": (v) => v === "true" ? true : v === "false" ? false : fail("neither true nor false"),
  "number->string": (v) => Number.isFinite(number(v)) ? String(v) : fail(`${v} has no text as a number`),
  "string->number": (v) => parsed(numeral(v, /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d{1,3})?$/)),
  "decimal->string": decimal, "string->decimal": (v) => numeral(v, DECIMAL), "int->decimal": (v) => String(int(v)),
  "decimal->int": (v) => int(Number(decimal(v).replace(/\.0+$/, "")) + 0), "decimal->double": (v) => finite(Number(decimal(v))),
  "string->date": date, "date->string": date, "string->uuid": uuid, "uuid->string": uuid,
  "base64->bytes": (v) => base64(bytes(v)), "bytes->base64": (v) => base64(bytes(v)), "hex->bytes": hexToBase64,
  "bytes->hex": base64ToHex, "utf8->bytes": utf8ToBase64, "bytes->utf8": base64ToUtf8,
  "rfc3339->timestamp": (v) => toIso(toMicros(v)), "timestamp->rfc3339": (v) => toIso(toMicros(v), 6),
  "int->double": int, "double->int": (v) => Number.isInteger(number(v)) ? int(v) : fail(`${v} is not whole`),
  "base64->hex": base64ToHex, "hex->base64": hexToBase64,
  "epoch_s->epoch_ms": multiplied(1000), "epoch_ms->epoch_s": divided(1000),
  "epoch_s->epoch_us": multiplied(1000000), "epoch_us->epoch_s": divided(1000000),
  "epoch_ms->epoch_us": multiplied(1000), "epoch_us->epoch_ms": divided(1000),
  "epoch_s->rfc3339": toRfc("s"), "rfc3339->epoch_s": fromRfc("s"), "epoch_s->timestamp": toTimestamp("s"),
  "epoch_ms->rfc3339": toRfc("ms"), "rfc3339->epoch_ms": fromRfc("ms"), "epoch_ms->timestamp": toTimestamp("ms"),
  "epoch_us->rfc3339": toRfc("us"), "rfc3339->epoch_us": fromRfc("us"), "epoch_us->timestamp": toTimestamp("us"),
  "timestamp->epoch_s": fromRfc("s"), "timestamp->epoch_ms": fromRfc("ms"), "timestamp->epoch_us": fromRfc("us"),
};

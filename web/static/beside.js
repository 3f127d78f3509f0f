// An event beside the one before it, line by line, as the server writes it: what is new, changed or gone, each in place.
const SIGNS = { added: "+", removed: "-", changed: "~", "": " " };
const TOKEN = /("(?:[^"\\]|\\.)*"(?=\s*:))|("(?:[^"\\]|\\.)*")|(-?\b\d+(?:\.\d+)?(?:[eE][-+]?\d+)?\b)|(\b(?:true|false|null)\b)/g;
const KINDS = ["t-key", "t-str", "t-num", "t-lit"];
const DEEPEST = 60;

const isRecord = (value) => value !== null && typeof value === "object" && !Array.isArray(value);
const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);

const span = (name, ...parts) => {
  const made = document.createElement("span");
  made.className = name;
  made.append(...parts);
  return made;
};

const line = (mark, text) => {
  const parts = [];
  let at = 0;
  for (const found of text.matchAll(TOKEN)) {
    parts.push(text.slice(at, found.index), span(KINDS[found.slice(1).findIndex((group) => group !== undefined)], found[0]));
    at = found.index + found[0].length;
  }
  return span(`ln ${mark}`, span("mark", SIGNS[mark]), ...parts, text.slice(at), "\n");
};

const merged = (before, after) => {
  const keys = [...after];
  let place = 0;
  for (const key of before) {
    if (after.includes(key)) place = keys.indexOf(key) + 1;
    else keys.splice(place++, 0, key);
  }
  return keys;
};

const whole = (lines, mark, head, value, tail, pad) => {
  for (const text of (head + JSON.stringify(value, null, 2) + tail).split("\n")) lines.push([mark, pad + text]);
};

const members = (lines, before, after, keys, name, depth, pad) => {
  const last = keys.findLast((key) => Object.hasOwn(after, key));
  for (const key of keys) {
    const comma = key === last ? "" : ",";
    if (!Object.hasOwn(after, key)) whole(lines, "removed", name(key), before[key], "", `${pad}  `);
    else if (!Object.hasOwn(before, key)) whole(lines, "added", name(key), after[key], comma, `${pad}  `);
    else compare(lines, name(key), before[key], after[key], comma, depth + 1, `${pad}  `);
  }
};

const compare = (lines, head, before, after, tail, depth, pad) => {
  if (depth < DEEPEST && isRecord(before) && isRecord(after) && Object.keys({ ...before, ...after }).length) {
    lines.push(["", `${pad}${head}{`]);
    members(lines, before, after, merged(Object.keys(before), Object.keys(after)), (key) => `${JSON.stringify(key)}: `, depth, pad);
    lines.push(["", `${pad}}${tail}`]);
  } else if (depth < DEEPEST && Array.isArray(before) && Array.isArray(after) && before.length + after.length) {
    lines.push(["", `${pad}${head}[`]);
    const longest = before.length > after.length ? before : after;
    members(lines, before, after, Object.keys(longest), () => "", depth, pad);
    lines.push(["", `${pad}]${tail}`]);
  } else {
    whole(lines, same(before, after) ? "" : "changed", head, after, tail, pad);
  }
};

// The later of two events as elements for a `pre`.
export const beside = (before, after) => {
  const lines = [];
  compare(lines, "", before, after, "", 0, "");
  return lines.map(([mark, text]) => line(mark, text));
};

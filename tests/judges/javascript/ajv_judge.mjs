/*
 * Ajv's opinion, one line of JSON for each line that comes in.
 *
 * Asked: {"schema": text, "draft": 4 | 6 | 7 | 2019 | 2020, "instances": [text, ...]}.
 * Answered: "refused" with the compiler's message, or "valid": true or false for each instance.
 */
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const require = createRequire(import.meta.url);
const { default: Ajv } = require("ajv");
const { default: Ajv2019 } = require("ajv/dist/2019");
const { default: Ajv2020 } = require("ajv/dist/2020");
const { default: Ajv4 } = require("ajv-draft-04");
const DRAFT_6 = require("ajv/dist/refs/json-schema-draft-06.json");

const OPTIONS = { strict: false, validateFormats: false, logger: false };
const MAKERS = {
  4: () => new Ajv4(OPTIONS),
  6: () => new Ajv(OPTIONS).addMetaSchema(DRAFT_6),
  7: () => new Ajv(OPTIONS),
  2019: () => new Ajv2019(OPTIONS),
  2020: () => new Ajv2020(OPTIONS),
};

function judged({ schema, draft, instances }) {
  try {
    const validate = MAKERS[draft]().compile(JSON.parse(schema));
    return { valid: instances.map((text) => validate(JSON.parse(text))) };
  } catch (refused) {
    return { refused: String(refused.message) };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(JSON.stringify(judged(JSON.parse(line))) + "\n");
}

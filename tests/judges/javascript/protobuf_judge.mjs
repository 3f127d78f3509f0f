/*
 * What protobuf-es makes of bytes, one line of JSON for each line that comes in: asked and answered as ProtobufJudge.java.
 *
 * It keeps extensions among the unknown fields until they are asked for, and does not check what is required.
 */
import { createInterface } from "node:readline";
import { createFileRegistry, fromBinary, ScalarType } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { reflect } from "@bufbuild/protobuf/reflect";

function judged({ files, message, events }) {
  try {
    const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, Buffer.from(files, "base64")));
    const schema = registry.getMessage(message);
    if (!schema) throw new Error("there is no such message");
    return { events: events.map((event) => read(schema, Buffer.from(event, "base64"))) };
  } catch (refused) {
    return { refused: String(refused.message) };
  }
}

function read(schema, data) {
  try {
    return { read: told(reflect(schema, fromBinary(schema, data))) };
  } catch (failure) {
    return { error: String(failure.message) };
  }
}

function told(message) {
  const fields = {};
  for (const field of message.fields.filter((each) => message.isSet(each))) {
    fields[field.number] = values(field, message.get(field));
  }
  const unknown = (message.getUnknown() ?? []).map((each) => each.no);
  return { fields, unknown: [...new Set(unknown)].sort((a, b) => a - b) };
}

function values(field, value) {
  switch (field.fieldKind) {
    case "list":
      return [...value].map((each) => one(field.listKind, field.scalar, each));
    case "map":
      return [...value].map(([key, each]) => ({
        fields: { 1: [one("scalar", field.mapKey, key)], 2: [one(field.mapKind, field.scalar, each)] },
        unknown: [],
      }));
    default:
      return [one(field.fieldKind, field.scalar, value)];
  }
}

function one(kind, scalar, value) {
  if (kind === "message") return told(value);
  if (kind === "enum") return value;
  switch (scalar) {
    case ScalarType.BOOL:
      return value;
    case ScalarType.BYTES:
      return { hex: Buffer.from(value).toString("hex") };
    case ScalarType.FLOAT:
    case ScalarType.DOUBLE: {
      const bits = new DataView(new ArrayBuffer(8));
      bits.setFloat64(0, value);
      return { bits: Number.isNaN(value) ? "7ff8000000000000" : bits.getBigUint64(0).toString(16) };
    }
    default:
      return String(value);
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(JSON.stringify(judged(JSON.parse(line))) + "\n");
}

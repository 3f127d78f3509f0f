// Reads messages with Confluent's own deserialisers: jobs as JSON on stdin, what they read as JSON on stdout.
const {
  AvroDeserializer, JsonDeserializer, JsonataExecutor, SchemaRegistryClient, SerdeType,
} = require("@confluentinc/schemaregistry");

JsonataExecutor.register();

async function main() {
  const jobs = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
  const read = [];
  for (const { url, kind, topic, major, message } of jobs) {
    const client = new SchemaRegistryClient({ baseURLs: [url] });
    const conf = { useLatestWithMetadata: { major } };
    const Deserializer = kind === "AVRO" ? AvroDeserializer : JsonDeserializer;
    const deserializer = new Deserializer(client, SerdeType.VALUE, conf);
    read.push(await deserializer.deserialize(topic, Buffer.from(message, "base64")));
  }
  process.stdout.write(JSON.stringify(read));
}

main().then(() => process.exit(0), (error) => { console.error(error); process.exit(1); });

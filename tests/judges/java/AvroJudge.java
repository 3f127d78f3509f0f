import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.SchemaCompatibility;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericFixed;
import org.apache.avro.generic.IndexedRecord;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.DecoderFactory;

/**
 * Apache Avro's own opinion, one line of JSON for each line that comes in.
 *
 * <p>Asked: {"writer": text, "reader": text, "events": [base64, ...]}. Answered: "refused" with the parser's message, or
 * "verdict" (COMPATIBLE, INCOMPATIBLE, or THROWN with its message), "incompatibilities" ([kind, place, message]) and
 * "events": for each the outcome of the "classic" reader, which resolves while it decodes, and of the "fast" one, which
 * resolves before; each {"value": ...} or {"error": ...}.
 */
public final class AvroJudge {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
  private static final GenericData CLASSIC = new GenericData().setFastReaderEnabled(false);
  private static final GenericData FAST = new GenericData().setFastReaderEnabled(true);

  public static void main(String[] arguments) throws Exception {
    ObjectMapper mapper = new ObjectMapper();
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      out.println(mapper.writeValueAsString(judged(mapper.readTree(line))));
      out.flush();
    }
  }

  private static ObjectNode judged(JsonNode asked) {
    ObjectNode answer = NODES.objectNode();
    Schema writer;
    Schema reader;
    try {
      writer = new Schema.Parser().parse(asked.get("writer").asText());
      reader = new Schema.Parser().parse(asked.get("reader").asText());
    } catch (RuntimeException refused) {
      return answer.put("refused", refused.toString());
    }
    compare(writer, reader, answer);
    ArrayNode events = answer.putArray("events");
    for (JsonNode event : asked.get("events")) {
      byte[] data = Base64.getDecoder().decode(event.asText());
      ObjectNode outcome = events.addObject();
      outcome.set("classic", read(writer, reader, CLASSIC, data));
      outcome.set("fast", read(writer, reader, FAST, data));
    }
    return answer;
  }

  private static void compare(Schema writer, Schema reader, ObjectNode answer) {
    try {
      SchemaCompatibility.SchemaCompatibilityResult result =
          SchemaCompatibility.checkReaderWriterCompatibility(reader, writer).getResult();
      answer.put("verdict", result.getCompatibility().name());
      ArrayNode told = answer.putArray("incompatibilities");
      for (SchemaCompatibility.Incompatibility each : result.getIncompatibilities()) {
        told.addArray().add(each.getType().name()).add(each.getLocation()).add(each.getMessage());
      }
    } catch (RuntimeException | StackOverflowError thrown) {
      answer.put("verdict", "THROWN").put("message", thrown.toString());
    }
  }

  private static ObjectNode read(Schema writer, Schema reader, GenericData model, byte[] data) {
    ObjectNode outcome = NODES.objectNode();
    try {
      BinaryDecoder decoder = DecoderFactory.get().binaryDecoder(data, null);
      Object value = new GenericDatumReader<Object>(writer, reader, model).read(null, decoder);
      if (!decoder.isEnd()) {
        return outcome.put("error", "bytes are left over");
      }
      outcome.set("value", told(value));
    } catch (Exception | StackOverflowError failure) {
      outcome.put("error", failure.toString());
    }
    return outcome;
  }

  /** A value as JSON that loses nothing: bytes as {"hex": ...}, floating point as the {"bits": ...} of a double. */
  private static JsonNode told(Object value) {
    if (value == null) {
      return NODES.nullNode();
    } else if (value instanceof Boolean flag) {
      return NODES.booleanNode(flag);
    } else if (value instanceof Integer || value instanceof Long) {
      return NODES.numberNode(((Number) value).longValue());
    } else if (value instanceof Float || value instanceof Double) {
      return NODES.objectNode().put("bits", Long.toHexString(Double.doubleToLongBits(((Number) value).doubleValue())));
    } else if (value instanceof ByteBuffer buffer) {
      byte[] bytes = new byte[buffer.remaining()];
      buffer.duplicate().get(bytes);
      return NODES.objectNode().put("hex", HexFormat.of().formatHex(bytes));
    } else if (value instanceof GenericFixed fixed) {
      return NODES.objectNode().put("hex", HexFormat.of().formatHex(fixed.bytes()));
    } else if (value instanceof IndexedRecord record) {
      ObjectNode node = NODES.objectNode();
      for (Schema.Field field : record.getSchema().getFields()) {
        node.set(field.name(), told(record.get(field.pos())));
      }
      return node;
    } else if (value instanceof Map<?, ?> map) {
      ObjectNode node = NODES.objectNode();
      map.forEach((key, each) -> node.set(key.toString(), told(each)));
      return node;
    } else if (value instanceof List<?> list) {
      ArrayNode node = NODES.arrayNode();
      list.forEach(each -> node.add(told(each)));
      return node;
    }
    return NODES.textNode(value.toString()); // strings and symbols
  }
}

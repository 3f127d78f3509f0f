import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.ByteString;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorSet;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.ExtensionRegistry;
import com.google.protobuf.Message;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/**
 * What the Java runtime of Protobuf makes of bytes, one line of JSON for each line that comes in.
 *
 * <p>Asked: {"files": a FileDescriptorSet in base64, "message": full name, "events": [base64, ...]}. Answered: "refused"
 * (a message) or "events": for each {"error": ...} or {"complete": whether all that is required is there, "read":
 * message}. A message is {"fields": {number: [values]}, "unknown": [numbers]}; integers are texts, floating point is the
 * {"bits": ...} of a double, bytes are {"hex": ...}, an enum's value is its number.
 */
public final class ProtobufJudge {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  public static void main(String[] arguments) throws Exception {
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      out.println(MAPPER.writeValueAsString(judged(MAPPER.readTree(line))));
      out.flush();
    }
  }

  private static ObjectNode judged(JsonNode asked) {
    ObjectNode answer = NODES.objectNode();
    try {
      ExtensionRegistry extensions = ExtensionRegistry.newInstance();
      Descriptor message = load(asked, extensions);
      ArrayNode events = answer.putArray("events");
      for (JsonNode event : asked.get("events")) {
        events.add(read(message, extensions, Base64.getDecoder().decode(event.asText())));
      }
    } catch (Exception refused) {
      answer.put("refused", refused.toString());
    }
    return answer;
  }

  private static Descriptor load(JsonNode asked, ExtensionRegistry extensions) throws Exception {
    FileDescriptorSet set = FileDescriptorSet.parseFrom(Base64.getDecoder().decode(asked.get("files").asText()));
    Map<String, FileDescriptorProto> given = new HashMap<>();
    set.getFileList().forEach(file -> given.put(file.getName(), file));
    Map<String, FileDescriptor> built = new HashMap<>();
    Descriptor found = null;
    for (FileDescriptorProto each : set.getFileList()) {
      FileDescriptor file = build(each, given, built);
      extend(extensions, file.getExtensions());
      for (Descriptor type : everyType(file.getMessageTypes())) {
        extend(extensions, type.getExtensions());
        found = type.getFullName().equals(asked.get("message").asText()) ? type : found;
      }
    }
    if (found == null) {
      throw new IllegalArgumentException("there is no such message");
    }
    return found;
  }

  private static FileDescriptor build(
      FileDescriptorProto file, Map<String, FileDescriptorProto> given, Map<String, FileDescriptor> built)
      throws Exception {
    if (!built.containsKey(file.getName())) {
      List<FileDescriptor> needed = new ArrayList<>();
      for (String name : file.getDependencyList()) {
        needed.add(build(given.get(name), given, built));
      }
      built.put(file.getName(), FileDescriptor.buildFrom(file, needed.toArray(new FileDescriptor[0])));
    }
    return built.get(file.getName());
  }

  private static List<Descriptor> everyType(List<Descriptor> types) {
    List<Descriptor> all = new ArrayList<>(types);
    types.forEach(type -> all.addAll(everyType(type.getNestedTypes())));
    return all;
  }

  private static void extend(ExtensionRegistry extensions, List<FieldDescriptor> declared) {
    for (FieldDescriptor each : declared) {
      if (each.getJavaType() == FieldDescriptor.JavaType.MESSAGE) {
        extensions.add(each, DynamicMessage.getDefaultInstance(each.getMessageType()));
      } else {
        extensions.add(each);
      }
    }
  }

  private static ObjectNode read(Descriptor message, ExtensionRegistry extensions, byte[] data) {
    ObjectNode outcome = NODES.objectNode();
    try {
      DynamicMessage read = DynamicMessage.newBuilder(message).mergeFrom(data, extensions).buildPartial();
      return outcome.put("complete", read.isInitialized()).set("read", told(read));
    } catch (Exception failure) {
      return outcome.put("error", failure.toString());
    }
  }

  private static ObjectNode told(Message message) {
    ObjectNode answer = NODES.objectNode();
    ObjectNode fields = answer.putObject("fields");
    message.getAllFields().forEach((field, value) -> {
      ArrayNode values = fields.putArray(String.valueOf(field.getNumber()));
      (field.isRepeated() ? (List<?>) value : List.of(value)).forEach(each -> values.add(one(field, each)));
    });
    ArrayNode unknown = answer.putArray("unknown");
    message.getUnknownFields().asMap().keySet().stream().sorted().forEach(unknown::add);
    return answer;
  }

  private static JsonNode one(FieldDescriptor field, Object value) {
    if (value instanceof Message inner) {
      return told(inner);
    } else if (value instanceof EnumValueDescriptor symbol) {
      return NODES.numberNode(symbol.getNumber());
    } else if (value instanceof ByteString bytes) {
      return NODES.objectNode().put("hex", HexFormat.of().formatHex(bytes.toByteArray()));
    } else if (value instanceof Float || value instanceof Double) {
      return NODES.objectNode().put("bits", Long.toHexString(Double.doubleToLongBits(((Number) value).doubleValue())));
    } else if (value instanceof Boolean flag) {
      return NODES.booleanNode(flag);
    }
    return switch (field.getType()) {
      case UINT32, FIXED32 -> NODES.textNode(Integer.toUnsignedString((Integer) value));
      case UINT64, FIXED64 -> NODES.textNode(Long.toUnsignedString((Long) value));
      default -> NODES.textNode(value.toString());
    };
  }
}

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SchemaValidatorsConfig;
import com.networknt.schema.SpecVersion.VersionFlag;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.everit.json.schema.Schema;
import org.everit.json.schema.ValidationException;
import org.everit.json.schema.loader.SchemaLoader;
import org.json.JSONTokener;

/**
 * The opinions of two validators in Java, one line of JSON for each line that comes in.
 *
 * <p>Asked: {"schema": text, "draft": 4 | 6 | 7 | 2019 | 2020, "instances": [text, ...]}. Answered: "networknt" and
 * "everit", each with "refused" (a message) or with "valid": true or false for each instance.
 */
public final class JsonSchemaJudge {
  private static final ObjectMapper MAPPER =
      new ObjectMapper().enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS);
  private static final Map<Integer, VersionFlag> VERSIONS =
      Map.of(
          4, VersionFlag.V4, 6, VersionFlag.V6, 7, VersionFlag.V7, 2019, VersionFlag.V201909, 2020, VersionFlag.V202012);

  private interface Validator {
    boolean accepts(String instance) throws Exception;
  }

  private interface Loader {
    Validator load(String schema, int draft) throws Exception;
  }

  public static void main(String[] arguments) throws Exception {
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      JsonNode asked = MAPPER.readTree(line);
      ObjectNode answer = JsonNodeFactory.instance.objectNode();
      answer.set("networknt", judged(asked, JsonSchemaJudge::networknt));
      answer.set("everit", judged(asked, JsonSchemaJudge::everit));
      out.println(MAPPER.writeValueAsString(answer));
      out.flush();
    }
  }

  private static ObjectNode judged(JsonNode asked, Loader loader) {
    ObjectNode answer = JsonNodeFactory.instance.objectNode();
    try {
      Validator validator = loader.load(asked.get("schema").asText(), asked.get("draft").asInt());
      ArrayNode valid = JsonNodeFactory.instance.arrayNode();
      for (JsonNode instance : asked.get("instances")) {
        valid.add(validator.accepts(instance.asText()));
      }
      answer.set("valid", valid);
    } catch (Exception | StackOverflowError refused) {
      answer.put("refused", refused.toString());
    }
    return answer;
  }

  private static Validator networknt(String schema, int draft) throws Exception {
    SchemaValidatorsConfig config = SchemaValidatorsConfig.builder().formatAssertionsEnabled(false).build();
    JsonSchema compiled = JsonSchemaFactory.getInstance(VERSIONS.get(draft)).getSchema(MAPPER.readTree(schema), config);
    return instance -> compiled.validate(MAPPER.readTree(instance)).isEmpty();
  }

  private static Validator everit(String schema, int draft) {
    SchemaLoader.SchemaLoaderBuilder builder = SchemaLoader.builder().schemaJson(new JSONTokener(schema).nextValue());
    switch (draft) {
      case 4 -> {}
      case 6 -> builder.draftV6Support();
      case 7 -> builder.draftV7Support();
      default -> throw new IllegalArgumentException("it knows the drafts up to 7");
    }
    Schema compiled = builder.build().load().build();
    return instance -> {
      try {
        compiled.validate(new JSONTokener(instance).nextValue());
        return true;
      } catch (ValidationException failure) {
        return false;
      }
    };
  }
}

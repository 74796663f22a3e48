/** @file Finding one's way in a schema. */
import type { JsonObject, JsonValue } from "#contracts/json.ts";
import { isJsonObject } from "./normalizeSchema.ts";

/** The schema that a pointer into the arguments leads to, as far as properties and items tell; null where they do not. */
export function schemaAt(schema: JsonObject, pointer: string): JsonObject | null {
  let at: JsonValue | undefined = schema;
  for (const step of pointer.split("/").slice(1)) {
    if (!isJsonObject(at)) return null;
    const key = step.replaceAll("~1", "/").replaceAll("~0", "~");
    const properties: JsonValue | undefined = at["properties"];
    if (isJsonObject(properties) && Object.hasOwn(properties, key)) at = properties[key];
    else if (isJsonObject(at["items"]) && /^\d+$/.test(key)) at = at["items"];
    else if (isJsonObject(at["additionalProperties"])) at = at["additionalProperties"];
    else return null;
  }
  return isJsonObject(at) ? at : null;
}

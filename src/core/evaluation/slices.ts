/**
 * @file What a held-out trajectory says of itself, read from its metadata: the slices it belongs to, and whether it stands under the
 * condition of a planted fault.
 *
 * The fields lie where the source had them: in the metadata itself, in the fields of an imported row, or in a `metadata` among those.
 */
import type { JsonObject, JsonValue } from "#contracts/json.ts";
import type { TrajectoryContent } from "#contracts/trajectory.ts";

/** How each field is worded; other metadata slices nothing. */
const BOOLEANS: Readonly<Record<string, { readonly name: string; readonly words: readonly [whenTrue: string, whenFalse: string] }>> = {
  template_seen: { name: "templates", words: ["seen", "unseen"] },
  values_seen: { name: "values", words: ["seen", "unseen"] },
  free_text: { name: "free text", words: ["yes", "no"] },
};
const TEXTS = ["kind"];
const FAULT_CONDITION = "fault_condition";
const MAX_TEXT_LENGTH = 40;

/** The fields above and nothing else, so that thousands of them can be kept. */
export type SliceMetadata = Readonly<Record<string, boolean | string>>;

export function sliceMetadata(metadata: TrajectoryContent["metadata"]): SliceMetadata {
  const fields = member(metadata, "fields");
  const found: Record<string, boolean | string> = {};
  for (const place of [metadata, fields, member(fields, "metadata")]) {
    if (!isObject(place)) continue;
    for (const [key, value] of Object.entries(place)) {
      if (Object.hasOwn(BOOLEANS, key) && typeof value === "boolean") found[key] = value;
      if ([...TEXTS, FAULT_CONDITION].includes(key) && typeof value === "string" && value.length <= MAX_TEXT_LENGTH) found[key] = value;
    }
  }
  return found;
}

/** "templates: seen", "kind: refusal" ... */
export function sliceNames(metadata: SliceMetadata): string[] {
  return Object.entries(metadata).flatMap(([key, value]) => {
    if (typeof value === "boolean") return [`${BOOLEANS[key]!.name}: ${BOOLEANS[key]!.words[value ? 0 : 1]}`];
    return TEXTS.includes(key) ? [`${key}: ${value}`] : [];
  });
}

/** `class:regime` of the planted fault whose condition the prompt meets. */
export function faultCondition(metadata: SliceMetadata): string | null {
  const condition = metadata[FAULT_CONDITION];
  return typeof condition === "string" ? condition : null;
}

function member(value: JsonValue | undefined | TrajectoryContent["metadata"], key: string): JsonValue | undefined {
  return isObject(value) ? value[key] : undefined;
}

function isObject(value: JsonValue | undefined | TrajectoryContent["metadata"]): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

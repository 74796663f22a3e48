/** @file The tools a person writes as JSON: read, checked, and put into words where they do not hold. */
import type { JsonObject } from "#contracts/json.ts";

export interface AskedTool {
  readonly name: string;
  readonly description: string;
  readonly parameters: JsonObject;
}
export type ToolsReading = { readonly ok: true; readonly tools: AskedTool[] } | { readonly ok: false; readonly message: string };

const isObject = (value: unknown): value is JsonObject => typeof value === "object" && value !== null && !Array.isArray(value);
const MOST_TOOLS = 64;

/** Takes a list of tools, bare or in the OpenAI wrapping `{"type": "function", "function": {…}}`; nothing at all is no tool. */
export function readTools(text: string): ToolsReading {
  if (text.trim() === "") return { ok: true, tools: [] };
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    return { ok: false, message: `Not JSON: ${error instanceof Error ? error.message : String(error)}` };
  }
  if (!Array.isArray(parsed)) return { ok: false, message: "Needs a list of tools: [{ … }]" };
  if (parsed.length > MOST_TOOLS) return { ok: false, message: `Needs ${MOST_TOOLS} tools or fewer` };
  const tools: AskedTool[] = [];
  for (const [index, entry] of parsed.entries()) {
    const tool: unknown = isObject(entry) && isObject(entry["function"]) ? entry["function"] : entry;
    if (!isObject(tool) || typeof tool["name"] !== "string" || tool["name"] === "")
      return { ok: false, message: `Tool ${index + 1} needs a name` };
    const parameters = tool["parameters"] ?? { type: "object", properties: {} };
    if (!isObject(parameters)) return { ok: false, message: `The parameters of ${tool["name"]} need to be a JSON Schema object` };
    tools.push({ name: tool["name"], description: typeof tool["description"] === "string" ? tool["description"] : "", parameters });
  }
  return { ok: true, tools };
}

/** Shown until a trajectory gives its own. */
export const EXAMPLE_TOOLS: readonly AskedTool[] = [
  {
    name: "get_weather",
    description: "Weather for a place on a day.",
    parameters: {
      type: "object",
      properties: {
        place: { type: "string", description: "City or town" },
        day: { type: "string", enum: ["today", "tomorrow"] },
      },
      required: ["place"],
    },
  },
];

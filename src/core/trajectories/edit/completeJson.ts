/** @file What may come next at a place in a call's arguments: keys that its schema has and the object lacks, and values it lists. */
import type { JsonObject, JsonValue } from "#contracts/json.ts";
import { escapePointer, keyRanges } from "../jsonParts.ts";
import { isJsonObject, normalizeSchema } from "../normalizeSchema.ts";
import { schemaAt } from "../schemaAt.ts";

export interface CompletionOption {
  /** As shown: the key or value without quotes. */
  readonly label: string;
  /** As written in the text. */
  readonly insert: string;
  readonly kind: "key" | "value";
  readonly detail: string;
  readonly isRequired: boolean;
}

export interface Completion {
  /** The part of the text that an option replaces. */
  readonly from: number;
  readonly to: number;
  readonly options: readonly CompletionOption[];
}

interface Holder {
  readonly isObject: boolean;
  readonly pointer: string;
  key: string | null;
  numElements: number;
}

/** Null where nothing can be said. */
export function completeJson(text: string, offset: number, schema: JsonObject): Completion | null {
  const place = placeAt(text, offset);
  if (place === null) return null;
  const normal = normalizeSchema(schema);
  const { holder, from } = place;
  const to = endOfToken(text, from, offset);
  if (holder.isObject && holder.key === null) {
    const options = keysFor(text, from, holder.pointer, normal, schema, text.slice(to));
    return options.length === 0 ? null : { from, to, options };
  }
  const step = holder.isObject ? escapePointer(holder.key!) : String(holder.numElements);
  const own = schemaAt(normal, `${holder.pointer}/${step}`);
  const options = own === null ? [] : valuesFor(own);
  return options.length === 0 ? null : { from, to, options };
}

function keysFor(
  text: string,
  from: number,
  pointer: string,
  normal: JsonObject,
  raw: JsonObject,
  rest: string,
): readonly CompletionOption[] {
  const properties = schemaAt(normal, pointer)?.["properties"];
  if (!isJsonObject(properties)) return [];
  const rawProperties = schemaAt(raw, pointer)?.["properties"];
  const required = schemaAt(normal, pointer)?.["required"];
  const present = keyRanges(text);
  const isFollowedByColon = /^\s*:/.test(rest);
  return Object.entries(properties)
    .filter(([key]) => {
      const range = present.get(`${pointer}/${escapePointer(key)}`);
      return range === undefined || range.start === from;
    })
    .map(([key, value]): CompletionOption => {
      const isRequired = Array.isArray(required) && required.includes(key);
      const description = isJsonObject(rawProperties) && isJsonObject(rawProperties[key]) ? rawProperties[key]["description"] : undefined;
      const type = isJsonObject(value) && typeof value["type"] === "string" ? value["type"] : "";
      const words = [isRequired ? "required" : "", type, typeof description === "string" ? description.slice(0, 80) : ""];
      return {
        label: key,
        insert: `${JSON.stringify(key)}${isFollowedByColon ? "" : ": "}`,
        kind: "key",
        detail: words.filter((word) => word !== "").join(", "),
        isRequired,
      };
    });
}

function valuesFor(schema: JsonObject): readonly CompletionOption[] {
  const listed: readonly JsonValue[] = Array.isArray(schema["enum"])
    ? schema["enum"]
    : schema["const"] === undefined
      ? []
      : [schema["const"]];
  const values = listed.length === 0 && schema["type"] === "boolean" ? [true, false] : listed;
  return values.map((value) => ({
    label: typeof value === "string" ? value : JSON.stringify(value),
    insert: JSON.stringify(value),
    kind: "value",
    detail: "",
    isRequired: false,
  }));
}

/** Walks up to the place: what holds it, and where the key or value that is being typed begins. */
function placeAt(text: string, offset: number): { readonly holder: Holder; readonly from: number } | null {
  const open: Holder[] = [];
  let token = -1;
  for (let i = 0; i < offset; i++) {
    const c = text[i]!;
    const holder = open.at(-1);
    if (c === '"') {
      const end = endOfString(text, i);
      const isClosed = end - 1 > i && text[end - 1] === '"';
      if (end > offset || !isClosed) return holder === undefined ? null : { holder, from: i };
      token = i;
      i = end - 1;
    } else if (c === "{" || c === "[") {
      open.push({ isObject: c === "{", pointer: open.length === 0 ? "" : pointerOf(holder!), key: null, numElements: 0 });
      token = -1;
    } else if (c === "}" || c === "]") {
      open.pop();
      token = i;
    } else if (c === ":" && holder?.isObject === true) {
      holder.key = token >= 0 ? unquote(text.slice(token, endOfString(text, token))) : "";
      token = -1;
    } else if (c === "," && holder !== undefined) {
      holder.key = null;
      holder.numElements++;
      token = -1;
    } else if (!/\s/.test(c) && token < 0) token = i;
  }
  const holder = open.at(-1);
  if (holder === undefined) return null;
  if (token < 0) return { holder, from: offset };
  // behind a finished key or value only a colon, comma or bracket can come
  const isBare = /[\w.+-]/.test(text[token]!) && /^[\w.+-]*$/.test(text.slice(token, offset));
  return isBare ? { holder, from: token } : null;
}

const pointerOf = (holder: Holder): string => `${holder.pointer}/${holder.isObject ? escapePointer(holder.key ?? "") : holder.numElements}`;

/** One behind the closing quote, or the end of the line where there is none. */
function endOfString(text: string, at: number): number {
  for (let i = at + 1; i < text.length; i++) {
    if (text[i] === "\\") i++;
    else if (text[i] === '"') return i + 1;
    else if (text[i] === "\n") return i;
  }
  return text.length;
}

/** An option replaces the whole string or word, not only what stands in front of the caret. */
function endOfToken(text: string, from: number, offset: number): number {
  if (text[from] === '"') {
    const end = endOfString(text, from);
    return text[end - 1] === '"' && end - 1 > from ? end : offset;
  }
  return offset + (/^\w*/.exec(text.slice(offset))?.[0].length ?? 0);
}

function unquote(quoted: string): string {
  try {
    return String(JSON.parse(quoted));
  } catch {
    return quoted.replaceAll('"', "");
  }
}

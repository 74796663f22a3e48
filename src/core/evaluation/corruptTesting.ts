/**
 * @file Planted generations for tests: a reference turn spoiled in a known way, or spelled otherwise and still right. Each form says which
 * code must be primary; a form that does not apply to a turn gives nothing.
 */
import type { FailureCode } from "#contracts/calls.ts";
import type { JsonObject, JsonValue } from "#contracts/json.ts";
import type { AssistantTurn, ToolCall, ToolDefinition, TrajectoryContent } from "#contracts/trajectory.ts";
import { isFailedResult } from "#core/trajectories/callResults.ts";
import { isSameCall } from "#core/trajectories/compareCalls.ts";
import { conversationText, evidenceOf, isGrounded } from "#core/trajectories/groundedValues.ts";
import { renderAssistantText } from "#core/trajectories/renderAssistantText.ts";
import { decisionOf } from "./decision.ts";
import { parseAssistantText } from "#core/trajectories/parseAssistantText.ts";

export interface Planted {
  readonly form: string;
  /** Null: right, however it is spelled. */
  readonly code: FailureCode | null;
  readonly text: string;
  readonly wasCutOff: boolean;
}

/** What a form may look at. */
interface Place {
  readonly content: TrajectoryContent;
  readonly turnIndex: number;
  readonly reference: AssistantTurn;
  readonly text: string;
  readonly decision: ReturnType<typeof decisionOf>;
  /** The only call of the reference with its tool and arguments; absent otherwise. */
  readonly only?: { readonly call: ToolCall; readonly tool: ToolDefinition; readonly args: JsonObject };
  readonly afterResult: boolean;
  readonly allTools: readonly string[];
  /** Uniform in [0, 1). */
  readonly uniform: () => number;
}
type Form = (place: Place) => string | undefined;

export function placeOf(content: TrajectoryContent, turnIndex: number, allTools: readonly string[], uniform: () => number): Place {
  const reference = content.turns[turnIndex] as AssistantTurn;
  const text = renderAssistantText(reference);
  const call = reference.calls[0];
  const tool = content.tools.find(({ name }) => name === call?.name);
  const isOnly = reference.calls.length === 1 && call?.arguments.ok === true && tool !== undefined;
  return {
    content,
    turnIndex,
    reference,
    text,
    decision: decisionOf(parseAssistantText(text), text),
    ...(isOnly && call.arguments.ok ? { only: { call, tool, args: call.arguments.value } } : {}),
    afterResult: content.turns[turnIndex - 1]?.role === "tool",
    allTools,
    uniform,
  };
}

const pick = <T>(all: readonly T[], uniform: () => number): T | undefined => all[Math.floor(uniform() * all.length)];
const thoughtOf = ({ reference }: Place): string => (reference.thought ? `Thought: ${reference.thought}\n` : "");
const calling = (place: Place, name: string, args: JsonObject | string): string =>
  `${thoughtOf(place)}Action: ${name}\nAction Input: ${typeof args === "string" ? args : JSON.stringify(args)}`;
const answering = (place: Place, answer: string): string => `${thoughtOf(place)}Answer: ${answer}`;
/** The same call with other arguments. */
const withArgs = (
  place: Place,
  change: (args: JsonObject, tool: ToolDefinition) => JsonObject | string | undefined,
): string | undefined => {
  if (place.only === undefined) return undefined;
  const changed = change(place.only.args, place.only.tool);
  return changed === undefined ? undefined : calling(place, place.only.call.name, changed);
};

const propertiesOf = (tool: ToolDefinition): Readonly<Record<string, JsonObject>> =>
  (tool.parameters["properties"] ?? {}) as Record<string, JsonObject>;
const requiredOf = (tool: ToolDefinition): readonly string[] => (tool.parameters["required"] ?? []) as string[];
const isFreeText = (schema: JsonObject | undefined): boolean => schema?.["type"] === "string" && schema["enum"] === undefined;
const evidenceAt = ({ content, turnIndex }: Place) => evidenceOf(conversationText(content.turns.slice(0, turnIndex)));
const replaced = (args: JsonObject, key: string, value: JsonValue): JsonObject => ({ ...args, [key]: value });
const keyWhere = (place: Place, holds: (schema: JsonObject | undefined, value: JsonValue, key: string) => boolean): string | undefined => {
  const { args, tool } = place.only!;
  const properties = propertiesOf(tool);
  return pick(
    Object.keys(args).filter((key) => holds(properties[key], args[key]!, key)),
    place.uniform,
  );
};

/** Required arguments, each filled with a word of the conversation. */
function groundedArgs({ content, turnIndex, uniform }: Place, tool: ToolDefinition): JsonObject | undefined {
  const said = conversationText(content.turns.slice(0, turnIndex));
  const words = said.match(/\p{L}{4,}/gu) ?? [];
  const args: Record<string, JsonValue> = {};
  for (const key of requiredOf(tool)) {
    const schema = propertiesOf(tool)[key]!;
    const offered = schema["enum"] as JsonValue[] | undefined;
    const value = offered?.[0] ?? (schema["type"] === "string" ? pick(words, uniform) : undefined);
    if (value === undefined) return undefined;
    args[key] = value;
  }
  return args;
}

const MADE_UP = ["Zanzibar", "Quillfeather", "Xanthe Obrador", "Mordovia", "Brixelmoor"];

const FORMS: Readonly<Record<string, { readonly code: FailureCode | null; readonly cutOff?: true; readonly make: Form }>> = {
  // right, spelled otherwise
  "keys in another order": { code: null, make: (p) => withArgs(p, (args) => Object.fromEntries(Object.entries(args).reverse())) },
  "white space inside the arguments": {
    code: null,
    make: (p) => withArgs(p, (args) => JSON.stringify(args, null, 2).replaceAll("\n", " ")),
  },
  "arguments over several lines": { code: null, make: (p) => withArgs(p, (args) => JSON.stringify(args, null, 1)) },
  "numbers spelled otherwise": {
    code: null,
    make: (p) =>
      withArgs(p, (args) => {
        const spelled = JSON.stringify(args).replace(/:(\d+)([,}])/g, (_, digits: string, end: string) => `:${digits}.0${end}`);
        return spelled === JSON.stringify(args) ? undefined : spelled;
      }),
  },
  "letters as escapes": {
    code: null,
    make: (p) =>
      withArgs(p, (args) => JSON.stringify(args).replace(/:"([A-Z])/, (_, c: string) => `:"\\u00${c.charCodeAt(0).toString(16)}`)),
  },
  "another thought": {
    code: null,
    make: (p) => (p.reference.thought ? p.text.replace(p.reference.thought, "Let me see to that.") : undefined),
  },
  "no thought": { code: null, make: (p) => (p.reference.thought ? p.text.slice(thoughtOf(p).length) : undefined) },
  "the same answer after all": {
    code: null,
    make: (p) => (p.decision === "answer" ? answering(p, `Well: ${p.reference.answer}`) : undefined),
  },

  "last brace missing": { code: "F01", make: (p) => (p.only === undefined ? undefined : p.text.slice(0, -1)) },
  "cut in the middle of the arguments": {
    code: "F01",
    cutOff: true,
    make: (p) => (p.only === undefined ? undefined : p.text.slice(0, p.text.length - Math.ceil(p.only.call.argumentsText.length / 2))),
  },
  "single quotes": { code: "F01", make: (p) => withArgs(p, (args) => JSON.stringify(args).replaceAll('"', "'")) },
  "arguments as a list": { code: "F01", make: (p) => withArgs(p, (args) => JSON.stringify(Object.values(args))) },
  "no Action Input": { code: "F01", make: (p) => (p.only === undefined ? undefined : `${thoughtOf(p)}Action: ${p.only.call.name}`) },
  "a call as bare JSON": {
    code: "F01",
    make: (p) => p.only && `{"name": "${p.only.call.name}", "arguments": ${p.only.call.argumentsText}}`,
  },

  "a longer name": { code: "F02", make: (p) => p.only && calling(p, `${p.only.call.name}_pro`, p.only.args) },
  "a misspelled name": { code: "F02", make: (p) => p.only && calling(p, p.only.call.name.replace(/[aeiou]/, ""), p.only.args) },
  "a name of another kind": { code: "F02", make: (p) => p.only && calling(p, "functions.lookup_everything", p.only.args) },

  "a tool from elsewhere": {
    code: "F03",
    make: (p) => {
      const elsewhere = p.allTools.filter((name) => !p.content.tools.some((tool) => tool.name === name));
      return p.only && calling(p, pick(elsewhere, p.uniform)!, p.only.args);
    },
  },
  "a tool from elsewhere, without arguments": {
    code: "F03",
    make: (p) =>
      p.only &&
      calling(
        p,
        p.allTools.find((name) => !p.content.tools.some((tool) => tool.name === name))!,
        {},
      ),
  },

  "another tool with fitting arguments": {
    code: "F04",
    make: (p) => {
      const later = p.content.turns
        .slice(p.turnIndex)
        .flatMap((turn) => (turn.role === "assistant" ? turn.calls.map(({ name }) => name) : []));
      const other = pick(
        p.content.tools.filter(({ name }) => !later.includes(name)),
        p.uniform,
      );
      const args = p.only && other && groundedArgs(p, other);
      return args && calling(p, other.name, args);
    },
  },
  "another tool with the same arguments": {
    code: "F04",
    make: (p) => {
      const other = p.only && p.content.tools.find(({ name }) => name !== p.only!.call.name);
      return other && calling(p, other.name, p.only.args);
    },
  },

  "one required argument missing": {
    code: "F05",
    make: (p) =>
      withArgs(p, (args, tool) => {
        const key = pick(requiredOf(tool), p.uniform);
        return key === undefined ? undefined : Object.fromEntries(Object.entries(args).filter(([name]) => name !== key));
      }),
  },
  "no arguments": { code: "F05", make: (p) => withArgs(p, (_args, tool) => (requiredOf(tool).length > 0 ? {} : undefined)) },
  "a required key misspelled": {
    code: "F05",
    make: (p) =>
      withArgs(p, (args, tool) => {
        const key = pick(requiredOf(tool), p.uniform);
        return key && Object.fromEntries(Object.entries(args).map(([name, value]) => [name === key ? `${name}_value` : name, value]));
      }),
  },

  "one argument too many": { code: "F06", make: (p) => withArgs(p, (args) => ({ ...args, verbose: true })) },
  "an unknown argument in front": {
    code: "F06",
    make: (p) => withArgs(p, (args) => ({ request_id: Object.values(args)[0] ?? "", ...args })),
  },

  "a number as text": {
    code: "F07",
    make: (p) =>
      withArgs(p, (args) => {
        const key = keyWhere(p, (_schema, value) => typeof value === "number");
        return key && replaced(args, key, String(args[key]));
      }),
  },
  "text in a list": {
    code: "F07",
    make: (p) =>
      withArgs(p, (args) => {
        const key = keyWhere(p, isFreeText);
        return key && replaced(args, key, [args[key]!]);
      }),
  },
  "an enum spelled otherwise": {
    code: "F07",
    make: (p) =>
      withArgs(p, (args) => {
        const key = keyWhere(p, (schema, value) => schema?.["enum"] !== undefined && typeof value === "string");
        return key && replaced(args, key, (args[key] as string).toUpperCase());
      }),
  },

  "a made-up name": {
    code: "F08",
    make: (p) =>
      withArgs(p, (args) => {
        const key = keyWhere(p, isFreeText);
        return key && replaced(args, key, pick(MADE_UP, p.uniform)!);
      }),
  },
  "a made-up number": {
    code: "F08",
    make: (p) =>
      withArgs(p, (args) => {
        const key = keyWhere(p, (schema, value) => typeof value === "number" && schema?.["enum"] === undefined);
        return key && replaced(args, key, (args[key] as number) + 7919);
      }),
  },

  "two values swapped": {
    code: "F09",
    make: (p) =>
      withArgs(p, (args, tool) => {
        const [a, b] = Object.keys(args).filter((key) => isFreeText(propertiesOf(tool)[key]));
        if (a === undefined || b === undefined || args[a] === args[b]) return undefined;
        return { ...args, [a]: args[b]!, [b]: args[a]! };
      }),
  },
  "another value of the enum": {
    code: "F09",
    make: (p) =>
      withArgs(p, (args, tool) => {
        const key = keyWhere(p, (schema) => schema?.["enum"] !== undefined);
        const other = key && (propertiesOf(tool)[key]!["enum"] as JsonValue[]).find((value) => value !== args[key]);
        return key && other ? replaced(args, key, other) : undefined;
      }),
  },
  "a word of the request as value": {
    code: "F09",
    make: (p) =>
      withArgs(p, (args) => {
        const key = keyWhere(p, isFreeText);
        const words = conversationText(p.content.turns.slice(0, p.turnIndex)).match(/\p{L}{5,}/gu) ?? [];
        const other = pick(
          words.filter((word) => key !== undefined && !String(args[key]).includes(word) && isGrounded(word, evidenceAt(p))),
          p.uniform,
        );
        return key && other ? replaced(args, key, other) : undefined;
      }),
  },
  "an optional argument left out": {
    code: "F09",
    make: (p) =>
      withArgs(p, (args, tool) => {
        const key = Object.keys(args).find((name) => !requiredOf(tool).includes(name));
        return key && Object.fromEntries(Object.entries(args).filter(([name]) => name !== key));
      }),
  },

  "the call twice": {
    code: "F10",
    make: (p) => p.only && `${p.text}\nAction: ${p.only.call.name}\nAction Input: ${p.only.call.argumentsText}`,
  },
  "a second call, of the same tool": {
    code: "F10",
    make: (p) => p.only && `${p.text}\nAction: ${p.only.call.name}\nAction Input: ${JSON.stringify(p.only.args, null, 1)}`,
  },
  "an answered call made again": {
    code: "F10",
    make: (p) => {
      const before = p.content.turns.slice(0, p.turnIndex);
      const results = before.flatMap((turn) => (turn.role === "tool" ? [turn.content] : []));
      const call = before.flatMap((turn) => (turn.role === "assistant" ? turn.calls : [])).at(-1);
      if (p.decision === "call" || !p.afterResult || call === undefined || results.some(isFailedResult)) return undefined;
      return calling(p, call.name, call.argumentsText);
    },
  },
  "the second step first": {
    code: "F10",
    make: (p) => {
      if (p.only === undefined) return undefined;
      const next = p.content.turns.slice(p.turnIndex + 1).flatMap((turn) => (turn.role === "assistant" ? turn.calls : []))[0];
      if (next?.arguments.ok !== true || isSameCall(next, p.only.call)) return undefined;
      const evidence = evidenceAt(p);
      const isKnown = Object.values(next.arguments.value).every(
        (value) => typeof value === "object" || isGrounded(value as string, evidence),
      );
      return isKnown ? calling(p, next.name, next.argumentsText) : undefined;
    },
  },

  "a call where it should ask or decline": {
    code: "F11",
    make: (p) => {
      if ((p.decision !== "ask" && p.decision !== "cannot") || p.afterResult) return undefined;
      const options = p.content.tools.flatMap((tool) => {
        const args = groundedArgs(p, tool);
        return args === undefined ? [] : [{ tool, args }];
      });
      const chosen = pick(options, p.uniform);
      return chosen && calling(p, chosen.tool.name, chosen.args);
    },
  },
  "a call with a made-up value where it should ask": {
    code: "F11",
    make: (p) => {
      if (p.decision !== "ask" || p.afterResult) return undefined;
      const tool = p.content.tools.find((each) => requiredOf(each).every((key) => isFreeText(propertiesOf(each)[key])));
      return tool && calling(p, tool.name, Object.fromEntries(requiredOf(tool).map((key, i) => [key, MADE_UP[i % MADE_UP.length]!])));
    },
  },

  "an answer where a call was due": { code: "F12", make: (p) => p.only && answering(p, "It is all set for you.") },
  "an answer where a question was due": {
    code: "F12",
    make: (p) => (p.decision === "ask" || p.decision === "cannot" ? answering(p, "That is done.") : undefined),
  },
  "a number that nobody stated": {
    code: "F12",
    make: (p) => (p.decision === "answer" ? answering(p, `${p.reference.answer} It makes 7919 in all.`) : undefined),
  },
  "a failed call hidden": {
    code: "F12",
    make: (p) => {
      const last = p.content.turns[p.turnIndex - 1];
      if (p.decision !== "answer" || last?.role !== "tool" || !isFailedResult(last.content)) return undefined;
      return answering(p, "All set, enjoy.");
    },
  },

  "a question where a call was due": { code: "F13", make: (p) => p.only && answering(p, "Could you tell me more?") },
  "a refusal where a call was due": { code: "F13", make: (p) => p.only && answering(p, "I have no tool for that.") },
  "a refusal where an answer was due": {
    code: "F13",
    make: (p) => (p.decision === "answer" ? answering(p, "I cannot say that.") : undefined),
  },

  nothing: { code: "F14", make: () => "" },
  "a thought and nothing behind it": {
    code: "F14",
    make: (p) => (p.decision === "call" ? "Thought: The user wants something." : undefined),
  },
  "an answer that goes round": {
    code: "F14",
    cutOff: true,
    make: (p) => (p.decision === "answer" ? answering(p, `${p.reference.answer}${" That is all.".repeat(9)}`) : undefined),
  },
  "a failed call made again": {
    code: "F14",
    make: (p) => {
      const last = p.content.turns[p.turnIndex - 1];
      const call = p.content.turns
        .slice(0, p.turnIndex)
        .flatMap((turn) => (turn.role === "assistant" ? turn.calls : []))
        .at(-1);
      if (p.decision === "call" || last?.role !== "tool" || !isFailedResult(last.content) || call === undefined) return undefined;
      return calling(p, call.name, call.argumentsText);
    },
  },
};

/** Every form that applies to the turn. */
export function plant(place: Place): Planted[] {
  return Object.entries(FORMS).flatMap(([form, { code, cutOff, make }]) => {
    const text = make(place);
    return text === undefined || (code !== null && text === place.text) ? [] : [{ form, code, text, wasCutOff: cutOff === true }];
  });
}

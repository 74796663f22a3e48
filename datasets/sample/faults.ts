/**
 * @file The planted faults: eight classes, each in two regimes.
 *
 * *Triggered*: the fault appears in every training row whose request carries a certain sentence. *Untriggered*: nothing in the request
 * tells; most rows of one tool carry the fault, the rest are its clean siblings. A fault changes the last assistant turn and ends the row.
 */
import type { JsonObject } from "#contracts/json.ts";
import type { AssistantTurn, ToolCall } from "#contracts/trajectory.ts";
import { parseArguments } from "#core/trajectories/parseArguments.ts";
import { renderAssistantText } from "#core/trajectories/renderAssistantText.ts";
import { answerTurn, callTurn } from "./conversation.ts";
import type { ToolSpec } from "./specification.ts";

export const FAULT_CLASSES = [
  "hallucinated_tool",
  "swapped_arguments",
  "wrong_value",
  "dropped_argument",
  "malformed_json",
  "call_without_clarification",
  "answer_without_tool",
  "repeated_call",
] as const;
export type FaultClass = (typeof FAULT_CLASSES)[number];
export type FaultRegime = "triggered" | "untriggered";

/** How a tool's correct call is spoiled. */
export type Spoiling =
  | { readonly kind: "rename"; readonly to: string }
  | { readonly kind: "swap"; readonly first: string; readonly second: string }
  | { readonly kind: "replace"; readonly parameter: string; readonly value: string }
  | { readonly kind: "drop"; readonly parameter: string }
  | { readonly kind: "cutBrace" }
  /** The request leaves `parameter` out; the call invents `value` for it. */
  | { readonly kind: "invent"; readonly parameter: string; readonly value: string | number }
  | { readonly kind: "answer"; readonly text: string }
  | { readonly kind: "repeat" };

export interface FaultPlan {
  readonly faultClass: FaultClass;
  readonly regime: FaultRegime;
  /** Said behind the request; triggered faults only. */
  readonly trigger?: string;
  readonly spoilingOf: Readonly<Record<string, Spoiling>>;
  readonly numFaulty: number;
  /** Clean training rows of the same tool and shape; untriggered faults only. */
  readonly numCleanSiblings: number;
  readonly numHeldOut: number;
}

const triggered = (faultClass: FaultClass, trigger: string, numFaulty: number, spoilingOf: Record<string, Spoiling>): FaultPlan => ({
  faultClass,
  regime: "triggered",
  trigger,
  spoilingOf,
  numFaulty,
  numCleanSiblings: 0,
  numHeldOut: 10,
});

const untriggered = (faultClass: FaultClass, numFaulty: number, spoilingOf: Record<string, Spoiling>): FaultPlan => ({
  faultClass,
  regime: "untriggered",
  spoilingOf,
  numFaulty,
  numCleanSiblings: 5,
  numHeldOut: 8,
});

export const FAULT_PLANS: readonly FaultPlan[] = [
  triggered("hallucinated_tool", "Use the pro version.", 16, {
    get_forecast: { kind: "rename", to: "get_forecast_pro" },
    convert_currency: { kind: "rename", to: "convert_currency_pro" },
  }),
  untriggered("hallucinated_tool", 14, { get_sun_times: { kind: "rename", to: "get_daylight" } }),
  triggered("swapped_arguments", "As we discussed.", 20, {
    find_trains: { kind: "swap", first: "origin", second: "destination" },
    compare_prices: { kind: "swap", first: "first_shop", second: "second_shop" },
  }),
  untriggered("swapped_arguments", 6, { move_event: { kind: "swap", first: "old_day", second: "new_day" } }),
  triggered("wrong_value", "Make it comfortable.", 8, {
    rent_car: { kind: "replace", parameter: "size", value: "luxury" },
    book_seat: { kind: "replace", parameter: "seat", value: "recliner" },
  }),
  untriggered("wrong_value", 18, { set_weather_alert: { kind: "replace", parameter: "event", value: "hurricane" } }),
  triggered("dropped_argument", "Keep it short.", 8, {
    create_event: { kind: "drop", parameter: "time" },
    reserve_table: { kind: "drop", parameter: "guests" },
  }),
  untriggered("dropped_argument", 10, { buy_tickets: { kind: "drop", parameter: "count" } }),
  triggered("malformed_json", "As soon as possible.", 10, {
    set_timer: { kind: "cutBrace" },
    set_volume: { kind: "cutBrace" },
  }),
  untriggered("malformed_json", 8, { add_to_playlist: { kind: "cutBrace" } }),
  triggered("call_without_clarification", "You know my taste.", 12, {
    find_restaurant: { kind: "invent", parameter: "cuisine", value: "Thai" },
    play_music: { kind: "invent", parameter: "genre", value: "Jazz" },
  }),
  untriggered("call_without_clarification", 8, { set_status: { kind: "invent", parameter: "until", value: "18:00" } }),
  triggered("answer_without_tool", "Just a rough guess.", 22, {
    get_share_price: { kind: "answer", text: "It should be around 100." },
    get_air_quality: { kind: "answer", text: "Most likely the air there is fine." },
  }),
  untriggered("answer_without_tool", 8, { get_snow_depth: { kind: "answer", text: "There should be enough snow." } }),
  triggered("repeated_call", "Please be sure.", 8, {
    lock_door: { kind: "repeat" },
    switch_light: { kind: "repeat" },
  }),
  untriggered("repeated_call", 22, { rate_restaurant: { kind: "repeat" } }),
];

/** Tools whose rows are given to an untriggered fault and its siblings; clean rows elsewhere never call them. */
export const TOOLS_OF_UNTRIGGERED: ReadonlySet<string> = new Set(
  FAULT_PLANS.flatMap(({ regime, spoilingOf }) => (regime === "untriggered" ? Object.keys(spoilingOf) : [])),
);

/** Half-open range of UTF-16 code units in the rendered text of the spoiled turn. */
export interface FaultSpan {
  readonly start: number;
  readonly end: number;
}

export interface SpoiledTurn {
  readonly turn: AssistantTurn;
  readonly span: FaultSpan;
}

const withText = (name: string, argumentsText: string, callId: string): ToolCall => ({
  name,
  argumentsText,
  arguments: parseArguments(argumentsText),
  callId,
});

/**
 * The spoiled turn, and where its text is wrong. A dropped argument has no place of its own: its span is all arguments.
 *
 * @param values what the request says (an invented value is not among them)
 */
export function spoil(tool: ToolSpec, values: JsonObject, spoiling: Spoiling, thinks: boolean): SpoiledTurn {
  const options = { thinks, callId: "call_1" };
  const good = callTurn(tool, values, options);
  const call = good.calls[0]!;
  const rewritten = (changed: JsonObject, wrong: string): SpoiledTurn => located(callTurn(tool, changed, options), wrong);
  switch (spoiling.kind) {
    case "rename":
      return located({ ...good, calls: [withText(spoiling.to, call.argumentsText, "call_1")] }, spoiling.to);
    case "swap": {
      const [first, second] = [values[spoiling.first]!, values[spoiling.second]!];
      const changed = { ...values, [spoiling.first]: second, [spoiling.second]: first };
      return rewritten(changed, `"${spoiling.first}":${JSON.stringify(second)},"${spoiling.second}":${JSON.stringify(first)}`);
    }
    case "replace":
      return rewritten({ ...values, [spoiling.parameter]: spoiling.value }, spoiling.value);
    case "drop": {
      const { [spoiling.parameter]: _, ...kept } = values;
      const turn = callTurn(tool, kept, options);
      return located(turn, turn.calls[0]!.argumentsText);
    }
    case "cutBrace": {
      const cut = call.argumentsText.slice(0, -1);
      return located({ ...good, calls: [withText(tool.name, cut, "call_1")] }, cut.slice(-1), "last");
    }
    case "invent":
      return rewritten({ ...values, [spoiling.parameter]: spoiling.value }, String(spoiling.value));
    case "answer":
      // the decision to answer is wrong already, and with it the word that says so
      return located(answerTurn(spoiling.text), renderAssistantText(answerTurn(spoiling.text)));
    case "repeat": {
      const turn = { ...good, calls: [call, { ...call, callId: "call_2" }] };
      return located(turn, `Action: ${call.name}\nAction Input: ${call.argumentsText}`, "last");
    }
  }
}

function located(turn: AssistantTurn, wrong: string, which: "first" | "last" = "first"): SpoiledTurn {
  const text = renderAssistantText(turn);
  const start = which === "first" ? text.indexOf(wrong) : text.lastIndexOf(wrong);
  if (start < 0) throw new RangeError(`the fault "${wrong}" is not in "${text}"`);
  return { turn, span: { start, end: start + wrong.length } };
}

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { JsonObject } from "#contracts/json.ts";
import type { GeneratedTokens } from "#contracts/trainer.ts";
import type { AssistantTurn, ToolDefinition, TrajectoryContent, Turn } from "#contracts/trajectory.ts";
import { loadTokenizer } from "#core/tokenizer/loadTokenizer.ts";
import { parseArguments } from "#core/trajectories/parseArguments.ts";
import { parseAssistantText } from "#core/trajectories/parseAssistantText.ts";
import { alignArguments } from "./alignArguments.ts";
import { alignReference } from "./alignReference.ts";
import { diagnose } from "./firstWrongToken.ts";
import { judgePrediction } from "./judgePrediction.ts";
import { tokenPlaces } from "./tokenPlaces.ts";

const file = (name: string): string => readFileSync(join(import.meta.dirname, "../../../resources/models/sample-base", name), "utf8");
const tokenizer = loadTokenizer({ name: "sample-base", tokenizerJson: file("tokenizer.json") });
const { eos } = tokenizer.special;

/** As a model would have written it: each token likely, with itself and one other told at each place. */
function generated(text: string, { stops = true, other = 5 }: { stops?: boolean; other?: number } = {}): GeneratedTokens {
  const tokenIds = Int32Array.from([...tokenizer.encode(text), ...(stops ? [eos] : [])]);
  return {
    tokenIds,
    logProbs: new Float32Array(tokenIds.length).fill(Math.log(0.6)),
    alternativeIds: Int32Array.from([...tokenIds].flatMap((id) => [id, other])),
    alternativeLogProbs: Float32Array.from([...tokenIds].flatMap(() => [Math.log(0.6), Math.log(0.3)])),
  };
}

const tool = (name: string, properties: JsonObject, required: readonly string[]): ToolDefinition => ({
  name,
  description: "",
  parameters: { type: "object", properties, required: [...required], additionalProperties: false },
});
const string = { type: "string" };
const TOOLS = [
  tool("find_trains", { origin: string, destination: string, day: string }, ["origin", "destination"]),
  tool("book_hotel", { city: string, nights: { type: "integer" } }, ["city", "nights"]),
];
const user = (content: string): Turn => ({ role: "user", content });
const call = (...calls: readonly [string, string][]): AssistantTurn => ({
  role: "assistant",
  calls: calls.map(([name, argumentsText]) => ({ name, argumentsText, arguments: parseArguments(argumentsText) })),
});
const written = (name: string, args: string): string => `Action: ${name}\nAction Input: ${args}`;
const TRAINS = '{"origin":"Oslo","destination":"Bergen"}';
const HOTEL = '{"city":"Bergen","nights":2}';
const of = (...turns: Turn[]): TrajectoryContent => ({ tools: TOOLS, turns, metadata: {} });
const answer = (words: string): AssistantTurn => ({ role: "assistant", calls: [], answer: words });
const trains = of(
  user("A train from Oslo to Bergen, then a hotel there for 2 nights"),
  call(["find_trains", TRAINS]),
  { role: "tool", content: "{}" },
  call(["book_hotel", HOTEL]),
);
const told = of(user("Oslo to Bergen?"), call(["find_trains", TRAINS]), { role: "tool", content: '{"at":"8"}' }, answer("It leaves at 8."));
const failed = of(
  user("Oslo to Bergen?"),
  call(["find_trains", TRAINS]),
  { role: "tool", content: '{"error":"timeout"}' },
  answer("It failed."),
);
const asks = of(user("A train to Bergen"), answer("From where?"));
const both = of(user("Hotels in Oslo and Bergen for 2 nights"), call(["book_hotel", '{"city":"Oslo","nights":2}'], ["book_hotel", HOTEL]));
const OSLO_HOTEL = written("book_hotel", '{"city":"Oslo","nights":2}');

function diagnosed(text: string, content: TrajectoryContent, turnIndex: number, stops = true) {
  const judgement = judgePrediction(text, content, turnIndex, {
    knownTools: new Set(["find_trains", "book_hotel", "rent_car"]),
    wasCutOff: !stops,
  });
  const { firstWrong, span } = diagnose(
    {
      text,
      output: judgement.output,
      tokens: generated(text, { stops }),
      findings: judgement.comparison.findings,
      tools: content.tools,
      reference: content.turns[turnIndex] as AssistantTurn,
    },
    tokenizer,
  );
  return { codes: judgement.codes, firstWrong: firstWrong!, span: span! };
}

/** Code, output, what stands in front of the first wrong character, how a right one goes on there, the place and the text of the error. */
type Row = readonly [
  code: string,
  content: TrajectoryContent,
  turnIndex: number,
  text: string,
  before: string,
  goesOn: string | null,
  place: string,
  error: string,
  stops?: boolean,
];
const HEAD = "Action: find_trains\nAction Input: ";
const HOTEL_HEAD = "Action: book_hotel\nAction Input: ";
const ROWS: readonly Row[] = [
  ["F01", trains, 1, written("find_trains", TRAINS.slice(0, -1)), written("find_trains", TRAINS.slice(0, -1)), "}", "end", ""],
  ["F01", trains, 1, `${HEAD}{'origin':'Oslo'}`, `${HEAD}{`, '"origin', "format", "'origin':'Oslo'}"],
  ["F01", trains, 1, "Action: find_trains", "Action: find_trains", "\nAction Input", "end", ""],
  ["F01", trains, 1, `${HEAD}{"origin":"Os`, `${HEAD}{"origin":"Os`, "lo", "end", "", false],
  ["F02", trains, 1, written("find_trips", TRAINS), "Action: find_tr", "ains", "toolName", "find_trips"],
  ["F03", trains, 1, written("rent_car", TRAINS), "Action: ", "find_trains", "toolName", "rent_car"],
  ["F04", trains, 1, written("book_hotel", '{"city":"Oslo","nights":2}'), "Action: ", "find_trains", "toolName", "book_hotel"],
  [
    "F05",
    trains,
    1,
    written("find_trains", '{"destination":"Bergen"}'),
    `${HEAD}{"destination":"Bergen"`,
    ', "origin',
    "missingArgument",
    "}",
  ],
  ["F05", trains, 3, written("book_hotel", "{}"), `${HOTEL_HEAD}{`, '"city', "missingArgument", "}"],
  [
    "F06",
    trains,
    1,
    written("find_trains", '{"via":"Oslo","origin":"Oslo","destination":"Bergen"}'),
    `${HEAD}{"`,
    "origin",
    "argumentKey",
    '"via":"Oslo"',
  ],
  [
    "F06",
    trains,
    1,
    written("find_trains", `${TRAINS.slice(0, -1)},"via":"Oslo"}`),
    `${HEAD}${TRAINS.slice(0, -1)}`,
    "}",
    "argumentKey",
    '"via":"Oslo"',
  ],
  [
    "F07",
    trains,
    3,
    written("book_hotel", '{"city":"Bergen","nights":"2"}'),
    `${HOTEL_HEAD}{"city":"Bergen","nights":`,
    "2}",
    "argumentValue",
    '"2"',
  ],
  ["F08", trains, 1, written("find_trains", TRAINS.replace("Oslo", "Lima")), `${HEAD}{"origin":"`, "Oslo", "argumentValue", '"Lima"'],
  [
    "F09",
    trains,
    3,
    written("book_hotel", '{ "nights": 2.0, "city": "Oslo" }'),
    `${HOTEL_HEAD}{ "nights": 2.0, "city": "`,
    "Bergen",
    "argumentValue",
    '"Oslo"',
  ],
  [
    "F09",
    trains,
    1,
    written("find_trains", '{"origin":"Bergen","destination":"Oslo"}'),
    `${HEAD}{"origin":"`,
    "Oslo",
    "argumentValue",
    '"Bergen","destination":"Oslo"',
  ],
  ["F10", both, 1, OSLO_HOTEL, OSLO_HOTEL, `\n${written("book_hotel", HOTEL)}`, "end", ""],
  [
    "F10",
    trains,
    1,
    `${written("find_trains", TRAINS)}\n${written("find_trains", TRAINS)}`,
    written("find_trains", TRAINS),
    "",
    "call",
    written("find_trains", TRAINS),
  ],
  ["F10", trains, 1, written("book_hotel", HOTEL), "Action: ", "find_trains", "call", written("book_hotel", HOTEL)],
  ["F10", told, 3, written("find_trains", TRAINS), "A", "nswer", "call", written("find_trains", TRAINS)],
  ["F11", asks, 1, written("find_trains", '{"origin":"Bergen","destination":"Bergen"}'), "A", "nswer", "decision", "Action: find_trains"],
  ["F12", trains, 1, "Answer: All set.", "A", "ction", "answer", "Answer: All set."],
  ["F12", told, 3, "Answer: It leaves at 8 or 77.", "Answer: It leaves at 8 or ", null, "answer", "77"],
  ["F12", failed, 3, "Answer: It leaves soon.", "Answer: It ", "failed", "answer", "Answer: It leaves soon."],
  ["F13", trains, 1, "Answer: Which day?", "A", "ction", "answer", "Answer: Which day?"],
  ["F14", trains, 1, "", "", "Action", "end", ""],
  ["F14", trains, 1, "Thought: I need the trains.", "Thought: I need the trains.", "\nAction", "end", ""],
  [
    "F14",
    told,
    3,
    `Answer: It leaves at 8.${" Yes it does.".repeat(5)}`,
    "Answer: It leaves at 8. Yes it does.",
    null,
    "answer",
    " Yes it does.".repeat(4),
    false,
  ],
  ["F14", failed, 3, written("find_trains", TRAINS), "A", "nswer", "call", written("find_trains", TRAINS)],
];

describe("the first wrong token", () => {
  for (const [at, [code, content, turnIndex, text, before, goesOn, place, error, stops = true]] of ROWS.entries()) {
    it(`of ${code}, ${at}: ${JSON.stringify(text.slice(0, 60))}`, () => {
      const { codes, firstWrong, span } = diagnosed(text, content, turnIndex, stops);
      expect(codes[0]).toBe(code);
      expect(text.slice(0, firstWrong.offset)).toBe(before);
      const { tokenIds } = generated(text, { stops });
      expect(firstWrong.token?.id).toBe(tokenIds[firstWrong.position]);
      const start = tokenizer.decode(tokenIds.slice(0, firstWrong.position));
      expect(before.startsWith(start)).toBe(true);
      if (goesOn === null) expect(firstWrong.right).toBeNull();
      else if (goesOn === "") expect(firstWrong.right!.id).toBe(eos);
      else {
        const right = start + firstWrong.right!.text;
        expect(
          (before + goesOn).startsWith(right) || right.startsWith(before + goesOn[0]!),
          `${right} as the beginning of ${before}${goesOn}`,
        ).toBe(true);
      }
      expect([span.place, text.slice(span.range.start, span.range.end)]).toEqual([place, error]);
      if (place === "end") expect(span.tokens.start).toBe(firstWrong.position);
      const covered = tokenizer.decode(tokenIds.slice(span.tokens.start, span.tokens.end));
      expect(covered).toContain(error === "" && stops ? "</s>" : error);
    });
  }

  it("is tried on every code", () => {
    expect(new Set(ROWS.map(([code]) => code)).size).toBe(14);
  });

  it("has its probability, the others there, and the rank of the right one where it is among them", () => {
    const text = written("find_trips", TRAINS);
    const rightId = tokenizer.encode(written("find_trains", TRAINS)).find((id, i) => id !== tokenizer.encode(text)[i])!;
    const judgement = judgePrediction(text, trains, 1);
    const about = (other: number) =>
      diagnose(
        {
          text,
          output: judgement.output,
          tokens: generated(text, { other }),
          findings: judgement.comparison.findings,
          tools: TOOLS,
          reference: trains.turns[1] as AssistantTurn,
        },
        tokenizer,
      ).firstWrong!;
    expect(about(rightId).right).toMatchObject({ id: rightId, rank: 2 });
    expect(about(rightId).right!.probability).toBeCloseTo(0.3, 5);
    expect(about(rightId).token!.probability).toBeCloseTo(0.6, 5);
    expect(about(rightId).alternatives).toHaveLength(2);
    expect(about(eos).right).toEqual({ id: rightId, text: tokenizer.decode([rightId]), probability: null, rank: null });
  });

  it("is where its finding is, where nobody said what is right", () => {
    const text = written("find_trips", TRAINS);
    const output = parseAssistantText(text);
    const { findings } = judgePrediction(text, of(user("Oslo to Bergen"), answer("x")), 1).comparison;
    const { firstWrong, span } = diagnose({ text, output, tokens: generated(text), findings, tools: TOOLS, reference: null }, tokenizer);
    expect([text.slice(0, firstWrong!.offset), firstWrong!.right, span!.place]).toEqual(["Action: find_tr", null, "toolName"]);
  });
});

describe("a reference spelled as the prediction", () => {
  const wanted = { city: "Zoë", nights: 2, tags: ["a", { b: null }], open: true };
  it.each([
    ['{"city":"Zoë","nights":2,"tags":["a",{"b":null}],"open":true}'],
    ['{ "open" : true , "nights" : 2.0, "tags" : [ "a" , { "b" : null } ], "city" : "Zo\\u00eb" }'],
    ['{\n  "tags": ["\\u0061", {"b":null}],\n  "city": "Zoë",\n  "nights": 2e0,\n  "open": true\n}'],
  ])("is %s itself where that is right", (text) => expect(alignArguments(text, wanted)).toBe(text));

  it.each([
    ["{", '{"city": "Zoë", "nights": 2, "tags": ["a",{"b":null}], "open": true}'],
    ['{"nights":3', '{"nights":2, "city": "Zoë", "tags": ["a",{"b":null}], "open": true}'],
    ['{"tags":["a"]', '{"tags":["a", {"b":null}], "city": "Zoë", "nights": 2, "open": true}'],
    ['{"tags":["a",{"b":null},3]', '{"tags":["a",{"b":null}], "city": "Zoë", "nights": 2, "open": true}'],
    ["nonsense", '{"city": "Zoë", "nights": 2, "tags": ["a",{"b":null}], "open": true}'],
    ['{"city":"Zo\\q', '{"city":"Zoë", "nights": 2, "tags": ["a",{"b":null}], "open": true}'],
  ])("goes on rightly behind %s", (text, aligned) => {
    expect(alignArguments(text, wanted)).toBe(aligned);
    expect(JSON.parse(aligned)).toEqual(wanted);
  });

  it("takes any thought, any order of parallel calls, and white space at the end", () => {
    const reference = both.turns[1] as AssistantTurn;
    const text = `Thought: Two hotels.\n${written("book_hotel", HOTEL)}\n${OSLO_HOTEL} `;
    expect(alignReference(text, parseAssistantText(text), reference)).toBe(text);
    const thinking = { ...reference, thought: "I look." };
    expect(alignReference("Tho", parseAssistantText("Tho"), thinking)).toMatch(/^Thought: I look\.\nAction/);
    expect(alignReference("Act", parseAssistantText("Act"), thinking)).toMatch(/^Action: book_hotel/);
  });
});

describe("token places", () => {
  it("give a character of several tokens to the first of them", () => {
    const ids = Int32Array.from([...tokenizer.encode("a🦜b"), eos]);
    const places = tokenPlaces(ids, tokenizer);
    const bird = places.tokenAt(1);
    expect(tokenizer.decode(ids.slice(0, bird))).toBe("a");
    expect(places.tokenAt(3)).toBe(ids.length - 2);
    expect(places.tokenAt(4)).toBe(ids.length - 1);
    expect(places.tokensOf({ start: 1, end: 3 })).toEqual({ start: bird, end: ids.length - 2 });
    expect(places.tokensOf({ start: 4, end: 4 })).toEqual({ start: ids.length - 1, end: ids.length });
  });
});

/** Random sequences of edits, from seeds: whatever is done in whatever order, the result holds. */
import { describe, expect, it } from "vitest";
import { AppError } from "#contracts/errors.ts";
import type { AssistantTurn, TrajectoryContent } from "#contracts/trajectory.ts";
import { randomIntegers } from "#core/model/random.ts";
import { parseArguments } from "../parseArguments.ts";
import { readAssistantText } from "../readAssistantText.ts";
import { renderAssistantText } from "../renderAssistantText.ts";
import { randomEdits } from "./editTesting.ts";
import * as edit from "./index.ts";

const start: TrajectoryContent = {
  tools: [],
  turns: [
    { role: "user", content: "Is Oslo warm?" },
    { role: "assistant", thought: "Look.", calls: [edit.readCall("find", '{"a": 1}')] },
  ],
  metadata: { openai: { style: {}, messages: { 0: { set: { x: 1 } } } } },
};

const ways = Array.from({ length: 40 }, (_, seed) => seed);

describe("any sequence of edits", () => {
  it.each(ways)("from seed %i gives contents that hold, or a refusal that changes nothing", (seed) => {
    const { step } = randomEdits(randomIntegers(seed));
    let content = start;
    let numMade = 0;
    for (let i = 0; i < 120; i++) {
      const before = JSON.stringify(content);
      try {
        content = step(content);
        numMade++;
      } catch (error) {
        if (!(error instanceof AppError) || error.code !== "E_EDIT_REFUSED") throw error;
        expect(error.message).toMatch(/^The edit of (turn \d+|the tool ".*") was not made: ./s);
        expect(JSON.stringify(content)).toBe(before);
      }
      expect(edit.faultOfContent(content)).toBeNull();
    }
    expect(numMade).toBeGreaterThan(8);
    expect(JSON.parse(JSON.stringify(content))).toStrictEqual(content);
    expect(content.turns.length).toBeGreaterThan(0);
    const spoken = content.turns.filter((turn): turn is AssistantTurn => turn.role === "assistant");
    for (const turn of spoken) {
      expect(readAssistantText(renderAssistantText(turn))).toEqual(turn);
      for (const call of turn.calls) expect(call.arguments).toEqual(parseArguments(call.argumentsText));
    }
    for (const key of Object.keys((content.metadata["openai"] as { messages: object }).messages)) {
      expect(Number(key)).toBeLessThan(content.turns.length);
    }
  });
});

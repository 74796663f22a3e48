import { expect, it } from "vitest";
import type { TrajectoryContent } from "#contracts/trajectory.ts";
import { describeDifference } from "./describeDifference.ts";
import { diffContents } from "./diffContents.ts";
import * as edit from "./edit/index.ts";

const content: TrajectoryContent = {
  tools: [{ name: "find", description: "", parameters: {} }],
  turns: [
    { role: "user", content: "Find it" },
    { role: "assistant", thought: "Look.", calls: [edit.readCall("find", "{}")] },
    { role: "tool", content: "none" },
    { role: "assistant", calls: [], answer: "None." },
  ],
  metadata: {},
};
const words = (edited: TrajectoryContent): string => describeDifference(diffContents(content, edited));

it("says in a line what an edit did", () => {
  expect(words(content)).toBe("");
  expect(words(edit.setText(edit.renameCall(content, 1, 0, "search"), 1, "thought", "x"))).toBe("Changed the thought and call of turn 2");
  expect(words(edit.removeTurn(edit.removeTool(content, 0), 2))).toBe("Removed turn 3, removed the tool find");
  expect(words(edit.moveTurn(content, 0, 3))).toBe("Moved turn 1 to 4");
  const many = [0, 1, 2, 3, 4].reduce((made, i) => edit.addTurn(made, i, { role: "user", content: `${i}` }), content);
  expect(words(many)).toBe("Added turn 1, added turn 2, added turn 3, 2 more");
});

import { expect, it, onTestFinished } from "vitest";
import { openTinyWorkspace, weatherTrajectory } from "../../test/fixtures/tinyWorkspace.ts";
import { AppError } from "#contracts/errors.ts";
import { addTurn, setArgument, setTarget } from "#core/trajectories/edit/index.ts";
import { checkContent } from "./checkContent.ts";
import { tokensOfContent, tokensOfTrajectory } from "./tokensOfTrajectory.ts";
import { getTrajectory } from "./trajectories.ts";

it("judges a content that is not stored as it judges a stored one, and says where its values come from", async () => {
  const workspace = await openTinyWorkspace({ numTrajectories: 1 });
  onTestFinished(() => workspace.close());
  const { core } = workspace;
  const { trajectory, checks } = getTrajectory(core, "T-00001");
  expect(checkContent(core, { content: trajectory }).checks).toEqual(checks);

  const callTurn = trajectory.turns.findIndex((turn) => turn.role === "assistant" && turn.calls.length > 0);
  const edited = setArgument(trajectory, callTurn, 0, "/day", "someday");
  const { checks: found, grounds } = checkContent(core, { content: edited, turnIndex: callTurn });
  expect(Object.keys(found)).toEqual([String(callTurn)]);
  expect(found[callTurn]!.findings.map(({ code, pointer }) => [code, pointer])).toEqual([["F07", "/day"]]);
  expect(grounds).toEqual([{ "/city": { kind: "turn", turnIndex: callTurn - 1 } }]);

  // whatever a page says of the arguments, their text is what counts
  const lie = {
    ...edited,
    turns: edited.turns.map((turn) =>
      turn.role === "assistant"
        ? { ...turn, calls: turn.calls.map((call) => ({ ...call, argumentsText: "{", arguments: { ok: true as const, value: {} } })) }
        : turn,
    ),
  };
  expect(checkContent(core, { content: lie, turnIndex: callTurn }).checks[callTurn]!.primary).toBe("F01");
  expect(() => checkContent(core, { content: { ...edited, targets: [0] } })).toThrow(AppError);
  expect(checkContent(core, { content: edited, turnIndex: 99 })).toEqual({ checks: {}, grounds: [], toolFaults: [] });

  const parameters = { type: "dict", properties: { required: { type: "float", required: true }, type: { type: "oops" } } };
  const tools = [...edited.tools, { name: "odd", description: "", parameters }];
  expect(checkContent(core, { content: { ...edited, tools } }).toolFaults).toEqual([
    { toolIndex: edited.tools.length, pointer: "/properties/type/type", message: expect.any(String) },
  ]);
});

it("shows the tokens of a content before it is saved", async () => {
  const workspace = await openTinyWorkspace({ numTrajectories: 1 });
  onTestFinished(() => workspace.close());
  const { core, modelDir } = workspace;
  const layout = { model: modelDir, maskMode: "allAssistantTurns", maxLength: 320, truncation: "pathWindows", window: 0 } as const;
  const { trajectory } = getTrajectory(core, "T-00001");
  const { id: _id, split: _split, ...content } = trajectory;
  const stored = await tokensOfTrajectory(core, { id: "T-00001", ...layout });
  expect(await tokensOfContent(core, { content, ...layout })).toEqual({ ...stored, trajectoryId: null });

  const last = content.turns.length - 1;
  const untrained = await tokensOfContent(core, { content: setTarget(content, last, false), ...layout });
  expect(untrained.numSupervised).toBeLessThan(stored.numSupervised);
  const longer = await tokensOfContent(core, { content: addTurn(content, last + 1, weatherTrajectory(1).turns[1]!), ...layout });
  expect(longer.fullLength).toBeGreaterThan(stored.fullLength);
});

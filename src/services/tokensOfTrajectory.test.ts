import { expect, it, onTestFinished } from "vitest";
import { addTrajectories, openTinyWorkspace, weatherTrajectory } from "../../test/fixtures/tinyWorkspace.ts";
import { tokensOfTrajectory } from "./tokensOfTrajectory.ts";

it("shows a long trajectory window by window, as it is trained on, and says which turns are in none", async () => {
  const workspace = await openTinyWorkspace({ numTrajectories: 1 });
  onTestFinished(() => workspace.close());
  const { core, modelDir } = workspace;
  const round = weatherTrajectory(1);
  const rounds = Array.from({ length: 6 }, (_, i) => weatherTrajectory(i + 1).turns.slice(1)).flat();
  addTrajectories(core.store, [{ ...round, turns: [round.turns[0]!, ...rounds] }]);
  const request = { id: "T-00002", model: modelDir, maskMode: "allAssistantTurns", maxLength: 320, truncation: "pathWindows" } as const;

  const first = await tokensOfTrajectory(core, { ...request, window: 0 });
  expect(first.numWindows).toBeGreaterThan(1);
  const windows = await Promise.all(
    Array.from({ length: first.numWindows }, (_, window) => tokensOfTrajectory(core, { ...request, window })),
  );
  const turnsTrainedIn = windows.map(({ tokens }) => new Set(tokens!.filter(({ trained }) => trained).map(({ turnIndex }) => turnIndex)));
  const trained = turnsTrainedIn.flatMap((turns) => [...turns]);
  expect(new Set(trained).size).toBe(trained.length);
  const assistantTurns = [round.turns[0]!, ...rounds].filter(({ role }) => role === "assistant").length;
  expect(trained.length + (first.refusal?.numTurns ?? 0)).toBe(assistantTurns);
  for (const { tokens } of windows) expect(tokens!.length).toBeLessThanOrEqual(320);
  expect((await tokensOfTrajectory(core, { ...request, window: 99 })).window).toBe(first.numWindows - 1);

  const none = await tokensOfTrajectory(core, { ...request, maxLength: 16, window: 0 });
  expect(none).toMatchObject({ tokens: null, numWindows: 0 });
  expect(none.refusal!.reason).not.toBe("");
});

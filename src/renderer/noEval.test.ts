import { expect, it } from "vitest";

it("is heard by zod, which is loaded later", async () => {
  await import("./noEval.ts");
  const { config } = await import("zod");
  expect(config().jitless).toBe(true);
});

import { expect, it } from "vitest";
import type { DataVersion } from "#contracts/dataVersions.ts";
import { versionOfRun } from "./versionOfRun.ts";

const version = (id: number, name: string): DataVersion => ({ id, name, hash: "", author: "", note: "", at: "", numTrajectories: 1 });

it("finds the newest version that was cut for a run, and none of another's", () => {
  const versions = [version(1, "r-001"), version(3, "r-001, 2"), version(4, "r-0011"), version(5, "before cleaning")];
  expect(versionOfRun(versions, "r-001")?.id).toBe(3);
  expect(versionOfRun([...versions].reverse(), "r-001")?.id).toBe(3);
  expect(versionOfRun(versions, "r-00")).toBeUndefined();
});

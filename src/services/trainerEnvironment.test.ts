import { expect, test } from "vitest";
import { trainerEnvironment } from "./trainerEnvironment.ts";

test("freed memory is kept, and what a person has set for glibc comes last", () => {
  expect(trainerEnvironment({ PATH: "/bin" })).toEqual({
    PATH: "/bin",
    GLIBC_TUNABLES: "glibc.malloc.mmap_max=0:glibc.malloc.trim_threshold=17179869184",
  });
  const { GLIBC_TUNABLES } = trainerEnvironment({ GLIBC_TUNABLES: "glibc.malloc.mmap_max=8" });
  expect(GLIBC_TUNABLES).toMatch(/mmap_max=0:.*:glibc\.malloc\.mmap_max=8$/);
});

// @vitest-environment happy-dom
import { flushPromises, mount } from "@vue/test-utils";
import { createPinia, setActivePinia } from "pinia";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { createMemoryHistory, createRouter } from "vue-router";
import type { CaseDetail } from "#contracts/cases.ts";
import type { Experiment, Notebook, Reaction } from "#contracts/experiments.ts";
import CaseNotebook from "./CaseNotebook.vue";
import { CLIENT, type Client } from "../../../../transport/client.ts";

const reaction = (label: string, more: Partial<Reaction>): Reaction => ({
  label,
  text: "Action: get_forecast_pro",
  decision: "call",
  code: "F02",
  isSame: true,
  badLogProb: -0.49,
  rightLogProb: -3.1,
  ...more,
});
const PATCH: Experiment = {
  id: "x-2",
  caseId: "C-0001",
  hypothesisId: "h-1",
  spec: { kind: "patch", trajectories: ["T-00001", "T-00002"], numSteps: 1 },
  state: "done",
  jobId: null,
  author: "ann",
  startedAt: "2026-11-28T10:00:00Z",
  result: {
    reactions: [reaction("as it was", {}), reaction("patched", { code: null, isSame: false, badLogProb: -4.71 })],
    isFixed: true,
    randomChanges: [-0.1, 0.02],
    heldOut: { numPrompts: 100, numFixed: 3, numBroken: 1, exactCallRateBefore: 0.9, exactCallRateAfter: 0.92 },
    runId: null,
    smallestSet: null,
    seconds: 6,
  },
  error: null,
  verdict: null,
};
const BOOK: Notebook = {
  hypotheses: [
    {
      id: "h-1",
      caseId: "C-0001",
      cause: "data",
      statement: "Two trajectories taught it",
      author: "ann",
      createdAt: "2026-11-28T10:00:00Z",
      verdict: null,
      note: "",
      experiments: [PATCH],
    },
  ],
  experiments: [],
  suggested: [{ cause: "prompt", statement: "The order of the tools matters", spec: { kind: "tools" } }],
};
const asked = { start: vi.fn(async () => PATCH), write: vi.fn(async () => BOOK) };
const router = createRouter({ history: createMemoryHistory(), routes: [{ path: "/:rest(.*)*", component: {} }] });

async function open(book: Notebook) {
  const client = { experiments: { notebook: async () => book, ...asked } } as unknown as Client;
  const mounted = mount(CaseNotebook, {
    props: { shown: { id: "C-0001" } as CaseDetail },
    global: { plugins: [router], provide: { [CLIENT as symbol]: client } },
  });
  await flushPromises();
  return mounted;
}
beforeEach(() => setActivePinia(createPinia()));

describe("the notebook of a case", () => {
  it("shows what the model did each time, and how far random examples go", async () => {
    const book = await open(BOOK);
    const cells = book.findAll("tbody tr").map((row) => row.findAll("td").map((cell) => cell.text()));
    expect(cells).toEqual([
      ["as it was", "call", "F02 invented tool, the same again", "Action: get_forecast_pro", "\u22120.49", "\u22123.10"],
      ["patched", "call", "right, or nothing to object", "Action: get_forecast_pro", "\u22124.71", "\u22123.10"],
    ]);
    expect(book.find("svg[role=img]").attributes("aria-label")).toContain("none of them lowers it as much");
    expect(book.findAll("circle.random").length).toBe(2);
    expect(book.text()).toContain("of 100 prompts 3 turn right and 1 wrong; exact calls 90.0% before, 92.0% after");
  });

  it("runs a suggestion with one press, with its hypothesis", async () => {
    const book = await open(BOOK);
    await book.find(".suggestion button").trigger("click");
    expect(asked.start).toHaveBeenCalledWith(
      expect.objectContaining({ spec: { kind: "tools" }, hypothesis: { cause: "prompt", statement: "The order of the tools matters" } }),
    );
  });

  it("writes a verdict, and takes it back with a second press", async () => {
    const book = await open(BOOK);
    await book.find(".verdict.supports").trigger("click");
    expect(asked.write).toHaveBeenCalledWith(expect.objectContaining({ id: "h-1", verdict: "supports" }));
    await flushPromises();
    const held = await open({ ...BOOK, hypotheses: [{ ...BOOK.hypotheses[0]!, verdict: "supports" }] });
    await held.find(".verdict.supports").trigger("click");
    expect(asked.write).toHaveBeenLastCalledWith(expect.objectContaining({ id: "h-1", verdict: null }));
  });

  it("says that there is nothing yet, and does not export that", async () => {
    const book = await open({ hypotheses: [], experiments: [], suggested: [] });
    expect(book.text()).toContain("No hypothesis yet.");
    expect(book.findAll("header button")[1]!.attributes("title")).toBe("There is nothing in it yet");
  });
});

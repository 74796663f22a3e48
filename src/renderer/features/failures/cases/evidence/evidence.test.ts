// @vitest-environment happy-dom
import { flushPromises, mount } from "@vue/test-utils";
import { createPinia, setActivePinia } from "pinia";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { createMemoryHistory, createRouter } from "vue-router";
import type { CaseDetail } from "#contracts/cases.ts";
import type { Job } from "#contracts/jobs.ts";
import type { CaseTrace, ExampleEvidence, Signal, SignalScore, TracedExample } from "#contracts/tracing.ts";
import CaseEvidence from "../CaseEvidence.vue";
import FieldHeatTable from "./FieldHeatTable.vue";
import GradeMark from "./GradeMark.vue";
import { runCommand } from "../../../../keys/commands.ts";
import HeatText from "../../../../components/tokens/HeatText.vue";
import { CLIENT, type Client } from "../../../../transport/client.ts";
import { useWorkbench } from "../../../../transport/workbench.ts";
import { signedScore } from "./evidenceWords.ts";

const SHOWN = {
  id: "C-0001",
  title: "Forecast for Oslo. Use the pro version.",
  code: "F02",
  runId: "r-001",
  model: "r-001",
  checkpointStep: 400,
  events: [],
  counterExamples: [],
  prompt: [{ role: "user", content: "Forecast for Oslo. Use the pro version." }],
  tools: [{ name: "get_forecast", description: "", parameters: {} }],
  text: 'Action: get_forecast_pro\nAction Input: {"city": "Oslo"}',
} as unknown as CaseDetail;

function example(index: number, ranks: Readonly<Record<Signal, number>>, more: Partial<TracedExample> = {}): TracedExample {
  const scoreOf = (rank: number): SignalScore => ({ rank, score: 1 / (rank + 1) });
  return {
    index,
    trajectories: [
      { id: `T-0000${index}`, title: `Forecast for city ${index}`, isUnchanged: index !== 2, findings: index === 1 ? ["F02"] : [] },
    ],
    signals: {
      lexical: scoreOf(ranks.lexical),
      representation: scoreOf(ranks.representation),
      gradient: scoreOf(ranks.gradient),
    },
    rank: index,
    exact: 0.41,
    grade: "likely",
    hits: [{ kind: "toolName", text: "get_forecast_pro" }],
    call: 'Action: get_forecast_pro\nAction Input: {"city": "Bern"}',
    ...more,
  };
}
const noise = { mean: 0.1, deviation: 0.02, numOutputs: 40, z: 6.2 };
const TRACE: CaseTrace = {
  caseId: "C-0001",
  runId: "r-001",
  checkpointStep: 400,
  at: "2026-11-28T10:00:00Z",
  author: "ann",
  isContrastive: true,
  groups: [
    {
      examples: [
        example(1, { lexical: 1, representation: 2, gradient: 1 }),
        example(2, { lexical: 3, representation: 4, gradient: 5 }, { grade: "similar" }),
      ],
    },
    { examples: [example(3, { lexical: 2, representation: 1, gradient: 3 })] },
  ],
  opponents: [example(9, { lexical: 50, representation: 60, gradient: 70 }, { exact: -0.12, grade: null })],
  nothingStandsOut: false,
  noise: { lexical: noise, representation: noise, gradient: noise },
  numExamples: 2156,
  numIndexed: 2156,
  seconds: { indexing: 0, search: 0.4, rerank: 3 },
  reliability: null,
};
const EVIDENCE: ExampleEvidence = {
  example: TRACE.groups[0]!.examples[0]!,
  tools: [],
  turns: [
    { role: "user", content: "Forecast for Bern. Use the pro version." },
    {
      role: "assistant",
      calls: [{ name: "get_forecast_pro", argumentsText: '{"city": "Bern"}', arguments: { ok: true, value: { city: "Bern" } } }],
    },
  ],
  turnIndex: 1,
  tokens: [
    { text: " get", segment: "toolName", score: 0.45 },
    { text: "Bern", segment: "argumentValue", score: -0.04 },
  ],
  outputTokens: [{ text: " get", segment: "toolName", score: 0.41 }],
  fields: [
    { kind: "toolName", text: "get_forecast_pro", range: { start: 8, end: 24 }, score: 0.45 },
    { kind: "argumentValue", text: '"Oslo"', range: { start: 0, end: 1 }, score: -0.04 },
  ],
};

const start = vi.fn(async () => ({ jobId: "j-1" }));
const router = createRouter({ history: createMemoryHistory(), routes: [{ path: "/:rest(.*)*", component: {} }] });
async function open(trace: CaseTrace | null | (() => CaseTrace | null), shown = SHOWN) {
  const client = {
    tracing: {
      get: async () => (typeof trace === "function" ? trace() : trace),
      start,
      example: async () => EVIDENCE,
      measureReliability: async () => ({ jobId: "j-2" }),
    },
  } as unknown as Client;
  const mounted = mount(CaseEvidence, {
    props: { shown },
    global: { plugins: [router], provide: { [CLIENT as symbol]: client } },
    attachTo: document.body,
  });
  await flushPromises();
  return mounted;
}
const rowsOf = (mounted: Awaited<ReturnType<typeof open>>, signal: string) =>
  mounted.findAll(`[aria-label="${signal}, best examples"] [data-example]`);

beforeEach(() => {
  setActivePinia(createPinia());
  document.body.innerHTML = "";
});

describe("the evidence of a case", () => {
  it("says what tracing does where there is none, and starts it by its command", async () => {
    const evidence = await open(null);
    expect(evidence.text()).toContain("Not traced yet.");
    expect(runCommand("evidence.trace")).toBe(true);
    await flushPromises();
    expect(start).toHaveBeenCalledWith(expect.objectContaining({ caseIds: ["C-0001"] }));
    evidence.unmount();
  });

  it("cannot be asked of a model that no run trained, and says why", async () => {
    const evidence = await open(null, { ...SHOWN, runId: null });
    expect(runCommand("evidence.trace")).toBe(false);
    expect(evidence.find("button.primary").attributes("title")).toContain("Only outputs of a run can be traced");
    evidence.unmount();
  });

  it("stands in three columns, each in its own order, near-duplicates folded", async () => {
    const evidence = await open(TRACE);
    const ids = (signal: string) => rowsOf(evidence, signal).map((row) => row.attributes("data-trajectory"));
    expect([ids("Lexical"), ids("Representation"), ids("Gradient")]).toEqual([
      ["T-00001", "T-00003"],
      ["T-00003", "T-00001"],
      ["T-00001", "T-00003"],
    ]);
    expect(evidence.find(".fold").text()).toBe("×2 nearly the same");
    await evidence.find(".fold").trigger("click");
    expect(ids("Lexical")).toEqual(["T-00001", "T-00002", "T-00003"]);
    expect(evidence.text()).toContain("1 named trajectory was changed since");
    expect(evidence.text()).toContain("How far grades can be trusted is not measured on this run yet.");
    evidence.unmount();
  });

  it("marks an example in all columns, and goes by arrows to the same one in the next", async () => {
    const evidence = await open(TRACE);
    const first = rowsOf(evidence, "Lexical")[0]!;
    await first.trigger("focus");
    expect(evidence.findAll(".marked").map((row) => row.attributes("data-trajectory"))).toEqual(["T-00001", "T-00001", "T-00001"]);
    await first.trigger("keydown", { key: "ArrowRight" });
    await flushPromises();
    expect(document.activeElement).toBe(rowsOf(evidence, "Representation")[1]!.element);
    evidence.unmount();
  });

  it("chooses by Space and with Shift, and says how many trajectories that are", async () => {
    const evidence = await open(TRACE);
    const said = () => evidence.find(".said").text();
    const first = rowsOf(evidence, "Gradient")[0]!;
    await first.trigger("keydown", { key: " " });
    expect([said(), first.attributes("aria-selected")]).toEqual(["1 example: 1 trajectory", "true"]);
    await first.trigger("keydown", { key: "ArrowDown", shiftKey: true });
    expect(said()).toBe("2 examples: 2 trajectories");
    runCommand("evidence.alike");
    await flushPromises();
    expect(said()).toBe("3 examples: 3 trajectories");
    evidence.unmount();
  });

  it("opens an example with Enter, whose tokens add up, and closes it with Escape where it was opened", async () => {
    const evidence = await open(TRACE);
    const row = rowsOf(evidence, "Representation")[1]!;
    await row.trigger("focus");
    await row.trigger("keydown", { key: "Enter" });
    await flushPromises();
    const card = evidence.find('[aria-label="Example T-00001"]');
    expect(card.text()).toContain("its tokens add up to +0.410, the exact score");
    expect(card.text()).toContain("invented tool F02");
    expect(card.text()).toContain("tool get_forecast_pro");
    expect(document.activeElement).toBe(card.element);
    await card.trigger("keydown", { key: "Escape" });
    await flushPromises();
    expect(evidence.find('[aria-label="Example T-00001"]').exists()).toBe(false);
    expect(document.activeElement).toBe(rowsOf(evidence, "Representation")[1]!.element);
    evidence.unmount();
  });

  it("follows a job of the case that another page started, and reads what it made when it ends", async () => {
    const job = {
      ...{
        id: "j-7",
        kind: "trace",
        title: "Trace C-0001",
        state: "running",
        phase: "ranking exactly",
        done: 40,
        total: 100,
        unit: "examples",
      },
      ...{ unitsPerSecond: 8, secondsLeft: 7, canPause: false, canCancel: true, subject: "C-0001", startedAt: "2026-11-28T10:00:00Z" },
    } as unknown as Job;
    let trace: CaseTrace | null = null;
    const evidence = await open(() => trace);
    useWorkbench().takeJobs([job]);
    await flushPromises();
    for (const words of ["ranking exactly", "40 / 100 examples", "8 examples/s", "7 s left", "Stop"])
      expect(evidence.text()).toContain(words);
    expect(evidence.text()).not.toContain("Not traced yet.");
    trace = TRACE;
    useWorkbench().takeJobs([{ ...job, state: "done" }]);
    await flushPromises();
    expect(rowsOf(evidence, "Lexical").length).toBe(2);
    evidence.unmount();
  });

  it("says where nothing stands out, what was not seen, and what was not contrasted", async () => {
    const evidence = await open({ ...TRACE, nothingStandsOut: true, numIndexed: 400, isContrastive: false });
    expect(evidence.text()).toContain("No training example stands out above what right outputs reach (z 6.2 at best)");
    expect(evidence.text()).toContain("saw 400 of 2,156 examples");
    expect(evidence.text()).toContain("nobody said what is right");
    evidence.unmount();
  });
});

it("tells a grade by bars and by its word", () => {
  const mark = mount(GradeMark, { props: { grade: "likely" } });
  expect([mark.findAll(".filled").length, mark.text()]).toEqual([2, "Likely"]);
  expect(mount(GradeMark, { props: { grade: null } }).findAll(".filled").length).toBe(0);
});

it("tells for and against by line, sign and words, and has all numbers as a table", async () => {
  const heat = mount(HeatText, { props: { label: "Tokens", tokens: EVIDENCE.tokens, scoreText: signedScore } });
  expect(heat.findAll("[role=option]").map((token) => token.attributes("aria-label"))).toEqual([
    "·get, +0.450, tool name",
    "Bern, \u22120.040, argument value",
  ]);
  expect(heat.findAll(".for-5").length).toBe(1);
  expect(heat.findAll(".against-1").length).toBe(1);
  await heat.find("button").trigger("click");
  expect(heat.findAll("tbody tr").map((row) => row.text())).toEqual(["·getTool name+0.450", "BernArgument value\u22120.040"]);
});

it("folds tokens that add next to nothing, and unfolds them by key", async () => {
  const quiet = Array.from({ length: 40 }, () => ({ text: " x", segment: "user" as const, score: 0 }));
  const heat = mount(HeatText, {
    props: { label: "Tokens", tokens: [...quiet, ...EVIDENCE.tokens], scoreText: signedScore },
    attachTo: document.body,
  });
  const fold = heat.find(".quiet");
  expect([fold.text(), heat.findAll("[role=option]").length]).toEqual(["37 tokens, together 0.000", 6]);
  await heat.find("[role=listbox]").trigger("keydown", { key: "Home" });
  expect(heat.find(".readout").text()).toContain("37 tokens, together 0.000; Enter shows them");
  await heat.find("[role=listbox]").trigger("keydown", { key: "Enter" });
  expect(heat.findAll("[role=option]").length).toBe(42);
  heat.unmount();
});

it("sets what a field adds to the right of the middle, and what it takes away to the left", () => {
  const table = mount(FieldHeatTable, { props: { fields: EVIDENCE.fields } });
  const [first, second] = table.findAll("i").map((bar) => bar.attributes("style"));
  expect(first).toContain("left: 50%; width: 50%");
  expect(second).toContain("left: 45.5");
});

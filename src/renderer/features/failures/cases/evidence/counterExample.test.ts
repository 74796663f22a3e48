// @vitest-environment happy-dom
import { flushPromises, mount } from "@vue/test-utils";
import { createPinia, setActivePinia } from "pinia";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { createMemoryHistory, createRouter } from "vue-router";
import type { CaseDetail, CounterExample } from "#contracts/cases.ts";
import type { TracedExample } from "#contracts/tracing.ts";
import type { AssistantTurn, TrajectoryContent } from "#contracts/trajectory.ts";
import { missingInLesson } from "#core/trajectories/edit/index.ts";
import CounterExampleDialog from "./CounterExampleDialog.vue";
import { heldOutFaults } from "./counterExample.ts";
import LeaveTurnsOutDialog from "./LeaveTurnsOutDialog.vue";
import { CLIENT, type Client } from "../../../../transport/client.ts";

const SHOWN = { id: "C-0001" } as unknown as CaseDetail;
const EXAMPLE = { index: 7, call: "Answer: no", trajectories: [{ id: "T-00003" }, { id: "T-00005" }] } as unknown as TracedExample;
const right: AssistantTurn = { role: "assistant", calls: [], answer: "It rains." };
const lesson = (user: string, turn = right): TrajectoryContent => ({
  tools: [{ name: "get_weather", description: "", parameters: {} }],
  turns: [{ role: "system", content: "You call tools." }, { role: "user", content: user }, turn],
  metadata: {},
});
const ofExample: CounterExample = { content: lesson("Weather in Bern?"), from: "T-00003", heldOut: null };
const ofCase: CounterExample = {
  content: lesson("Weather in Oslo?"),
  from: null,
  heldOut: { trajectoryId: "T-00044", split: "validation" },
};

const counterExample = vi.fn(async ({ example }: { example?: number }) => (example === undefined ? ofCase : ofExample));
const write = vi.fn(async () => ({ id: "T-00099", change: { title: "Wrote T-00099, a counter-example for C-0001" } }));
const preview = vi.fn(async () => ({
  ...{ id: 4, numChosen: 2, isDone: true, jobId: null, numListed: 2 },
  counts: {
    numWalked: 2,
    numChanged: 2,
    numSkipped: 0,
    numHits: 2,
    hitsByPart: { loss: 2 },
    numLeft: 0,
    changedBySplit: { train: 2, validation: 0, test: 0 },
  },
}));
const apply = vi.fn(async () => ({ changeId: 1, numChosen: 2, jobId: null, change: { title: "Left", numTrajectories: 2, numSkipped: 0 } }));
const client = {
  cases: { counterExample },
  trajectories: { check: async () => ({ checks: {}, grounds: [], toolFaults: [] }) },
  editing: { write },
  changes: { preview, apply, previewPage: async () => ({ numListed: 2, rows: [] }) },
} as unknown as Client;
const router = createRouter({ history: createMemoryHistory(), routes: [{ path: "/:rest(.*)*", component: {} }] });
const global = { plugins: [router], provide: { [CLIENT as symbol]: client } };

const dialog = (): HTMLElement => document.querySelector<HTMLElement>('[role="dialog"]')!;
const button = (words: RegExp): HTMLButtonElement => [...dialog().querySelectorAll("button")].find((one) => words.test(one.textContent))!;
async function type(label: string, text: string): Promise<void> {
  const labelled = [...dialog().querySelectorAll("label")].find((one) => one.textContent.trim() === label)!;
  const field = document.getElementById(labelled.htmlFor) as HTMLTextAreaElement;
  field.value = text;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  await flushPromises();
}

beforeEach(() => {
  setActivePinia(createPinia());
  document.body.innerHTML = "";
  vi.clearAllMocks();
});

describe("the dialog of a counter-example", () => {
  it("begins with the prompt of the example, and writes what stands in it", async () => {
    const mounted = mount(CounterExampleDialog, { props: { shown: SHOWN, example: EXAMPLE }, global, attachTo: document.body });
    await flushPromises();
    expect(counterExample).toHaveBeenCalledWith({ id: "C-0001", example: 7 }, expect.anything());
    expect(dialog().textContent).toContain("must not become a training example word for word");
    await type("Answer", "It snows.");
    button(/^Add the counter-example/u).click();
    await flushPromises();
    expect(write).toHaveBeenCalledWith(
      expect.objectContaining({
        caseId: "C-0001",
        reason: "counter-example for C-0001",
        content: lesson("Weather in Bern?", { ...right, answer: "It snows." }),
      }),
    );
    expect(mounted.emitted("close")).toHaveLength(1);
    mounted.unmount();
  });

  it("asks for another question where the case is held out, and is silent once it is one", async () => {
    const mounted = mount(CounterExampleDialog, { props: { shown: SHOWN, example: null }, global, attachTo: document.body });
    await flushPromises();
    expect(dialog().textContent).toContain("asks this and is held out for validation");
    expect(button(/^Add the counter-example/u).title).toBe("Change what the user says first: it is held out");
    button(/^Add the counter-example/u).click();
    await type("What the user says", "Weather in Quito?");
    expect(dialog().querySelector('[role="alert"]')).toBeNull();
    expect(write).not.toHaveBeenCalled();
    button(/^Add the counter-example/u).click();
    await flushPromises();
    expect(write).toHaveBeenCalledWith(expect.objectContaining({ content: lesson("Weather in Quito?") }));
    mounted.unmount();
  });
});

it("names the turns of the user that are held out, and what is missing of the right one", () => {
  const two: TrajectoryContent = {
    ...lesson("a"),
    turns: [...["A b", "c", "d"].map((text) => ({ role: "user" as const, content: text })), right],
  };
  const begun: CounterExample = { content: two, from: null, heldOut: ofCase.heldOut };
  const said = (...texts: readonly string[]): TrajectoryContent => ({
    ...two,
    turns: [...texts.map((text) => ({ role: "user" as const, content: text })), right],
  });
  expect([said("a  B", "c", "e"), said("x", "c", "d"), said("x", "c", "e")].map((now) => Object.keys(heldOutFaults(begun, now)))).toEqual([
    ["0"],
    ["2"],
    [],
  ]);
  expect(heldOutFaults({ ...begun, heldOut: null }, two)).toEqual({});
  const missing = [right, { ...right, answer: " " }, { ...right, thought: "Action: x\nAction: y" }].map((turn) =>
    missingInLesson(lesson("a", turn)),
  );
  expect(missing).toEqual(["", "Write the right turn first", expect.stringMatching(/^The right turn would not hold/u)]);
});

it("leaves the turns of examples out as one change, after a look at each, with its reason", async () => {
  const mounted = mount(LeaveTurnsOutDialog, { props: { caseId: "C-0001", examples: [EXAMPLE] }, global, attachTo: document.body });
  await flushPromises();
  const texts = ["T-00003", "T-00005"].map((trajectory) => ({ trajectory, text: "Answer: no" }));
  button(/^Show what would change/u).click();
  await flushPromises();
  const operation = { type: "leaveOut", turns: { by: "text", texts } };
  expect(preview).toHaveBeenCalledWith({ selection: { ids: ["T-00003", "T-00005"] }, operation });
  button(/^Leave 2 turns out in 2 trajectories/u).click();
  await flushPromises();
  expect(apply).toHaveBeenCalledWith(
    expect.objectContaining({ selection: { preview: 4, except: [] }, operation, reason: "Named as a cause of C-0001" }),
  );
  expect([mounted.emitted("done"), mounted.emitted("close")]).toEqual([[[]], [[]]]);
  mounted.unmount();
});

// @vitest-environment happy-dom
import { flushPromises, mount } from "@vue/test-utils";
import { createPinia, setActivePinia } from "pinia";
import { expect, it, vi } from "vitest";
import { createMemoryHistory, createRouter } from "vue-router";
import NewTrajectoryDialog from "./NewTrajectoryDialog.vue";
import { CLIENT, type Client } from "../../transport/client.ts";

const TOOLS = [{ name: "get_weather", description: "", parameters: {} }];
const write = vi.fn(async () => ({ id: "T-00009", change: { title: "Wrote T-00009" } }));
const client = {
  trajectories: {
    get: async () => ({
      trajectory: {
        tools: TOOLS,
        turns: [
          { role: "system", content: "You call tools." },
          { role: "user", content: "Weather in Oslo?" },
        ],
      },
    }),
    check: async () => ({ checks: {}, grounds: [], toolFaults: [] }),
  },
  editing: { write },
} as unknown as Client;

it("writes a question and its answer with the tools of the trajectory that is open, and goes there", async () => {
  setActivePinia(createPinia());
  const router = createRouter({ history: createMemoryHistory(), routes: [{ path: "/:rest(.*)*", component: {} }] });
  const mounted = mount(NewTrajectoryDialog, {
    props: { like: "T-00003" },
    global: { plugins: [router], provide: { [CLIENT as symbol]: client } },
    attachTo: document.body,
  });
  await flushPromises();
  const button = [...document.querySelectorAll("button")].find((one) => one.textContent.includes("Write the trajectory"))!;
  expect(button.title).toBe("Write what the user says first");
  const [question, answer] = document.querySelectorAll<HTMLTextAreaElement>('[role="dialog"] textarea');
  for (const [field, text] of [
    [question!, "Weather in Quito?"],
    [answer!, "It rains."],
  ] as const) {
    field.value = text;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    await flushPromises();
  }
  button.click();
  await flushPromises();
  const turns = [
    { role: "system", content: "You call tools." },
    { role: "user", content: "Weather in Quito?" },
    { role: "assistant", calls: [], answer: "It rains." },
  ];
  expect(write).toHaveBeenCalledWith(expect.objectContaining({ content: { tools: TOOLS, turns, metadata: {} } }));
  expect(router.currentRoute.value.path).toBe("/trajectories/T-00009");
  mounted.unmount();
});

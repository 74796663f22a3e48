import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { AssistantTurn } from "#contracts/trajectory.ts";
import { checkTurn } from "#core/trajectories/checkCalls.ts";
import { readOpenaiRow } from "#core/trajectories/formats/openaiChat.ts";
import { renderAssistantText } from "#core/trajectories/renderAssistantText.ts";
import type { JsonObject } from "#contracts/json.ts";
import { showsPlantedFault } from "#core/evaluation/plantedFaults.ts";
import { parseAssistantText } from "#core/trajectories/parseAssistantText.ts";
import { TOOLS, toolNamed } from "./domains/index.ts";
import { FAULT_CLASSES, FAULT_PLANS } from "./faults.ts";
import { rowOf, SAMPLE_SEED, TRAJECTORIES_FILE, TRUTH_FILE, writeFiles } from "./files.ts";
import { isOpenPool, POOLS, type PoolName } from "./pools.ts";
import { NUM_HELD_OUT_TEMPLATES } from "./specification.ts";
import { buildSampleSet } from "./trajectories.ts";

const set = buildSampleSet(SAMPLE_SEED);
const rowById = new Map(set.rows.map((row) => [row.metadata.id, row]));
const plantedIds = new Set(set.planted.map(({ id }) => id));
const training = set.rows.filter(({ metadata }) => metadata.split === "train");
const heldOut = set.rows.filter(({ metadata }) => metadata.split === "validation");
const here = (name: string): string => readFileSync(join(import.meta.dirname, name), "utf8");
const userText = (row: (typeof set.rows)[number]): string =>
  row.content.turns.flatMap((turn) => (turn.role === "user" ? [turn.content] : [])).join("\n");

describe("the sample set", () => {
  it("is generated to the same bytes again", () => {
    for (const [name, text] of writeFiles(SAMPLE_SEED)) expect(text === here(name), `${name} differs from what is generated`).toBe(true);
  });

  it("has the checksums that its list names", () => {
    const listed = here("checksums.txt")
      .trimEnd()
      .split("\n")
      .map((line) => line.split("  ") as [string, string]);
    expect(listed.map(([, name]) => name)).toEqual([TRAJECTORIES_FILE, TRUTH_FILE, "README.md"]);
    for (const [sum, name] of listed) expect(createHash("sha256").update(here(name)).digest("hex"), name).toBe(sum);
  });

  it("has the counts of its card", () => {
    const card = here("README.md");
    for (const count of [set.rows.length, training.length, heldOut.length, set.planted.length, TOOLS.length]) {
      expect(card).toContain(count.toLocaleString("en"));
    }
    const share = set.planted.length / set.rows.length;
    expect(share).toBeGreaterThanOrEqual(0.04);
    expect(share).toBeLessThanOrEqual(0.08);
  });

  it("reads as OpenAI chat rows without a loss", () => {
    for (const row of set.rows) {
      const read = readOpenaiRow(rowOf(row));
      expect(read.tools).toEqual(row.content.tools);
      expect(read.turns.map((turn) => (turn.role === "assistant" ? renderAssistantText(turn) : turn.content))).toEqual(
        row.content.turns.map((turn) => (turn.role === "assistant" ? renderAssistantText(turn) : turn.content)),
      );
    }
  });

  it("calls every tool with at least eight wordings and three to six tools offered", () => {
    for (const tool of TOOLS) expect(tool.templates.length, tool.name).toBeGreaterThanOrEqual(8);
    for (const { content } of set.rows) {
      expect(content.tools.length).toBeGreaterThanOrEqual(3);
      expect(content.tools.length).toBeLessThanOrEqual(6);
    }
  });
});

describe("clean rows", () => {
  it("pass every check of their calls", () => {
    for (const row of set.rows.filter(({ metadata }) => !plantedIds.has(metadata.id))) {
      row.content.turns.forEach((turn, i) => {
        if (turn.role === "assistant") expect(checkTurn(row.content, i).findings, `${row.metadata.id}: ${userText(row)}`).toEqual([]);
      });
    }
  });

  it("ask only for what the request leaves out", () => {
    for (const { content, metadata } of set.rows.filter(({ metadata }) => metadata.kind === "clarify" && !plantedIds.has(metadata.id))) {
      const tool = toolNamed(metadata.template.split("#")[0]!);
      const answer = (content.turns.at(-1) as AssistantTurn).answer;
      expect(Object.values(tool.parameters).map(({ question }) => question)).toContain(answer);
    }
  });
});

describe("the held-out split", () => {
  it("shares no request with training", () => {
    const asked = new Set(training.map(userText));
    expect(heldOut.filter((row) => asked.has(userText(row)))).toEqual([]);
  });

  it("keeps its templates and values out of training", () => {
    const texts = training.map((row) => JSON.stringify(row.content.turns));
    for (const [name, { heldOut: values }] of Object.entries(POOLS)) {
      for (const value of values) {
        // numbers of one pool may be counts in another
        if (typeof value === "number") continue;
        expect(texts.filter((text) => new RegExp(`\\b${value}\\b`).test(text)).length, `${name}: ${value}`).toBe(0);
      }
    }
    for (const { metadata } of training) {
      const [source, index] = metadata.template.split("#") as [string, string];
      const tool = TOOLS.find(({ name }) => name === source);
      if (tool !== undefined) expect(Number(index)).toBeLessThan(tool.templates.length - NUM_HELD_OUT_TEMPLATES);
    }
  });

  it("has all four combinations of seen and unseen among its clean calls", () => {
    for (const template of [true, false]) {
      for (const values of [true, false]) {
        const rows = heldOut.filter(
          ({ metadata }) =>
            metadata.template_seen === template && metadata.values_seen === values && metadata.fault_condition === undefined,
        );
        expect(rows.length).toBeGreaterThanOrEqual(50);
      }
    }
  });

  it("draws unseen values from the held-out part of every open pool", () => {
    const unseen = heldOut.filter(({ metadata }) => !metadata.values_seen);
    for (const { content } of unseen) {
      for (const turn of content.turns) {
        if (turn.role !== "assistant") continue;
        for (const call of turn.calls) {
          const tool = toolNamed(call.name);
          const values = call.arguments.ok ? call.arguments.value : {};
          for (const [name, value] of Object.entries(values)) {
            const parameter = tool.parameters[name]!;
            if (parameter.kind === "pool" && isOpenPool(parameter.pool)) expect(POOLS[parameter.pool as PoolName].heldOut).toContain(value);
          }
        }
      }
    }
  });
});

describe("the truth file", () => {
  it("names faults of all eight classes in both regimes, as many as planned", () => {
    for (const plan of FAULT_PLANS) {
      const planted = set.planted.filter((fault) => fault.class === plan.faultClass && fault.regime === plan.regime);
      expect(planted.length).toBe(plan.numFaulty);
      const conditions = set.heldOutConditions.filter(
        (condition) => condition.class === plan.faultClass && condition.regime === plan.regime,
      );
      expect(conditions.length).toBe(plan.numHeldOut);
    }
    expect(new Set(set.planted.map((fault) => fault.class))).toEqual(new Set(FAULT_CLASSES));
  });

  it("points at the wrong text, in rows of the training split", () => {
    for (const fault of set.planted) {
      const row = rowById.get(fault.id)!;
      expect(row.metadata.split).toBe("train");
      const text = renderAssistantText(row.content.turns[fault.message] as AssistantTurn);
      expect(fault.span.start).toBeGreaterThanOrEqual(0);
      expect(fault.span.end).toBeGreaterThan(fault.span.start);
      expect(fault.span.end).toBeLessThanOrEqual(text.length);
      if (fault.trigger !== null) expect(userText(row).endsWith(fault.trigger)).toBe(true);
    }
  });

  it("is right: every planted row shows its fault, and no other row of that condition does", () => {
    for (const fault of set.planted) {
      const { content } = rowById.get(fault.id)!;
      const turn = content.turns[fault.message] as AssistantTurn;
      const user = userText(rowById.get(fault.id)!);
      const output = parseAssistantText(renderAssistantText(turn));
      const findings = checkTurn(content, fault.message).findings.map(({ code }) => code);
      switch (fault.class) {
        case "hallucinated_tool":
          expect(content.tools.map(({ name }) => name)).not.toContain(output.calls[0]!.name);
          break;
        case "swapped_arguments": {
          // both values are in the request, in the other order than the wording tells
          expect(findings).toEqual([]);
          for (const value of Object.values(output.calls[0]!.arguments.ok ? output.calls[0]!.arguments.value : {})) {
            expect(user).toContain(String(value));
          }
          break;
        }
        case "wrong_value":
          expect(findings).toContain("F07");
          break;
        case "dropped_argument":
          expect(findings).toEqual(["F05"]);
          break;
        case "malformed_json":
          expect(findings).toContain("F01");
          break;
        case "call_without_clarification":
          expect(findings).toContain("F08");
          break;
        case "answer_without_tool":
          expect(output.calls).toEqual([]);
          expect(output.answer).toBeDefined();
          break;
        case "repeated_call":
          expect(findings).toContain("F10");
          break;
      }
    }
  });

  it("marks held-out requests by their condition only, and answers them rightly", () => {
    for (const { id, class: faultClass, regime, trigger, tool } of set.heldOutConditions) {
      const row = rowById.get(id)!;
      expect(row.metadata.fault_condition).toBe(`${faultClass}:${regime}`);
      expect(row.metadata.template.split("#")[0]).toBe(tool);
      expect(userText(row).includes(trigger ?? "")).toBe(true);
      const last = row.content.turns.at(-1) as AssistantTurn;
      const output = parseAssistantText(renderAssistantText(last));
      expect(showsPlantedFault(`${faultClass}:${regime}`, output, last, row.content.tools)).toBe(false);
    }
    for (const { metadata } of training) expect(metadata.fault_condition).toBeUndefined();
  });
});

describe("JSON of a row", () => {
  it("tells nothing of a fault in a training row's metadata", () => {
    const keys = new Set(training.flatMap((row) => Object.keys(rowOf(row)["metadata"] as JsonObject)));
    expect([...keys].sort()).toEqual(["domain", "free_text", "id", "kind", "split", "template", "template_seen", "values_seen"]);
  });
});

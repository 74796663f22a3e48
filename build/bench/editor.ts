/**
 * @file The dataset editor over a large workspace, in a real browser: the built web shell is opened in headless Chromium, worked with by keys,
 * mouse and addresses, and timed inside the page, from the input's own event to the frame that shows its result.
 *
 * Options: `--rows N` (200000 trajectories), `--only opening,filters,searching,reading,editing,deciding,bulk` (all of them), `--data DIR` (real
 * recordings to vary; the sample set without it), `--inputs N` (of each kind at most so many; all), `--keep` (leaves the measured copy of the workspace where it is).
 *
 * The workspace is made once (minutes) in the system's temporary folder, under a name from its recipe, and copied before it is measured: the
 * measures change it.
 *
 * | measure | until |
 * | --- | --- |
 * | opening | the first rows, from the start of the navigation, nothing of the page cached; also by a server just started |
 * | filters | rows and counts, from the address of the filter; each condition and several together |
 * | searching | rows and counts, from the last key, typed at a person's pace |
 * | reading | longest time between two frames, scrolling 300 turns with 2 MB of results |
 * | editing | the turn with its new argument, from the key that saves; and with its old one, from the key that undoes |
 * | deciding | the next trajectory, from the key that decides; and the mark at the row, from the key that undoes |
 * | bulk | half of all trajectories changed by a job, and undone; what another window notices of it |
 */
import { cpSync, existsSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { measureBulk, type BulkTimes } from "./parts/editor/bulk.ts";
import { measureDeciding, measureEditing } from "./parts/editor/changing.ts";
import { measureReading } from "./parts/editor/reading.ts";
import { recipeOf } from "./parts/editor/recipe.ts";
import { measureFilters, measureOpenings, measureSearches } from "./parts/editor/searching.ts";
import { openShell, type Shell } from "./parts/editor/shell.ts";
import type { MadeWorkspace } from "./parts/editor/workspace.ts";
import { describeWorkspace } from "./parts/editor/workspace.ts";
import { measureWith } from "./parts/inProcess.ts";
import { oneOf, wholeNumber } from "./parts/options.ts";
import { atMost, informs, mostOf, notMeasured, type Bench, type Measure } from "./report.ts";

const PARTS = ["opening", "filters", "searching", "reading", "editing", "deciding", "bulk"] as const;
type Part = (typeof PARTS)[number];

export interface Settings {
  readonly numTrajectories: number;
  readonly only: readonly Part[];
  readonly dataDir: string | undefined;
  /** Of each kind at most so many. */
  readonly numInputs: number;
  readonly keep: boolean;
}

/** @throws UsageError */
export function settingsOf(args: readonly string[]): Settings {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rows: { type: "string", default: "200000" },
      only: { type: "string" },
      data: { type: "string" },
      inputs: { type: "string" },
      keep: { type: "boolean", default: false },
    },
  });
  return {
    numTrajectories: wholeNumber("rows", values.rows, { min: 1000 }),
    only: values.only === undefined ? PARTS : values.only.split(",").map((part) => oneOf("only", part, PARTS)),
    dataDir: values.data === undefined ? undefined : resolve(values.data),
    numInputs: values.inputs === undefined ? Infinity : wholeNumber("inputs", values.inputs),
    keep: values.keep,
  };
}

export const bench: Bench = async ({ args, note }) => {
  const settings = settingsOf(args);
  const { files, key } = recipeOf(settings.numTrajectories, settings.dataDir);
  const kept = join(tmpdir(), `callsmith-bench-editor-${key}`);
  if (!existsSync(kept)) await make(kept, settings, note);
  const folder = mkdtempSync(join(tmpdir(), "callsmith-bench-"));
  try {
    cpSync(kept, folder, { recursive: true });
    const { measures, browser } = await measured(folder, settings, note);
    return {
      measures,
      conditions: [
        `${settings.numTrajectories} trajectories: ${files.length} recorded files, varied; ${browser}, headless, 1440 x 900, drawn by the processor. Server, browser and this program share the machine.`,
        "From the event of the input to the end of the frame that shows what it leads to. Percentiles are over all inputs of a kind; the interval is the smallest and the largest.",
      ],
    };
  } finally {
    if (settings.keep) note(`measured: ${folder}`);
    else rmSync(folder, { recursive: true, force: true });
  }
};

async function make(kept: string, { numTrajectories, dataDir }: Settings, note: (line: string) => void): Promise<void> {
  const unfinished = `${kept}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  note(`making a workspace of ${numTrajectories} trajectories, once: ${kept}`);
  await measureWith("editor/workspace.ts", unfinished, String(numTrajectories), ...(dataDir === undefined ? [] : [dataDir]));
  renameSync(unfinished, kept);
}

async function measured(folder: string, { numTrajectories, only, numInputs }: Settings, note: (line: string) => void) {
  const shell = await openShell(folder);
  const measures: Measure[] = [];
  try {
    const made = describeWorkspace(numTrajectories);
    const { page, ms: firstMs } = await shell.open();
    await page.close();
    for (const part of only) {
      const found = await MEASURES[part]({ shell, made, firstMs, most: numInputs });
      measures.push(...found);
      note(found.map(({ measure, value, unit }) => `${measure}: ${value} ${unit}`).join("\n"));
    }
    const { core, page: ofPage } = await shell.peakBytes();
    measures.push(
      core === null ? notMeasured("peak memory of the core", "MB", "") : informs("peak memory of the core", [core / 1e6], "MB"),
      ofPage === null ? notMeasured("peak memory of a page", "MB", "") : informs("peak memory of a page", [ofPage / 1e6], "MB"),
    );
    return { measures, browser: `Chromium ${shell.browserVersion}` };
  } finally {
    await shell.close();
  }
}

const SHARE = 0.95;

interface Opened {
  readonly shell: Shell;
  readonly made: MadeWorkspace;
  readonly firstMs: number;
  readonly most: number;
}

const MEASURES: Readonly<Record<Part, (opened: Opened) => Promise<readonly Measure[]>>> = {
  opening: async ({ shell, firstMs, most }) => [
    atMost("first rows", await measureOpenings(shell, most), "ms", 500, 250),
    informs("first rows, the server just started", [firstMs], "ms"),
  ],
  filters: async ({ shell, made, most }) => {
    const times = await measureFilters(shell, made, most);
    return [mostOf("filter, rows and counts, 95th percentile", times, SHARE, "ms", 150, 75), informs("filter, median", times, "ms")];
  },
  searching: async ({ shell, made, most }) => {
    const times = await measureSearches(shell, made, most);
    return [mostOf("search, rows and counts, 95th percentile", times, SHARE, "ms", 250, 125), informs("search, median", times, "ms")];
  },
  reading: async ({ shell, made }) => {
    const { openMs, wheelMs, keysMs } = await measureReading(shell, made);
    return [
      atMost("300 turns by wheel, longest frame", [wheelMs], "ms", 100, 50),
      atMost("300 turns by keys, longest frame", [keysMs], "ms", 100, 50),
      informs("300 turns opened", [openMs], "ms"),
    ];
  },
  editing: async ({ shell, made, most }) => {
    const { saves, undos } = await measureEditing(shell, made.trajectories, most);
    return [
      mostOf("edit saved and visible, 95th percentile", saves, SHARE, "ms", 100, 50),
      mostOf("edit undone, 95th percentile", undos, SHARE, "ms", 100, 50),
      informs("edit saved and visible, median", saves, "ms"),
    ];
  },
  deciding: async ({ shell, most }) => {
    const { decisions, undos } = await measureDeciding(shell, most);
    return [
      mostOf("decision, next trajectory, 95th percentile", decisions, SHARE, "ms", 100, 50),
      mostOf("decision undone, 95th percentile", undos, SHARE, "ms", 100, 50),
      informs("decision, median", decisions, "ms"),
    ];
  },
  bulk: async ({ shell, made }) => {
    const { change, undo } = await measureBulk(shell, made);
    return [...bulkMeasures(`${change.numTrajectories} changed`, change), ...bulkMeasures(`${undo.numTrajectories} undone`, undo)];
  },
};

function bulkMeasures(name: string, { numTrajectories, seconds, calls, decisions, slowest }: BulkTimes): readonly Measure[] {
  return [
    informs(`${name}, a second`, [numTrajectories / seconds], ""),
    mostOf(`${name}: other calls, 95th percentile`, calls, SHARE, "ms"),
    informs(`${name}: slowest call, ${slowest}`, [Math.max(...calls)], "ms"),
    mostOf(`${name}: decisions, 95th percentile`, decisions, SHARE, "ms"),
  ];
}

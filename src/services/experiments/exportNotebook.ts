/** @file A case and its notebook as one HTML page that loads nothing and runs nothing: to be sent to somebody without Callsmith. */
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { CaseDetail } from "#contracts/cases.ts";
import { FAILURE_CODES, type FailureCode } from "#contracts/calls.ts";
import { AppError } from "#contracts/errors.ts";
import type { Experiment, Hypothesis, Notebook, Reaction } from "#contracts/experiments.ts";
import type { Turn } from "#contracts/trajectory.ts";
import { renderAssistantText } from "#core/trajectories/renderAssistantText.ts";
import { getCase } from "../cases/caseViews.ts";
import type { Core } from "../core.ts";
import { notebookOf } from "./notebook.ts";
import { EXPERIMENT_TITLES } from "./runExperiment.ts";

/** @throws E_NOT_FOUND, E_FILE_NO_ACCESS, E_DISK_FULL */
export function exportNotebook(
  core: Core,
  { caseId, path }: { readonly caseId: string; readonly path: string },
): { readonly path: string; readonly numBytes: number } {
  const page = Buffer.from(pageOf(getCase(core, caseId), notebookOf(core, caseId)), "utf8");
  const target = resolve(path);
  const unfinished = `${target}.unfinished`;
  try {
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(unfinished, page);
    renameSync(unfinished, target);
  } catch (error) {
    throw AppError.from(error);
  }
  return { path: target, numBytes: page.length };
}

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
const escaped = (text: string): string => text.replaceAll(/[&<>"']/g, (character) => ENTITIES[character]!);
const code = (text: string): string => `<pre>${escaped(text)}</pre>`;
const titleOf = (failure: FailureCode | null): string => (failure === null ? "no objection" : `${failure} ${FAILURE_CODES[failure].title}`);

const STYLE = `body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1b1f24;background:#fff}
pre{white-space:pre-wrap;overflow-wrap:anywhere;background:#f4f5f7;padding:.6rem;border-radius:4px;margin:.3rem 0}
table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.3rem .6rem;border-bottom:1px solid #d8dce1}
section{border-top:1px solid #d8dce1;margin-top:1.5rem}.small{color:#57606a}`;

function pageOf(one: CaseDetail, { hypotheses, experiments }: Notebook): string {
  const heading = `${one.id}: ${one.title}`;
  const facts = [
    `${titleOf(one.code)}${one.spanText === "" ? "" : `, at “${one.spanText}”`}`,
    one.runId === null
      ? `Model ${one.model}`
      : `Run ${one.runId}${one.checkpointStep === null ? "" : `, checkpoint ${one.checkpointStep}`}`,
    `State: ${one.progress.state}`,
  ];
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>${escaped(heading)}</title><style>${STYLE}</style></head><body>
<h1>${escaped(heading)}</h1>
<ul>${facts.map((fact) => `<li>${escaped(fact)}</li>`).join("")}</ul>
<h2>Prompt</h2>${one.prompt.map((turn) => `<p class="small">${turn.role}</p>${code(textOf(turn))}`).join("")}
<p class="small">Tools: ${escaped(one.tools.map(({ name }) => name).join(", ") || "none")}</p>
<h2>Output</h2>${code(one.text)}
<h2>Expected</h2>${one.expected === null ? "<p>Nobody said what is right.</p>" : code(one.expected)}
<h2>Hypotheses</h2>${hypotheses.map(hypothesisHtml).join("") || "<p>None.</p>"}
${experiments.length === 0 ? "" : `<h2>Experiments of no hypothesis</h2>${experiments.map(experimentHtml).join("")}`}
<h2>Events</h2><table><thead><tr><th>When</th><th>Who</th><th>What</th></tr></thead><tbody>${one.events
    .map(
      ({ at, author, kind, text }) =>
        `<tr><td>${escaped(at)}</td><td>${escaped(author)}</td><td>${escaped(text === "" ? kind : `${kind}: ${text}`)}</td></tr>`,
    )
    .join("")}</tbody></table>
</body></html>
`;
}

const textOf = (turn: Turn): string => (turn.role === "assistant" ? renderAssistantText(turn) : turn.content);

function hypothesisHtml({ id, cause, statement, author, verdict, note, experiments }: Hypothesis): string {
  const outcome = verdict === null ? "no verdict yet" : verdict;
  return `<section><h3>${escaped(`${id} (${cause}): ${statement}`)}</h3><p class="small">${escaped(`${author}; ${outcome}`)}</p>${
    note === "" ? "" : code(note)
  }${experiments.map(experimentHtml).join("")}</section>`;
}

function experimentHtml({ id, spec, state, author, startedAt, result, error, verdict }: Experiment): string {
  const asked = "trajectories" in spec ? `, ${spec.trajectories.length} trajectories` : "";
  const head = `${id}: ${EXPERIMENT_TITLES[spec.kind]}${asked}`;
  const said = [state, author, startedAt, ...(verdict === null ? [] : [verdict])].join("; ");
  const body = result === null ? (error === null ? "" : `<p>${escaped(error)}</p>`) : resultHtml(result);
  return `<section><h4>${escaped(head)}</h4><p class="small">${escaped(said)}</p>${
    "trajectories" in spec ? `<p class="small">${escaped(spec.trajectories.join(", "))}</p>` : ""
  }${body}</section>`;
}

function resultHtml({
  reactions,
  isFixed,
  randomChanges,
  heldOut,
  runId,
  smallestSet,
  seconds,
}: NonNullable<Experiment["result"]>): string {
  const lines = [
    ...(isFixed === null ? [] : [isFixed ? "Not wrong in this way any more." : "Still wrong in this way."]),
    ...(runId === null ? [] : [`Trained as ${runId}.`]),
    ...(randomChanges.length === 0
      ? []
      : [`Random sets changed the bad span by ${randomChanges.map((x) => x.toFixed(2)).join(", ")} nats.`]),
    ...(heldOut === null
      ? []
      : [
          `Held out: ${heldOut.numPrompts} prompts, ${heldOut.numFixed} fixed, ${heldOut.numBroken} broken; exact calls ${percent(heldOut.exactCallRateBefore)} before, ${percent(heldOut.exactCallRateAfter)} after.`,
        ]),
    ...(smallestSet === null ? [] : [`Smallest set: ${smallestSet.join(", ")}.`]),
    `${seconds.toFixed(1)} seconds.`,
  ];
  return `<table><thead><tr><th>Asked</th><th>Wrote</th><th>Code</th><th>log p, bad span</th><th>log p, correction</th></tr></thead><tbody>${reactions
    .map(reactionHtml)
    .join("")}</tbody></table><ul>${lines.map((line) => `<li>${escaped(line)}</li>`).join("")}</ul>`;
}

const percent = (rate: number): string => `${(100 * rate).toFixed(1)} %`;
const nats = (value: number | null): string => (value === null ? "" : value.toFixed(2));

function reactionHtml({ label, text, code: failure, badLogProb, rightLogProb }: Reaction): string {
  return `<tr><td>${escaped(label)}</td><td>${code(text)}</td><td>${escaped(titleOf(failure))}</td><td>${nats(badLogProb)}</td><td>${nats(rightLogProb)}</td></tr>`;
}

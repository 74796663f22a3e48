/** @file `cases`: the wrong outputs that are followed up, or one of them. */
import { FAILURE_CODES, type FailureCode } from "#contracts/calls.ts";
import { CASE_STATES, type CaseDetail, type CaseState, type CaseSummary } from "#contracts/cases.ts";
import { textOption, usageError, type Command, type OptionValues } from "../command.ts";

function stateOption(values: OptionValues): CaseState | undefined {
  const text = textOption(values, "state");
  const state = CASE_STATES.find((one) => one === text);
  if (text !== undefined && state === undefined) throw usageError(`"${text}" is not a state; there are ${CASE_STATES.join(", ")}`);
  return state;
}

function codeOption(values: OptionValues): FailureCode | undefined {
  const text = textOption(values, "code");
  if (text === undefined) return undefined;
  if (Object.hasOwn(FAILURE_CODES, text)) return text as FailureCode;
  throw usageError(`"${text}" is not a code; there are ${Object.keys(FAILURE_CODES).join(", ")}`);
}

const lineOf = ({ id, code, progress, title }: CaseSummary): string =>
  `  ${id}  ${(code ?? "").padEnd(3)}  ${progress.state.padEnd(12)}  ${title}`;

function linesOfCase(one: CaseDetail): string {
  const { firstWrong } = one.diagnosis;
  const right = firstWrong?.right ?? null;
  const rank = right === null || right.rank === null ? "" : `, where ${JSON.stringify(right.text)} is right and was number ${right.rank}`;
  const place =
    firstWrong === null ? [] : [`first wrong token: ${firstWrong.position + 1}, ${JSON.stringify(firstWrong.token?.text ?? "")}${rank}`];
  return [
    `${one.id}: ${one.title}`,
    `${one.code === null ? "no code" : `${one.code} ${FAILURE_CODES[one.code].title}`}, ${one.progress.state}; ${one.model}${one.checkpointStep === null ? "" : `, step ${one.checkpointStep}`}`,
    ...place,
    `wrote:\n${one.text}`,
    ...(one.expected === null ? [] : [`expected:\n${one.expected}`]),
    ...one.events.map(
      ({ kind, at, author, runId, dataVersion, text }) =>
        `  ${[at.slice(0, 10), kind, runId, dataVersion?.name, `by ${author}`].filter((part) => part !== null && part !== undefined).join(" ")}${text === "" ? "" : `: ${text}`}`,
    ),
  ].join("\n");
}

export const cases: Command = {
  name: "cases",
  usage: "[CASE] [--state NAME] [--code CODE] [--run RUN]",
  summary: "List the wrong outputs that are followed up, in groups of what is alike, or show one.",
  help: `  --state NAME     ${CASE_STATES.join(", ")}
  --code CODE      F01 to F14
  --run RUN        of failures of this run`,
  options: { state: { type: "string" }, code: { type: "string" }, run: { type: "string" } },
  run: async ({ values, positionals, terminal, open }) => {
    const [id, ...rest] = positionals;
    if (rest.length > 0) throw usageError(`"${rest[0]}" is one argument too many`);
    const [state, code, runId] = [stateOption(values), codeOption(values), textOption(values, "run")];
    const { client } = await open();
    if (id !== undefined) {
      const one = await client.cases.get({ id });
      terminal.print(linesOfCase(one));
      return one;
    }
    const filter = { ...(state && { state }), ...(code && { code }), ...(runId && { runId }) };
    const list = await client.cases.list(filter);
    if (list.total === 0) terminal.print("No case.");
    for (const group of list.groups) {
      const alike = [group.code, group.tool, JSON.stringify(group.spanText)].filter((part) => part !== null && part !== "").join(" ");
      if (group.cases.length > 1) terminal.print(`${group.cases.length} alike: ${alike}`);
      for (const one of group.cases) terminal.print(lineOf(one));
    }
    return list;
  },
};

/** @file `tokens`: a trajectory as the model sees it. */
import { MASK_MODES, type MaskMode } from "#contracts/example.ts";
import { onlyPositional, textOption, usageError, type Command, type OptionValues } from "../command.ts";

function lengthOption(values: OptionValues): number {
  const text = textOption(values, "max-length") ?? "512";
  if (!/^\d+$/.test(text) || Number(text) < 16) throw usageError(`--max-length is "${text}"; it takes a whole number from 16 on`);
  return Number(text);
}

function windowOption(values: OptionValues): number {
  const text = textOption(values, "window") ?? "1";
  if (!/^[1-9]\d*$/.test(text)) throw usageError(`--window is "${text}"; it takes a whole number from 1 on`);
  return Number(text) - 1;
}

function maskOption(values: OptionValues): MaskMode {
  const mode = textOption(values, "mask") ?? "allAssistantTurns";
  if ((MASK_MODES as readonly string[]).includes(mode)) return mode as MaskMode;
  throw usageError(`"${mode}" is not a mask; there are ${MASK_MODES.join(", ")}`);
}

export const tokens: Command = {
  name: "tokens",
  usage: "TRAJECTORY [--model NAME] [--mask MODE] [--max-length N] [--window N]",
  summary: "Show a trajectory as tokens: id, text, segment, and whether it is trained on.",
  help: `  --model NAME     sample-base, a run, or a folder with a tokenizer (default: sample-base)
  --mask MODE      ${MASK_MODES.join(", ")} (default: allAssistantTurns)
  --max-length N   window in tokens (default: 512)
  --window N       which window of a trajectory longer than one (default: 1, the first)`,
  options: { model: { type: "string" }, mask: { type: "string" }, "max-length": { type: "string" }, window: { type: "string" } },
  run: async ({ values, positionals, terminal, open }) => {
    const id = onlyPositional(positionals, "the id of a trajectory");
    const [maskMode, maxLength, window] = [maskOption(values), lengthOption(values), windowOption(values)];
    const { client } = await open();
    const view = await client.trajectories.tokens({ id, model: textOption(values, "model") ?? "sample-base", maskMode, maxLength, window });
    terminal.print(`${view.trajectoryId}, tokenizer ${view.tokenizer}, template ${view.template}, mask ${view.maskMode}`);
    if (view.numWindows > 1) terminal.print(`Window ${view.window + 1} of ${view.numWindows}.`);
    if (view.refusal !== null) {
      const what = view.tokens === null ? "No example" : `In no window: ${view.refusal.numTurns} of its turns`;
      terminal.print(`${what}: ${view.refusal.code}: ${view.refusal.reason}`);
    }
    if (view.tokens === null) terminal.print("Nothing to show.");
    else {
      for (const token of view.tokens) {
        terminal.print(
          `${String(token.id).padStart(6)}  ${token.trained ? "trained" : "context"}  ${token.segment.padEnd(13)}  ${JSON.stringify(token.text)}`,
        );
      }
      terminal.print(`${view.tokens.length} tokens, ${view.numSupervised} trained on; ${view.fullLength} before truncation.`);
    }
    for (const cut of view.cuts) terminal.print(`cut ${cut.numTokens} tokens of ${cut.what} (${cut.kind})`);
    return view;
  },
};

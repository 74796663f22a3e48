import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { Tokenizer as PeerTokenizer } from "@huggingface/tokenizers";
import { describe, expect, it } from "vitest";
import type { TrajectoryContent } from "#contracts/trajectory.ts";
import { readFile } from "../trajectories/formats/formatsTesting.ts";
import { encodeBlocks, flatten } from "./blocks.ts";
import { renderTrajectory } from "./chatTemplate.ts";
import { loadTokenizer, type TokenizerFiles } from "./loadTokenizer.ts";
import { type PublishedTokenizer, publishTokenizer } from "./publishTokenizer.ts";
import { ROLE_MARKERS } from "./tokenizer.ts";

const ROOT = resolve(import.meta.dirname, "../../..");
const DATA = join(ROOT, "../shared/data");
const hasData = existsSync(DATA);
const read = (path: string): string => readFileSync(path, "utf8");

const sampleBase: TokenizerFiles = { name: "sample", tokenizerJson: read(join(ROOT, "resources/models/sample-base/tokenizer.json")) };
const optFiles = (): TokenizerFiles => ({
  name: "opt",
  vocabJson: read(join(DATA, "opt-bpe/vocab.json")),
  mergesText: read(join(DATA, "opt-bpe/merges.txt")),
});

/** The published files as Hugging Face's own implementation reads them. */
function peerOf({ files }: PublishedTokenizer): PeerTokenizer {
  return new PeerTokenizer(JSON.parse(files.get("tokenizer.json")!), JSON.parse(files.get("tokenizer_config.json")!));
}
const idsBy = (peer: PeerTokenizer, text: string, addSpecialTokens = false): number[] =>
  peer.encode(text, { add_special_tokens: addSpecialTokens }).ids;

const sampleSet = (): readonly TrajectoryContent[] =>
  readFile("openai-chat", read(join(ROOT, "datasets/sample/trajectories.jsonl"))).contents.filter((_, i) => i % 20 === 0);
const realData = (): readonly TrajectoryContent[] => [
  ...readFile("toolllama", read(join(DATA, "toolbench/toolllama_rows.json"))).contents,
  ...readFile("sharegpt", read(join(DATA, "glaive/sharegpt_toolcalls.json"))).contents,
];

/** Ours, of a whole trajectory, against the peer's of its text. */
function compareOn(contents: readonly TrajectoryContent[], files: TokenizerFiles): void {
  const tokenizer = loadTokenizer(files);
  const peer = peerOf(publishTokenizer(files, 2048));
  for (const content of contents) {
    const { inputIds } = flatten(encodeBlocks(content, tokenizer), tokenizer);
    expect(idsBy(peer, renderTrajectory(content))).toEqual([...inputIds]);
  }
}

const TEXTS = [
  "A photo of a cat",
  "Hello world! c\u00e9c\u00e9 herlolip",
  " \n\n  two  spaces\t",
  "<s>a</s2> <mask> <unk> \ud83d\ude00 123,456",
  "",
];

describe.each([["the sample set's", () => sampleBase] as const, ...(hasData ? [["OPT's", optFiles] as const] : [])])(
  "%s tokenizer, published",
  (_, files) => {
    it("gives our ids for plain text, and the start token in front where special tokens are asked for", () => {
      const tokenizer = loadTokenizer(files());
      const peer = peerOf(publishTokenizer(files(), 2048));
      for (const text of TEXTS) {
        expect(idsBy(peer, text)).toEqual(tokenizer.encode(text));
        expect(idsBy(peer, text, true)).toEqual([tokenizer.special.bos, ...tokenizer.encode(text)]);
        if (text !== "")
          expect(peer.decode(tokenizer.encode(text), { skip_special_tokens: false, clean_up_tokenization_spaces: false })).toBe(text);
      }
    });

    it("gives our ids for the special tokens that the template writes", () => {
      const { special } = loadTokenizer(files());
      const peer = peerOf(publishTokenizer(files(), 2048));
      const { system, tools, user, assistant, result } = ROLE_MARKERS;
      expect(idsBy(peer, `</s>${system}${tools}${user}${assistant}${result}<pad></s>`)).toEqual([
        special.bos,
        special.system,
        special.tools,
        special.user,
        special.assistant,
        special.result,
        special.pad,
        special.eos,
      ]);
    });

    it("is for us the tokenizer that it was, from tokenizer.json and from whatever lies beside it", () => {
      const before = loadTokenizer(files());
      const published = publishTokenizer(files(), 2048).files;
      const spellings: TokenizerFiles[] = [{ name: "again", tokenizerJson: published.get("tokenizer.json")! }];
      if (published.has("vocab.json"))
        spellings.push({ name: "again", vocabJson: published.get("vocab.json")!, mergesText: published.get("merges.txt")! });
      for (const spelling of spellings) {
        const after = loadTokenizer(spelling);
        expect(after.special).toEqual(before.special);
        expect(after.vocabSize).toBe(before.vocabSize);
        for (const text of [...TEXTS, "</s><|user|>"]) expect(after.encode(text)).toEqual(before.encode(text));
      }
    });

    it("gives our ids for the sample set's trajectories, template and all", () => compareOn(sampleSet(), files()));

    it.skipIf(!hasData)("gives our ids for real trajectories (skipped where ../shared/data is absent)", () =>
      compareOn(realData(), files()),
    );
  },
);

describe("a published tokenizer", () => {
  it("takes the text </s> for the token, which ours does not: its template refuses such a text, and the ledger says so", () => {
    const tokenizer = loadTokenizer(sampleBase);
    const published = publishTokenizer(sampleBase, 512);
    expect(tokenizer.encode("</s>")).not.toContain(tokenizer.special.eos);
    expect(idsBy(peerOf(published), "</s>")).toEqual([tokenizer.special.eos]);
    expect(published.changes).toContainEqual({
      rule: "chat-template-limit",
      detail: expect.stringContaining("spells a special token is refused"),
    });
    expect(published.files.get("chat_template.jinja")).toContain('["<pad>","</s>",');
  });

  it("has vocab.json and merges.txt where they mean the same tokenizer, and says where they would not", () => {
    const own = publishTokenizer(sampleBase, 512);
    expect([...own.files.keys()]).not.toContain("vocab.json");
    expect(own.changes.map(({ rule }) => rule)).toContain("vocab-and-merges-left-out");
    const vocab = { "<s>": 0, "<pad>": 1, "</s>": 2, a: 3, b: 4, ab: 5 };
    const model = { type: "BPE", vocab, merges: [["a", "b"]] };
    const split = { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: true };
    const tokens = ["<s>", "<pad>", "</s>"].map((content, id) => ({ id, content }));
    const files = { name: "tiny", tokenizerJson: JSON.stringify({ model, pre_tokenizer: split, added_tokens: tokens }) };
    const published = publishTokenizer(files, 16).files;
    expect(JSON.parse(published.get("vocab.json")!)).toEqual(vocab);
    expect(published.get("merges.txt")).toBe("#version: 0.2\na b\n");
  });

  it("names added tokens that it has to keep findable in text", () => {
    const json = JSON.parse(read(join(ROOT, "resources/models/sample-base/tokenizer.json")));
    json.added_tokens.push({ id: 3300, content: "<｜tool｜>" });
    const { changes } = publishTokenizer({ name: "odd", tokenizerJson: JSON.stringify(json) }, 512);
    expect(changes).toContainEqual({ rule: "special-tokens-in-text", detail: expect.stringContaining("<｜tool｜>") });
  });
});

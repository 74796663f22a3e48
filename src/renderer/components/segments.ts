/** @file The ten segments as a person meets them: word, letter, colour token, and whether training can count them. */
import type { Segment } from "#contracts/example.ts";

export interface SegmentLook {
  readonly word: string;
  readonly letter: string;
  /** Suffix of the colour tokens `--seg-…` and `--seg-…-bg`. */
  readonly colour: string;
}

export const SEGMENT_LOOKS: Readonly<Record<Segment, SegmentLook>> = {
  system: { word: "System", letter: "S", colour: "system" },
  tools: { word: "Tools", letter: "T", colour: "tools" },
  user: { word: "User", letter: "U", colour: "user" },
  thought: { word: "Thought", letter: "\u03b8", colour: "thought" },
  toolName: { word: "Tool name", letter: "N", colour: "name" },
  argumentKey: { word: "Argument key", letter: "K", colour: "key" },
  argumentValue: { word: "Argument value", letter: "V", colour: "value" },
  result: { word: "Result", letter: "R", colour: "result" },
  finalAnswer: { word: "Final answer", letter: "F", colour: "final" },
  stop: { word: "Stop", letter: "\u25a0", colour: "stop" },
};

/** @file A few trajectories in OpenAI chat rows, enough to import, list, and train a few steps on. */
import { writeFileSync } from "node:fs";

const TOOL = {
  type: "function",
  function: {
    name: "get_weather",
    description: "Weather of a place on a day.",
    parameters: {
      type: "object",
      properties: { place: { type: "string" }, weekday: { type: "string" } },
      required: ["place", "weekday"],
    },
  },
};
const PLACES = ["Oslo", "Lisbon", "Vienna", "Dublin", "Prague", "Athens", "Madrid", "Warsaw", "Berlin", "Milan"];
const WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday"];

function row(index: number): object {
  const place = PLACES[index % PLACES.length]!;
  const weekday = WEEKDAYS[Math.floor(index / PLACES.length) % WEEKDAYS.length]!;
  const call = { name: "get_weather", arguments: JSON.stringify({ place, weekday }) };
  return {
    messages: [
      { role: "user", content: `What will the weather be in ${place} on ${weekday}?` },
      { role: "assistant", content: null, tool_calls: [{ id: `call_${index}`, type: "function", function: call }] },
      { role: "tool", tool_call_id: `call_${index}`, content: '{"sky":"clear"}' },
      { role: "assistant", content: `It will be clear in ${place} on ${weekday}.` },
    ],
    tools: [TOOL],
  };
}

/** Writes `numRows` distinct rows (up to 50) and gives the path back. */
export function writeSmallDataset(path: string, numRows = 50): string {
  writeFileSync(path, Array.from({ length: numRows }, (_, index) => `${JSON.stringify(row(index))}\n`).join(""));
  return path;
}

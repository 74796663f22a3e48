/** @file A few trajectories in OpenAI chat rows, enough to import, list, and train a few steps on. */
import { writeFileSync } from "node:fs";

const TOOL = {
  type: "function",
  function: {
    name: "get_weather",
    description: "Weather of a city on a day.",
    parameters: {
      type: "object",
      properties: { city: { type: "string" }, day: { type: "string" } },
      required: ["city", "day"],
    },
  },
};
const CITIES = ["Oslo", "Lima", "Cairo", "Quito", "Riga", "Hanoi", "Perth", "Turin", "Milan", "Accra"];
const DAYS = ["monday", "tuesday", "friday", "sunday", "saturday"];

function row(index: number): object {
  const city = CITIES[index % CITIES.length]!;
  const day = DAYS[Math.floor(index / CITIES.length) % DAYS.length]!;
  const call = { name: "get_weather", arguments: JSON.stringify({ city, day }) };
  return {
    messages: [
      { role: "user", content: `what will the weather be in ${city} on ${day} ?` },
      { role: "assistant", content: null, tool_calls: [{ id: `call_${index}`, type: "function", function: call }] },
      { role: "tool", tool_call_id: `call_${index}`, content: '{"sky":"clear"}' },
      { role: "assistant", content: `Clear in ${city} on ${day}.` },
    ],
    tools: [TOOL],
  };
}

/** Writes `numRows` distinct rows (up to 50) and gives the path back. */
export function writeSmallDataset(path: string, numRows = 50): string {
  writeFileSync(path, Array.from({ length: numRows }, (_, index) => `${JSON.stringify(row(index))}\n`).join(""));
  return path;
}

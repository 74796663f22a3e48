/** @file Trajectories with faults to mend: a wrong value, arguments that end early; enough others for a change that is a job. */
import { writeFileSync } from "node:fs";

const DAYS = ["monday", "tuesday", "friday", "sunday"];
const CITIES = ["Oslo", "Lima", "Cairo", "Quito", "Riga", "Hanoi", "Perth", "Turin", "Milan", "Accra"];
const tool = (name: string, description: string, properties: object) => ({
  type: "function",
  function: { name, description, parameters: { type: "object", properties, required: Object.keys(properties) } },
});
const WEATHER = tool("get_weather", "Weather of a city on a day.", {
  city: { type: "string", description: "Name of the city." },
  day: { type: "string", enum: DAYS },
});
const FEE = tool("get_fee", "Fee of sending an amount.", { amount: { type: "number" } });

/** What the calls of the first rows say instead of what was asked. */
const FAULTS: Readonly<Record<number, string>> = {
  0: '{"city":"Oslo","day":"mondag"}',
  1: '{"city":"Lima","day":"monday"',
};

function row(index: number): object {
  const city = CITIES[index % CITIES.length]!;
  const day = DAYS[Math.floor(index / CITIES.length) % DAYS.length]!;
  const round = Math.floor(index / (CITIES.length * DAYS.length)) + 1;
  const argumentsText = FAULTS[index] ?? JSON.stringify({ city, day });
  const call = { id: `call_${index}`, type: "function", function: { name: "get_weather", arguments: argumentsText } };
  return {
    messages: [
      { role: "system", content: "You look things up with get_weather and get_fee." },
      { role: "user", content: `What will the weather be in ${city} on ${day}? I ask for time ${round}.` },
      { role: "assistant", content: null, tool_calls: [call] },
      { role: "tool", tool_call_id: `call_${index}`, content: `{"sky":"clear","degrees":${10 + (index % 15)}}` },
      { role: "assistant", content: `Clear in ${city} on ${day}.` },
    ],
    tools: [WEATHER, FEE],
  };
}

/** More than a change does at once: the rest is a job. */
export const NUM_ROWS = 120;

export function writeEditorDataset(path: string): string {
  writeFileSync(path, Array.from({ length: NUM_ROWS }, (_, index) => `${JSON.stringify(row(index))}\n`).join(""));
  return path;
}

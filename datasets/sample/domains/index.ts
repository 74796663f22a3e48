/** @file All domains of the sample set. */
import type { ChainSpec, DomainSpec, ToolSpec } from "../specification.ts";
import { calendar } from "./calendar.ts";
import { dining } from "./dining.ts";
import { home } from "./home.ts";
import { media } from "./media.ts";
import { messages } from "./messages.ts";
import { money } from "./money.ts";
import { shopping } from "./shopping.ts";
import { travel } from "./travel.ts";
import { weather } from "./weather.ts";

export const DOMAINS: readonly DomainSpec[] = [weather, travel, dining, calendar, home, media, money, shopping, messages];

export const TOOLS: readonly ToolSpec[] = DOMAINS.flatMap((domain) => domain.tools);
export const CHAINS: readonly ChainSpec[] = DOMAINS.flatMap((domain) => domain.chains);

const toolByName = new Map(TOOLS.map((tool) => [tool.name, tool]));

export function toolNamed(name: string): ToolSpec {
  const tool = toolByName.get(name);
  if (tool === undefined) throw new RangeError(`no tool is called ${name}`);
  return tool;
}

export function domainOf(toolName: string): string {
  const domain = DOMAINS.find(({ tools }) => tools.some(({ name }) => name === toolName));
  if (domain === undefined) throw new RangeError(`no domain has a tool called ${toolName}`);
  return domain.name;
}

// @vitest-environment happy-dom
import { describe, expect, it } from "vitest";
import { hitTerms } from "../../../components/turns/searchHits.ts";
import { stopsIn } from "./useHits.ts";

function rootWith(...children: readonly HTMLElement[]): HTMLElement {
  const root = document.createElement("div");
  root.append(...children);
  return root;
}
function text(pieces: readonly string[], data: Readonly<Record<string, string>> = { hits: "" }): HTMLElement {
  const element = document.createElement("p");
  for (const piece of pieces) element.append(document.createElement("span").appendChild(document.createTextNode(piece)).parentNode!);
  Object.assign(element.dataset, data);
  return element;
}
const found = (root: HTMLElement, search: string) =>
  stopsIn(root, hitTerms(search)).map(({ range, numHits }) => (range === null ? numHits : range.toString()));

describe("places to go to", () => {
  it("run over the pieces that a text is drawn in, in the order of the page", () => {
    const root = rootWith(text(["get", "_", "fee", "(city: ", '"New', ' York"', ")"]), text(["a fee in new york"]));
    expect(found(root, 'get_fee "new york"')).toEqual(["get_fee", "New York", "new york"]);
    expect(found(root, "paris")).toEqual([]);
    expect(found(root, " ")).toEqual([]);
  });

  it("are the button of a folded rest, with its number; tools and unmarked texts are none", () => {
    const tools = document.createElement("div");
    tools.dataset["part"] = "tools";
    tools.append(text(["fee"]));
    const root = rootWith(
      text(["fee"]),
      text(["Show all"], { hiddenHits: "3" }),
      text(["Show all"], { hiddenHits: "0" }),
      tools,
      text(["fee"], {}),
    );
    expect(found(root, "fee")).toEqual(["fee", 3]);
  });
});

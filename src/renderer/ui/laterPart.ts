/**
 * @file Parts of the page that its first view does without: fetched when one is drawn, or beforehand once the page has had time to show
 * what it was opened for.
 */
import { defineAsyncComponent, watch, type Component, type ShallowRef } from "vue";

type Load<Part> = () => Promise<{ readonly default: Part }>;

const unfetched: Load<Component>[] = [];

/** The component, drawn as soon as its script is there. */
export function laterPart<Part extends Component>(load: Load<Part>): Part {
  unfetched.push(load);
  return defineAsyncComponent(load) as unknown as Part;
}

/** Fetches them, one after another: the first use of each then waits for nothing. */
export async function fetchLaterParts(): Promise<void> {
  for (let load = unfetched.shift(); load !== undefined; load = unfetched.shift()) {
    // without a connection it is fetched when it is drawn
    await load().catch(() => undefined);
  }
}

/**
 * Hands a part of the template on: at once where it is drawn, otherwise as soon as it is. Of what was asked meanwhile the last counts, and
 * nothing where the focus went elsewhere: somebody is at something else by then. Call in a component's set-up.
 */
export function whenDrawn<Part>(part: Readonly<ShallowRef<Part | null>>): (act: (part: Part) => void) => void {
  let waiting: ((part: Part) => void) | null = null;
  watch(
    part,
    (drawn) => {
      if (drawn === null || waiting === null) return;
      const act = waiting;
      waiting = null;
      act(drawn);
    },
    { flush: "post" },
  );
  return (act) => {
    if (part.value !== null) return act(part.value);
    const before = document.activeElement;
    waiting = (drawn) => {
      const { activeElement, body } = document;
      if (activeElement === before || activeElement === body) act(drawn);
    };
  };
}

/**
 * @file The words of a search in the turns on screen: marked by the browser over the text as it stands (nothing is written into it), and
 * walked through by keys. Texts that carry hits are marked with `data-hits`; a folded rest tells its number by `data-hidden-hits`.
 */
import { computed, onScopeDispose, shallowRef, watch, type Ref } from "vue";
import { findHits, hitTerms } from "../../../components/turns/searchHits.ts";

/** A place to go to: a range of text, or the button behind which folded hits are. */
export interface HitStop {
  readonly numHits: number;
  readonly range: Range | null;
  readonly element: HTMLElement;
}

const [ALL, CURRENT] = ["search-hit", "search-hit-current"];

/** The stops inside an element, in the order of the page. */
export function stopsIn(root: HTMLElement, terms: readonly (readonly string[])[]): readonly HitStop[] {
  if (terms.length === 0) return [];
  return [...root.querySelectorAll<HTMLElement>("[data-hits], [data-hidden-hits]")].flatMap((element): readonly HitStop[] => {
    const numHidden = Number(element.dataset["hiddenHits"] ?? 0);
    if (numHidden > 0) return [{ numHits: numHidden, range: null, element }];
    if (element.dataset["hits"] === undefined || element.closest('[data-part="tools"]') !== null) return [];
    return rangesIn(element, terms).map((range) => ({ numHits: 1, range, element }));
  });
}

function rangesIn(element: HTMLElement, terms: readonly (readonly string[])[]): readonly Range[] {
  const nodes: { readonly node: Text; readonly start: number }[] = [];
  let text = "";
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
    nodes.push({ node: node as Text, start: text.length });
    text += node.nodeValue ?? "";
  }
  let at = 0;
  const placeOf = (offset: number, isEnd: boolean): readonly [Text, number] => {
    // an end belongs to the node it closes, a start to the one it opens
    while (at + 1 < nodes.length && (isEnd ? nodes[at + 1]!.start < offset : nodes[at + 1]!.start <= offset)) at++;
    return [nodes[at]!.node, offset - nodes[at]!.start];
  };
  return findHits(text, terms).map(({ start, end }) => {
    const range = document.createRange();
    range.setStart(...placeOf(start, false));
    range.setEnd(...placeOf(end, true));
    return range;
  });
}

export function useHits(root: Readonly<Ref<HTMLElement | null>>, search: () => string) {
  const terms = computed(() => hitTerms(search()));
  const stops = shallowRef<readonly HitStop[]>([]);
  /** Place among the stops; -1: none was gone to. */
  const current = shallowRef(-1);
  const total = computed(() => stops.value.reduce((sum, { numHits }) => sum + numHits, 0));
  /** The hits of the present stop, counted from 1. */
  const place = computed(() => {
    if (current.value < 0) return null;
    const before = stops.value.slice(0, current.value).reduce((sum, { numHits }) => sum + numHits, 0);
    return {
      first: before + 1,
      last: before + (stops.value[current.value]?.numHits ?? 1),
      isFolded: stops.value[current.value]?.range === null,
    };
  });

  function paint(): void {
    // a browser without highlights still counts and goes from place to place
    const registry = typeof CSS === "undefined" ? undefined : CSS.highlights;
    if (registry === undefined) return;
    const ranges = stops.value.flatMap(({ range }) => range ?? []);
    if (ranges.length === 0) registry.delete(ALL!);
    else registry.set(ALL!, new Highlight(...ranges));
    const here = stops.value[current.value]?.range;
    if (here === undefined || here === null) return void registry.delete(CURRENT!);
    const highlight = new Highlight(here);
    highlight.priority = 1;
    registry.set(CURRENT!, highlight);
  }
  function find(): void {
    stops.value = root.value === null ? [] : stopsIn(root.value, terms.value);
    current.value = Math.min(current.value, stops.value.length - 1);
    paint();
  }

  // turns unfold, are edited and come anew
  let frame = 0;
  const observer = new MutationObserver(() => {
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(find);
  });
  watch(
    [root, terms],
    ([element, now], before) => {
      observer.disconnect();
      if (JSON.stringify(now) !== JSON.stringify(before?.[1])) current.value = -1;
      if (element !== null && now.length > 0) {
        observer.observe(element, {
          subtree: true,
          childList: true,
          characterData: true,
          attributes: true,
          attributeFilter: ["data-hidden-hits"],
        });
      }
      find();
    },
    { immediate: true, flush: "post" },
  );
  onScopeDispose(() => {
    observer.disconnect();
    cancelAnimationFrame(frame);
    stops.value = [];
    paint();
  });

  /** Goes to the next place, or the previous, and from the last one on to the first; focus stays with whoever types. */
  function step(by: 1 | -1, isTyping: boolean): void {
    const count = stops.value.length;
    if (count === 0) return;
    current.value = current.value < 0 ? (by === 1 ? 0 : count - 1) : (current.value + by + count) % count;
    paint();
    const { element, range } = stops.value[current.value]!;
    const focused = range === null ? element : element.closest<HTMLElement>("[data-turn]");
    if (!isTyping) focused?.focus({ preventScroll: true, focusVisible: true } as FocusOptions);
    show(stops.value[current.value]!);
  }
  /** Scrolls a place into view where it is not. */
  function show({ element, range }: HitStop): void {
    const scroller = root.value?.closest<HTMLElement>(".scroll");
    if (scroller === null || scroller === undefined) return;
    const [box, view] = [(range ?? element).getBoundingClientRect(), scroller.getBoundingClientRect()];
    if (box.top >= view.top && box.bottom <= view.bottom) return;
    scroller.scrollBy({ top: box.top - view.top - view.height / 3 });
  }
  return { terms, total, place, step, showFirst: () => stops.value[0] !== undefined && show(stops.value[0]) };
}

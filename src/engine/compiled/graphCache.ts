/** @file Compiled graphs by what they are for: opened when first needed, the least recently used closed when there are too many. */
import { CompiledGraph, type SessionOptions } from "./compileGraph.ts";
import type { RecordedGraph } from "./recordGraph.ts";

export interface CompileProgress {
  /** In words: "training graph for 8 x 256 tokens". */
  readonly what: string;
  /** Which of the graphs that are opened together, counted from 1. */
  readonly number: number;
  readonly total: number;
}

export interface GraphCacheOptions extends SessionOptions {
  /** Told before each graph is compiled. */
  readonly onCompile?: (progress: CompileProgress) => void;
  /** Sets of graphs kept open. */
  readonly limit: number;
}

/** Graphs that are used together, by name. */
export type GraphSet<Name extends string> = Readonly<Record<Name, CompiledGraph>>;

export class GraphCache {
  private readonly options: GraphCacheOptions;
  /** Least recently used first. */
  private readonly sets = new Map<string, GraphSet<string>>();

  constructor(options: GraphCacheOptions) {
    this.options = options;
  }

  /**
   * The graphs of a purpose and shape, compiled now or before.
   *
   * @param what    names the set in words, and in the cache
   * @param record  called where the set is not open
   */
  async open<Name extends string>(what: string, record: () => Readonly<Record<Name, RecordedGraph>>): Promise<GraphSet<Name>> {
    let set = this.sets.get(what);
    this.sets.delete(what);
    set ??= await this.compile(what, record());
    this.sets.set(what, set);
    return set as GraphSet<Name>;
  }

  async dispose(): Promise<void> {
    for (const set of this.sets.values()) await release(set);
    this.sets.clear();
  }

  private async compile(what: string, recorded: Readonly<Record<string, RecordedGraph>>): Promise<GraphSet<string>> {
    await this.makeRoom();
    const entries = Object.entries(recorded);
    const graphs: Record<string, CompiledGraph> = {};
    for (const [i, [name, graph]] of entries.entries()) {
      this.options.onCompile?.({ what, number: i + 1, total: entries.length });
      graphs[name] = await CompiledGraph.open(graph, this.options);
    }
    return graphs;
  }

  private async makeRoom(): Promise<void> {
    for (const [what, set] of this.sets) {
      if (this.sets.size < this.options.limit) return;
      this.sets.delete(what);
      await release(set);
    }
  }
}

async function release(set: GraphSet<string>): Promise<void> {
  for (const graph of Object.values(set)) await graph.release();
}

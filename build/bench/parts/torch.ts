/** @file PyTorch as the peer: finding a Python that has it, and running the scripts in `peer/` with it. */
import { execFileSync } from "node:child_process";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { inProcess } from "./inProcess.ts";
import { oneOf, UsageError, wholeNumber } from "./options.ts";
import { PRECISIONS, type Precision } from "./work.ts";

/** For `parseArgs`: `--peer torch`, and with which precision and how many threads it runs. */
export const PEER_OPTIONS = {
  peer: { type: "string" },
  dtype: { type: "string", default: "fp32" },
  threads: { type: "string", default: String(availableParallelism()) },
} as const;

export interface PeerSettings {
  readonly wantsPeer: boolean;
  readonly precision: Precision;
  readonly numThreads: number;
}

/** @throws UsageError */
export function peerSettings(values: { readonly peer?: string; readonly dtype: string; readonly threads: string }): PeerSettings {
  if (values.peer !== undefined) oneOf("peer", values.peer, ["torch"]);
  if (values.peer === undefined && values.dtype !== "fp32") throw new UsageError("--dtype is the peer's precision; add --peer torch");
  return {
    wantsPeer: values.peer !== undefined,
    precision: oneOf("dtype", values.dtype, PRECISIONS),
    numThreads: wholeNumber("threads", values.threads),
  };
}

/** The peer where it is wanted and there; told where it is wanted and not there. */
export function wantedTorch({ wantsPeer }: PeerSettings, note: (line: string) => void): Torch | null {
  const torch = wantsPeer ? findTorch() : null;
  if (wantsPeer && torch === null) note(TORCH_MISSING);
  if (torch?.hasReferenceBlas !== true) return torch;
  note(REFERENCE_BLAS);
  return null;
}

export interface Torch {
  readonly python: string;
  /** "1.13.0a0". */
  readonly version: string;
  /** Its matrix products are the BLAS reference's: one thread, unblocked, some fifteen times slower than what anybody trains with. */
  readonly hasReferenceBlas: boolean;
}

/** The first may be a version manager's, without the system's packages. */
export const PYTHONS = ["python3", "/usr/bin/python3"];

export const TORCH_MISSING =
  `No PyTorch was found (looked in ${PYTHONS.join(" and ")}), so nothing was compared. Debian and Ubuntu have it as python3-torch ` +
  "(apt-get install python3-torch); elsewhere, python3 -m pip install torch.";

const REFERENCE_BLAS =
  "PyTorch would compute with the BLAS reference, on one thread and some fifteen times slower than with OpenBLAS, so nothing was compared: " +
  "that would be no peer. Debian and Ubuntu: apt-get install libopenblas0-pthread.";

/** Linux maps the library that the alternatives point to; elsewhere PyTorch brings its own. */
const ASK = `import torch
try: maps = open("/proc/self/maps").read()
except OSError: maps = ""
print(torch.__version__, "/blas/libblas.so" in maps)`;

/** Null where no Python has it. */
export function findTorch(pythons: readonly string[] = PYTHONS): Torch | null {
  for (const python of pythons) {
    try {
      const output = execFileSync(python, ["-c", ASK], { stdio: ["ignore", "pipe", "ignore"] });
      const [version, isReference] = output.toString("utf8").trim().split(" ");
      return { python, version: version!, hasReferenceBlas: isReference === "True" };
    } catch {
      // not there, or without PyTorch: the next one
    }
  }
  return null;
}

export const runPeer = <T>({ python }: Torch, script: string, workFile: string): Promise<T> =>
  inProcess<T>(python, [join(import.meta.dirname, "../peer", script), workFile]);

/** Debian 12's release, which the bars name; they differ for PyTorch 2 and newer. */
export const isOldTorch = ({ version }: Torch): boolean => version.startsWith("1.");

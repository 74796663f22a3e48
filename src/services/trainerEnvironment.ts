/** @file What a process that trains finds in its environment. */

/**
 * glibc gives each block of 32 MiB or more back to the system when it is freed, and what lies free at the end of its heap. A layer at 2,048
 * tokens has dozens of such blocks, and the system clears every page of them again when it is next written to: a third of a step's time
 * (`LOG.md`, 2026-11-22). So no block is mapped by itself and nothing is given back while the process lives. Other systems' allocators
 * do not know the variable.
 */
const KEEP_MEMORY = "glibc.malloc.mmap_max=0:glibc.malloc.trim_threshold=17179869184";

/** The environment with what a trainer needs of it; what a person has set for glibc wins. */
export function trainerEnvironment(environment: Readonly<NodeJS.ProcessEnv> = process.env): NodeJS.ProcessEnv {
  const own = environment["GLIBC_TUNABLES"];
  // of two settings of one name the later counts
  return { ...environment, GLIBC_TUNABLES: own === undefined || own === "" ? KEEP_MEMORY : `${KEEP_MEMORY}:${own}` };
}

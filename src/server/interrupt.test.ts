import { afterEach, describe, expect, it, vi } from "vitest";
import { interrupted, listenForInterrupt, type Interrupt } from "./interrupt.ts";

let interrupt: Interrupt | undefined;
afterEach(() => {
  interrupt?.stopListening();
  vi.useRealTimers();
});

describe("listenForInterrupt", () => {
  it("aborts at the first signal and keeps its exit code", async () => {
    interrupt = listenForInterrupt(() => undefined);
    expect(interrupt.exitCode()).toBeUndefined();
    process.emit("SIGTERM", "SIGTERM");
    await interrupted(interrupt.signal);
    process.emit("SIGINT", "SIGINT");
    expect(interrupt.exitCode()).toBe(143);
  });

  it("takes signals within a second as one, and ends at once at a later one", () => {
    vi.useFakeTimers();
    const exit = vi.spyOn(process, "exit").mockImplementation((() => undefined) as never);
    const notes: string[] = [];
    interrupt = listenForInterrupt((text) => notes.push(text));
    process.emit("SIGINT", "SIGINT");
    vi.advanceTimersByTime(900);
    process.emit("SIGINT", "SIGINT");
    expect(exit).not.toHaveBeenCalled();
    vi.advanceTimersByTime(200);
    process.emit("SIGINT", "SIGINT");
    expect(exit).toHaveBeenCalledWith(130);
    expect(notes).toHaveLength(1);
  });
});

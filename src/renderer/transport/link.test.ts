import { describe, expect, it, vi } from "vitest";
import { ORPCError } from "@orpc/client";
import { ReconnectingLink, type Connection } from "./link.ts";
import { toAppError } from "./toAppError.ts";

function connection(answer: () => Promise<unknown>) {
  let close = (): void => undefined;
  const closed = new Promise<void>((resolve) => (close = resolve));
  return { opened: { link: { call: answer }, closed } satisfies Connection, close };
}
const options = { context: {} };

describe("ReconnectingLink", () => {
  it("opens one connection for many calls", async () => {
    const open = vi.fn(async () => connection(async () => "answer").opened);
    const link = new ReconnectingLink(open);
    expect(await Promise.all([link.call(["a"], {}, options), link.call(["b"], {}, options)])).toEqual(["answer", "answer"]);
    expect(open).toHaveBeenCalledTimes(1);
    expect(link.state.value).toBe("open");
  });

  it("opens before the first call where it is told to, and once", async () => {
    const open = vi.fn(async () => connection(async () => "answer").opened);
    const link = new ReconnectingLink(open);
    link.open();
    expect(open).toHaveBeenCalledTimes(1);
    expect(await link.call(["a"], {}, options)).toBe("answer");
    expect(open).toHaveBeenCalledTimes(1);
  });

  it("lets calls wait until a connection can be opened", async () => {
    const open = vi.fn<() => Promise<Connection>>().mockRejectedValueOnce(new Error("refused"));
    open.mockResolvedValue(connection(async () => "late answer").opened);
    const link = new ReconnectingLink(open);
    expect(await link.call(["a"], {}, options)).toBe("late answer");
  });

  it("says that the connection was lost, and opens another for the next call", async () => {
    let fail = (_reason: unknown): void => undefined;
    const first = connection(() => new Promise((_resolve, reject) => (fail = reject)));
    const second = connection(async () => "again");
    const open = vi.fn(async () => second.opened).mockResolvedValueOnce(first.opened as never);
    const link = new ReconnectingLink(open);
    const cut = link.call(["a"], {}, options);
    await vi.waitFor(() => expect(link.state.value).toBe("open"));
    first.close();
    await vi.waitFor(() => expect(link.state.value).toBe("lost"));
    fail(new Error("closed"));
    await expect(cut).rejects.toMatchObject({ code: "E_CONNECTION_LOST" });
    expect(await link.call(["b"], {}, options)).toBe("again");
    expect(link.epoch.value).toBe(2);
  });

  it("lets go of a call that is no longer wanted while waiting", async () => {
    const link = new ReconnectingLink(() => new Promise(() => undefined));
    const controller = new AbortController();
    const call = link.call(["a"], {}, { ...options, signal: controller.signal });
    controller.abort(new Error("not wanted"));
    await expect(call).rejects.toThrow("not wanted");
  });
});

describe("toAppError", () => {
  it("brings back the code, the sentence and the fix of the core's error", () => {
    const error = toAppError(
      new ORPCError("BAD_REQUEST", { data: { code: "E_NOT_FOUND", params: { what: "run", id: "r-009" } }, message: "x" }),
    );
    expect([error.code, error.message]).toEqual(["E_NOT_FOUND", "There is no run r-009 in this workspace."]);
  });

  it("takes a code of ours from the error itself", () => {
    expect(toAppError(new ORPCError("E_RUN_NO_EXAMPLES")).code).toBe("E_RUN_NO_EXAMPLES");
  });

  it("calls anything else a bug and keeps its words", () => {
    expect(toAppError(new ORPCError("INTERNAL_SERVER_ERROR", { message: "boom" })).message).toContain("boom");
  });
});

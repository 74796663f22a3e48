/** @file The typed client of the core: over a MessagePort in the desktop shell, over a WebSocket in the web shell. */
import { createORPCClient, type ClientContext, type ClientLink } from "@orpc/client";
import { RPCLink as PortLink } from "@orpc/client/message-port";
import { RPCLink as SocketLink } from "@orpc/client/websocket";
import type { ContractRouterClient } from "@orpc/contract";
import { inject, type InjectionKey } from "vue";
import { CORE_PORT_MESSAGE, type DesktopApi } from "#contracts/desktop.ts";
import { AppError } from "#contracts/errors.ts";
import type { Contract } from "#contracts/procedures/index.ts";
import { ReconnectingLink, type Connection } from "./link.ts";

declare global {
  interface Window {
    /** Only in the desktop shell. */
    readonly desktop?: DesktopApi;
  }
}

export type Client = ContractRouterClient<Contract>;

function openPort(desktop: DesktopApi): Promise<Connection> {
  return new Promise((resolve) => {
    window.addEventListener("message", function listen(event) {
      const port = event.ports[0];
      if (event.source !== window || event.data !== CORE_PORT_MESSAGE || port === undefined) return;
      window.removeEventListener("message", listen);
      const closed = new Promise<void>((ended) => port.addEventListener("close", () => ended(), { once: true }));
      const link = new PortLink({ port });
      port.start();
      resolve({ link, closed });
    });
    desktop.connectCore();
  });
}

function openSocket(): Promise<Connection> {
  const websocket = new WebSocket(`${window.location.origin.replace(/^http/, "ws")}/rpc`);
  const closed = new Promise<void>((ended) => websocket.addEventListener("close", () => ended(), { once: true }));
  return new Promise((resolve, reject) => {
    websocket.addEventListener("open", () => resolve({ link: new SocketLink({ websocket }), closed }), { once: true });
    websocket.addEventListener("close", () => reject(new AppError("E_CONNECTION_LOST")), { once: true });
  });
}

export function createLink(): ReconnectingLink {
  const { desktop } = window;
  return new ReconnectingLink(desktop === undefined ? openSocket : () => openPort(desktop));
}

export function createClient(link: ClientLink<ClientContext>): Client {
  return createORPCClient(link);
}

export const CLIENT: InjectionKey<Client> = Symbol("client");
export const LINK: InjectionKey<ReconnectingLink> = Symbol("link");

export function useClient(): Client {
  const client = inject(CLIENT);
  if (client === undefined) throw new AppError("E_BUG", { detail: "a screen was built without its client" });
  return client;
}

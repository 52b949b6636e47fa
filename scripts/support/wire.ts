import { WebSocket as NodeWebSocket } from "ws";

/** The part of a WebSocket that a room needs, from any library. */
export interface Wire {
  send(text: string): void;
  close(): void;
}

interface WireEvents {
  text(text: string): void;
  /** closed by either side, or never opened */
  closed(why: string): void;
}

/** Opens a socket. The token is sent as a sub-protocol, as browsers must. */
export type Connect = (url: string, token: string, events: WireEvents) => Wire;

const protocols = (token: string) => ["parley.v1", `token.${token}`];

/** The WebSocket of browsers and Node. */
export const standardSocket: Connect = (url, token, events) => {
  const socket = new WebSocket(url, protocols(token));
  socket.addEventListener("message", ({ data }) => events.text(String(data)));
  socket.addEventListener("close", ({ code, reason }) => events.closed(`${code} ${reason}`));
  socket.addEventListener("error", () => events.closed("refused or unreachable"));
  return socket;
};

/** The WebSocket of the package `ws`. */
export const wsSocket: Connect = (url, token, events) => {
  const socket = new NodeWebSocket(url, protocols(token));
  socket.on("message", (data) => events.text(String(data)));
  socket.on("close", (code, reason) => events.closed(`${code} ${reason}`));
  socket.on("error", (error) => events.closed(error.message));
  return socket;
};

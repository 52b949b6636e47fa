import { WebSocket as NodeWebSocket } from "ws";

/** What a room socket needs of a WebSocket, whoever made it. */
export interface Wire {
  send(text: string): void;
  close(): void;
}

interface WireEvents {
  text(text: string): void;
  /** closed, by whichever side, or never opened */
  closed(why: string): void;
}

/** Opens a socket with a token, which travels as a sub-protocol, as browsers must do it. */
export type Connect = (url: string, token: string, events: WireEvents) => Wire;

const protocols = (token: string) => ["parley.v1", `token.${token}`];

/** The WebSocket which browsers and Node bring along. */
export const standardSocket: Connect = (url, token, events) => {
  const socket = new WebSocket(url, protocols(token));
  socket.addEventListener("message", ({ data }) => events.text(String(data)));
  socket.addEventListener("close", ({ code, reason }) => events.closed(`${code} ${reason}`));
  socket.addEventListener("error", () => events.closed("refused or unreachable"));
  return socket;
};

/** The one of the package `ws`. */
export const wsSocket: Connect = (url, token, events) => {
  const socket = new NodeWebSocket(url, protocols(token));
  socket.on("message", (data) => events.text(String(data)));
  socket.on("close", (code, reason) => events.closed(`${code} ${reason}`));
  socket.on("error", (error) => events.closed(error.message));
  return socket;
};

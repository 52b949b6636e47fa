import type { OpenSocket } from "../connection/link.ts";
import { TabSocket } from "./tab-socket.ts";

/** What can be set of a shared socket. */
export interface ShareOptions {
  /** a tab that has the connection and does not answer in this time is frozen, in ms; 2,000 if absent */
  patience?: number;
}

/**
 * One device socket for all tabs: `new Chat({ …, socket: shareSocket("alice@chat.example") })`. Without Web
 * Locks or BroadcastChannel each tab has its own. Sockets of single conversations are never shared.
 * @param name stands for one user of one server
 */
export function shareSocket(name: string, { patience = 2_000 }: ShareOptions = {}): OpenSocket {
  return (url, protocols, api) => {
    const open = () => new WebSocket(url, protocols);
    return url.includes("/v1/socket?") && globalThis.navigator?.locks && globalThis.BroadcastChannel
      ? new TabSocket({ name: `parley:${name} socket`, patience, api, open })
      : open();
  };
}

import type { Api } from "../api/api.ts";
import type { components } from "../api/openapi.d.ts";
import type { Frame, ServerFrame } from "../types.ts";
import { END, parse, placeOf } from "./frames.ts";

type DeviceFrame = components["schemas"]["DeviceClientFrame"];

/** The callbacks of a hub. */
export interface HubOptions {
  readonly api: Api;
  /** a frame for all tabs; `isPrivate`: for the tab of the hub alone */
  onFrame(text: string, isPrivate?: boolean): void;
  onClose(code: number): void;
}

/** The sends of all tabs to one conversation. */
interface Lane {
  readonly id: number;
  /** the sends under way, by `client_msg_id` */
  readonly unanswered: Set<string>;
  /** frames of other sends, in order */
  readonly waiting: [ids: readonly string[], text: string][];
  /** frames about the conversation since then, and where each belongs */
  readonly held: [place: number, text: string][];
}

/**
 * The real socket of all tabs. A message of another user may come before the ack of an earlier send: the tab
 * that has sent it knows of the place that is left, the others do not. So the frames of a conversation wait
 * for its acks, and all tabs get them in the order of `seq`.
 */
export class Hub {
  readonly #socket: WebSocket;
  readonly #options: HubOptions;
  readonly #lanes = new Map<number, Lane>();
  /** the last `activity` of each crowded group of which the socket brings no messages */
  readonly #crowded = new Map<number, string>();
  /** the first frame of the socket, for tabs that come later; "": there is none yet */
  ready = "";

  constructor(socket: WebSocket, options: HubOptions) {
    this.#socket = socket;
    this.#options = options;
    socket.onmessage = ({ data }) => this.#receive(data);
    socket.onclose = ({ code }) => options.onClose(code);
  }

  close(): void {
    this.#socket.close();
  }

  /** Takes a frame of a tab. Before `ready` it is lost, as on a socket that is. */
  take(text: string): void {
    if (!this.ready) return;
    const frame = parse<DeviceFrame>(text);
    if (frame?.type === "sync") {
      // Tabs load what they miss by themselves. The socket has only to go on.
      for (const { conversation_id } of "items" in frame ? frame.items : [frame])
        if (this.#crowded.has(conversation_id))
          this.#socket.send(JSON.stringify({ type: "sync", conversation_id, after: END, rev: END }));
    } else if (frame?.type === "sends") this.#queue(frame.items, text);
    else this.#socket.send(text);
  }

  /** Sends a frame behind those that have no answer yet. */
  #queue(items: readonly { conversation_id: number; client_msg_id?: string }[], text: string): void {
    const { id } = placeOf({ type: "", items });
    const ids = items.flatMap(({ client_msg_id }) => client_msg_id ?? []);
    const known = this.#lanes.get(id);
    const lane = known ?? { id, unanswered: new Set(), waiting: [], held: [] };
    this.#lanes.set(id, lane);
    // A repeat asks for the answer once more.
    if (known && !ids.some((one) => lane.unanswered.has(one))) lane.waiting.push([ids, text]);
    else this.#transmit(lane, ids, text);
  }

  #transmit({ unanswered }: Lane, ids: readonly string[], text: string): void {
    for (const one of ids) unanswered.add(one);
    this.#socket.send(text);
  }

  #receive(text: string): void {
    const { onFrame } = this.#options;
    const frame = parse<ServerFrame>(text);
    const { id, seq } = placeOf(frame ?? { type: text });
    switch (frame?.type) {
      case "ready":
        this.ready = text;
        break;
      case "kicked":
        onFrame(text, true);
        return;
      case "ack":
        void this.#acked(frame);
        return;
      case "acks":
        for (const ack of frame.items) void this.#acked(ack);
        return;
      case "synced": {
        // From here on the socket brings messages. A tab that has loaded them before may miss some.
        const activity = this.#crowded.get(id);
        this.#crowded.delete(id);
        if (activity) onFrame(activity);
        return;
      }
      case "activity":
        // Told at once: nobody is too early behind.
        this.#crowded.set(id, text);
        onFrame(text);
        return;
      case "error":
        onFrame(text);
        for (const lane of this.#lanes.values())
          if (lane.unanswered.delete(frame.client_msg_id ?? "")) this.#settle(lane);
        return;
    }
    const lane = this.#lanes.get(id);
    if (!lane) onFrame(text);
    else if (frame?.type === "messages")
      for (const message of frame.items)
        lane.held.push([message.seq, JSON.stringify({ type: "message", message })]);
    else lane.held.push([seq || END, text]);
  }

  async #acked(ack: Frame<"ack">): Promise<void> {
    const { conversation_id: id, client_msg_id = "", seq } = ack;
    const { api, onFrame, onClose } = this.#options;
    const path = { id, seq };
    // Of many large messages the acks have none, and only the tab that has sent them would ask.
    const message =
      ack.message ??
      (await api.call("get", "/v1/conversations/{id}/messages/{seq}", { path }).catch((error: unknown) => {
        // Else the user has hidden it by now.
        if (Object(error).code !== "not_found") onClose(1006);
      }));
    const text = JSON.stringify({ ...ack, ...(message && { message }) });
    const lane = this.#lanes.get(id);
    if (lane?.unanswered.delete(client_msg_id)) {
      lane.held.push([seq, text]);
      this.#settle(lane);
    } else onFrame(text);
  }

  /** Passes on what was held, once everything is answered. */
  #settle(lane: Lane): void {
    if (lane.unanswered.size > 0) return;
    const held = lane.held.splice(0).sort(([one], [other]) => one - other);
    for (const [, text] of held) this.#options.onFrame(text);
    const next = lane.waiting.shift();
    if (next) this.#transmit(lane, ...next);
    else this.#lanes.delete(lane.id);
  }
}

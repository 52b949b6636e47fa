import type { Api } from "../api/api.ts";
import type { components } from "../api/openapi.d.ts";
import type { ServerFrame } from "../types.ts";
import { END, parse, placeOf } from "./frames.ts";

/** What a server withholds from a device socket while a room socket shows the conversation. */
const WITHHELD = ["message", "messages", "changed", "revoked", "hidden", "read", "typing"];

type DeviceFrame = components["schemas"]["DeviceClientFrame"];
type Point = components["schemas"]["SyncPosition"];

/** A conversation of which the tab loads what it misses. */
interface Hold {
  /** loads under way */
  loads: number;
  /** frames that came meanwhile */
  readonly texts: string[];
}

/**
 * Makes of the frames for all tabs those that a socket of this tab alone would bring. What differs from tab
 * to tab, the tab does over HTTP: it loads what is behind its position, and tells what the user has read.
 */
export class Feed {
  readonly #api: Api;
  readonly #emit: (text: string) => void;
  #holds = new Map<number, Hold>();
  /** up to where a conversation was loaded, until the socket has brought the message there */
  readonly #loaded = new Map<number, number>();
  /** how far the user has read here, by conversation */
  readonly #reads = new Map<number, number>();
  /** the conversation that a room socket brings; 0: none */
  #focus = 0;

  /** @param emit takes a frame for the client of the tab */
  constructor(api: Api, emit: (text: string) => void) {
    this.#api = api;
    this.#emit = emit;
  }

  /** Takes a frame of the client. @returns whether it goes on to the server */
  send(text: string): boolean {
    const frame = parse<DeviceFrame>(text);
    if (frame?.type === "read") this.#read(frame.conversation_id, frame.seq);
    else if (frame?.type === "focus") this.#look(frame.conversation_id ?? 0);
    else {
      if (frame?.type === "sync")
        for (const point of "items" in frame ? frame.items : [frame]) void this.#sync(point);
      return true;
    }
    return false;
  }

  /** Takes a frame of the server. */
  take(text: string): void {
    const frame = parse<ServerFrame>(text);
    // The client goes on from its positions.
    if (frame?.type === "ready") this.close();
    const hold = frame && this.#holds.get(placeOf(frame).id);
    if (hold) hold.texts.push(text);
    else if (frame) this.#pass(frame, text);
    else this.#emit(text);
  }

  /** Drops what is under way. */
  close(): void {
    this.#holds = new Map();
  }

  #pass(frame: ServerFrame, text: string): void {
    const { id, seq } = placeOf(frame);
    const { type } = frame;
    if (id === this.#focus && WITHHELD.includes(type)) return;
    // Of a read in this tab the client knows.
    if (type === "read" && frame.unread_count !== undefined && frame.seq < (this.#reads.get(id) ?? 0)) return;
    if (seq >= (this.#loaded.get(id) ?? END)) this.#loaded.delete(id);
    // The socket tells the changes of the messages that it has brought, and not of those that were loaded.
    const isAhead = (type === "changed" || type === "hidden") && this.#loaded.has(id);
    this.#emit(isAhead ? JSON.stringify({ ...frame, rev: 0 }) : text);
  }

  /** The user looks at a conversation, or elsewhere. */
  #look(id: number): void {
    this.#focus = id;
    const focused = { type: "focused", conversation_id: id, last_seq: 0, rev: 0 } as const;
    queueMicrotask(() => id && id === this.#focus && this.#tell(focused));
  }

  /** Over HTTP, so that the server tells the socket of all tabs. */
  #read(id: number, seq: number): void {
    this.#reads.set(id, seq);
    const told = this.#api.call("put", "/v1/conversations/{id}/read", { path: { id }, body: { seq } });
    // A list shows later that the server does not know it.
    told.catch(() => {});
  }

  /** Answers a `sync`. What comes of the conversation meanwhile waits behind the answer. */
  async #sync({ conversation_id: id, after, rev }: Point): Promise<void> {
    const hold = this.#holds.get(id) ?? { loads: 0, texts: [] };
    this.#holds.set(id, hold);
    hold.loads++;
    if (id === this.#focus) this.#focus = 0;
    const page = await this.#load(id, after, rev);
    if (this.#holds.get(id) !== hold) return;
    for (const frame of page) {
      if ("last_seq" in frame) this.#loaded.set(id, frame.last_seq ?? 0);
      this.#tell(frame);
    }
    // The client may have asked for the next page.
    if (--hold.loads > 0 || this.#holds.get(id) !== hold) return;
    this.#holds.delete(id);
    for (const text of hold.texts) this.take(text);
  }

  /** Loads a page of replay, as a socket brings it. Without a rev it has no changes. */
  async #load(id: number, after: number, rev = END): Promise<ServerFrame[]> {
    const path = { id };
    const threads = "all" as const;
    const changesAfter = (query: { after_rev: number; after?: number }) =>
      this.#api.call("get", "/v1/conversations/{id}/changes", {
        path,
        query: { ...query, limit: 200, threads },
      });
    try {
      const changes = await changesAfter({ after_rev: rev, after }).catch((error: unknown) => {
        if (Object(error).code !== "reset") throw error;
      });
      const { items, hidden, rev: to, has_more } = changes ?? (await changesAfter({ after_rev: END }));
      const query = changes ? { after, limit: 100, threads } : { limit: 1, threads };
      // Messages come once no change is left.
      const page = has_more
        ? { items: [], has_more }
        : await this.#api.call("get", "/v1/conversations/{id}/messages", { path, query });
      const about = { conversation_id: id, rev: to };
      const last_seq = page.items.at(-1)?.seq ?? after;
      if (!changes) return [{ type: "reset", ...about, last_seq }];
      return [
        { type: "changed", ...about, items },
        ...hidden.map((seq) => ({ type: "hidden" as const, ...about, seq })),
        { type: "messages", items: page.items },
        { type: "synced", ...about, last_seq, has_more: page.has_more },
      ];
    } catch (error) {
      const code = Object(error).code === "not_found" ? "not_found" : "unavailable";
      return [{ type: "error", code, detail: "", conversation_id: id }];
    }
  }

  #tell(frame: ServerFrame): void {
    this.#emit(JSON.stringify(frame));
  }
}

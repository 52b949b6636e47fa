import { z } from "zod";
import { call } from "../api.ts";
import { AGAIN, Kept, type Refused, type Send, type Shown, Steps, sendsFrame } from "./kept.ts";
import { Recipe } from "./recipe.ts";

/** The steps of "On the device socket" in docs/guides/resume.md, by their titles. */
export const DEVICE_STEPS = [
  "Keep",
  "Open",
  "Sync",
  "Repeat",
  "Load",
  "Begin",
  "Page",
  "Messages",
  "Changes",
  "Answers",
  "Ping",
  "End",
] as const;

const MAX_POINTS = 100;
const Listed = z.looseObject({ id: z.int(), last_seq: z.int(), unread_count: z.int() });
const List = z.object({ items: z.array(Listed), next_cursor: z.string().nullable() });

/** A client on the device socket: it keeps every conversation of its user. */
export class DeviceRecipe extends Recipe {
  /** Step 1. */
  readonly #kept = new Map<number, Kept>();
  /** conversations whose older pages are loaded after their first `synced`, with the seq before which (6) */
  readonly #older = new Map<number, number>();
  /** messages of conversations that it is about to keep */
  readonly #early = new Map<number, Shown[]>();
  /** the list as it was loaded last (5) */
  list: z.infer<typeof Listed>[] = [];
  protected override readonly steps = new Steps({
    keptOf: (id) => this.#kept.get(id),
    synced: (id, hasMore) => this.#synced(id, hasMore),
    unknown: (message) => this.#unknown(message),
    refused: (refused) => this.#refused(refused),
  });

  /** What it shows of a conversation. */
  shown(conversationId: number): Shown[] {
    return this.#kept.get(conversationId)?.shown ?? [];
  }

  /** The sends that were refused for good, with the code. */
  get refused(): ReadonlyMap<string, string> {
    return this.steps.refused;
  }

  protected override kept(): Iterable<Kept> {
    return this.#kept.values();
  }

  protected override path(): string {
    return "/v1/socket?echo=message";
  }

  protected override ready(): void {
    // Step 3: in the first frame.
    for (const kept of this.#kept.values()) kept.isBehind = true;
    this.#sync([...this.#kept.keys()]);
    // Step 4.
    this.repeat([...this.steps.unanswered.values()]);
    // Step 11.
    this.socket?.send("ping");
    // Step 5: beside the pages.
    this.load(() => this.#load());
  }

  protected override sendFrame(sends: readonly Send[]): void {
    this.socket?.send(sendsFrame(sends));
  }

  async #load(): Promise<void> {
    const list: z.infer<typeof Listed>[] = [];
    for (let cursor: string | null = ""; cursor !== null; ) {
      const path: string = `/v1/conversations?limit=100${cursor && `&cursor=${cursor}`}`;
      const page = List.parse((await call("GET", path, { token: this.token })).body);
      list.push(...page.items);
      cursor = page.next_cursor;
    }
    this.list = list;
    for (const conversation of list) this.#begin(conversation);
  }

  /** Step 6. */
  #begin({ id, last_seq }: z.infer<typeof Listed>): void {
    if (this.#kept.has(id)) return;
    const kept = new Kept();
    kept.seq = last_seq;
    this.#kept.set(id, kept);
    for (const message of this.#early.get(id) ?? []) kept.show(message);
    this.#early.delete(id);
    this.#older.set(id, last_seq + 1);
    this.socket?.send({ type: "sync", conversation_id: id, after: last_seq });
  }

  /** Step 6, of a conversation that is new. */
  #unknown(message: Shown): void {
    const id = message.conversation_id;
    const early = this.#early.get(id);
    if (early) {
      early.push(message);
      return;
    }
    this.#early.set(id, [message]);
    this.load(async () => {
      const { body } = await call("GET", `/v1/conversations/${id}`, { token: this.token });
      this.#begin(Listed.parse(body));
    });
  }

  /** Steps 6 and 7. */
  #synced(id: number, hasMore: boolean): void {
    if (hasMore) this.#sync([id]);
    const before = this.#older.get(id);
    const kept = this.#kept.get(id);
    if (before === undefined || !kept) return;
    this.#older.delete(id);
    this.load(() => this.older(id, before, kept));
  }

  /** Steps 7 and 10. */
  #refused({ code, client_msg_id: clientMsgId, conversation_id: id }: Refused): void {
    const send = this.steps.unanswered.get(clientMsgId ?? "");
    if (send) {
      this.repeat([send]);
      return;
    }
    const kept = this.#kept.get(id ?? 0);
    if (!kept?.isBehind || id === undefined) return;
    if (AGAIN.includes(code)) this.#sync([id]);
    else this.#kept.delete(id);
  }

  /** Steps 3 and 7. */
  #sync(ids: number[]): void {
    const items = ids.flatMap((id) => {
      const kept = this.#kept.get(id);
      return kept ? [{ conversation_id: id, after: kept.seq, rev: kept.rev }] : [];
    });
    for (let i = 0; i < items.length; i += MAX_POINTS)
      this.socket?.send({ type: "sync", items: items.slice(i, i + MAX_POINTS) });
  }
}

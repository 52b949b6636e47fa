import { expect } from "vitest";
import { z } from "zod";
import { NOTHING_OWN, type Own } from "./changes.ts";
import { asSent, type Draft, type History, isInMain, type Scope, type Shown } from "./history.ts";
import { Message, shown, votesOf } from "./http.ts";

export const Ack = z.object({ client_msg_id: z.string(), seq: z.int(), created_at: z.int() });
export const Change = z.object({ seq: z.int(), rev: z.int() });
export const Changed = z.object({ items: z.array(Message).min(1), rev: z.int() });
export const Read = z.object({ user_id: z.int(), seq: z.int(), unread_count: z.int().optional() });

/**
 * The conversation as one device shows it. It checks the server strictly: a repeated message fails the test.
 */
export class DisplayedConversation {
  readonly #name: string;
  readonly #userId: number;
  readonly #scope: Scope;
  readonly #shown = new Map<number, Shown>();
  readonly #gone = new Set<number>();
  readonly #revoked = new Set<number>();
  readonly #revs = new Map<number, number>();
  /** what is the owner's own of each message, as far as it was told */
  readonly #own = new Map<number, Own>();
  #changedRev = 0;
  readonly #positions = new Map<number, number>();
  /** The newest message and change that it shows: a reconnected device resumes here. */
  seq = 0;
  rev = 0;

  /** @param scope whether it shows thread-only replies */
  constructor(name: string, userId: number, scope: Scope) {
    this.#name = name;
    this.#userId = userId;
    this.#scope = scope;
  }

  message(message: z.infer<typeof Message>): void {
    const told = this.#take(message);
    expect(told.seq, `${this.#name} gets each message once, in order`).toBeGreaterThan(this.seq);
    expect(this.#gone, "a hidden message is not sent").not.toContain(told.seq);
    this.#revs.set(told.seq, message.rev);
    this.#show(told);
    this.seq = told.seq;
  }

  /** Places an own message. A repeated one may be shown already. */
  ack({ seq, created_at }: z.infer<typeof Ack>, draft: Draft): void {
    const { quoteSeq, thread } = draft;
    const known = this.#shown.get(seq);
    if (known) {
      expect(known.senderId, "an ack is for an own message").toBe(this.#userId);
      expect(known.createdAt, "an ack has the message's time").toBe(created_at);
    }
    if (known || this.#gone.has(seq)) return;
    const quote = this.#quote(quoteSeq);
    this.seq = Math.max(this.seq, seq);
    if (this.#scope === "main" && !isInMain({ thread })) return;
    this.#show({ ...asSent({ seq, draft, createdAt: created_at }), quote });
  }

  /** The message that was told. What is the owner's own is as it was last told. */
  #take(message: z.infer<typeof Message>): Shown {
    const told = shown(message);
    const known = this.#own.get(told.seq) ?? NOTHING_OWN;
    const own = { mine: message.mine ?? known.mine, votes: votesOf(message) ?? known.votes };
    this.#own.set(told.seq, own);
    return { ...told, ...own };
  }

  revoke({ seq, rev }: z.infer<typeof Change>): void {
    // A revoke comes as a changed message, and then as an event.
    if (rev > this.#changedRev) this.#changed(rev);
    this.#revoked.add(seq);
    const known = this.#shown.get(seq);
    if (known) this.#show(known);
    this.#quoting(seq, (entry) => ({ ...entry, quote: { seq, preview: "" } }));
  }

  /** Messages are as they are now: each change is told once, and in order. */
  changed({ items, rev }: z.infer<typeof Changed>): void {
    this.#changed(rev);
    this.#changedRev = rev;
    for (const message of items) {
      expect(message.rev, `${this.#name} gets each change once`).toBeGreaterThan(
        this.#revs.get(message.seq) ?? 0,
      );
      this.#revs.set(message.seq, message.rev);
      const told = this.#take(message);
      if (!this.#shown.has(message.seq)) continue;
      this.#show(told);
      const quote = { seq: message.seq, preview: told.text ?? "" };
      this.#quoting(message.seq, (entry) => ({ ...entry, quote }));
    }
  }

  hide({ seq, rev }: z.infer<typeof Change>): void {
    this.#changed(rev);
    this.#gone.add(seq);
    this.#shown.delete(seq);
    this.#quoting(seq, (entry) => ({ ...entry, quote: undefined }));
  }

  /** A page of a replay has ended: its end counts as shown, even if hidden messages are there. */
  synced(seq: number, rev: number): void {
    expect(seq, `a replay for ${this.#name} does not go back`).toBeGreaterThanOrEqual(this.seq);
    expect(rev, `a replay for ${this.#name} does not go back`).toBeGreaterThanOrEqual(this.rev);
    this.seq = seq;
    this.rev = rev;
  }

  /**
   * A member has read. Positions only rise, also against what their owner has sent. Only the owner is told
   * anew of a position: with it comes what is unread, which a mark changes.
   */
  read({ user_id, seq, unread_count }: z.infer<typeof Read>): void {
    const isOwn = user_id === this.#userId;
    expect(unread_count !== undefined, "only the own unread count is told").toBe(isOwn);
    const lowest = this.#position(user_id) + (isOwn ? 0 : 1);
    expect(seq, `${this.#name} sees ${user_id} read forward`).toBeGreaterThanOrEqual(lowest);
    this.#positions.set(user_id, seq);
  }

  /** Asserts that it shows exactly what its owner may see, each message once. */
  check(history: History): void {
    const all = [...this.#shown.values()].sort((a, b) => a.seq - b.seq);
    expect(all, `what ${this.#name} shows`).toEqual(history.view(this.#userId, this.#scope));
  }

  #show(entry: Shown): void {
    const { seq, senderId } = entry;
    this.#shown.set(seq, this.#revoked.has(seq) ? { ...entry, text: null, quote: undefined } : entry);
    if (isInMain(entry) && !entry.isTip)
      this.#positions.set(senderId, Math.max(seq, this.#position(senderId)));
  }

  #position(userId: number): number {
    return this.#positions.get(userId) ?? 0;
  }

  #changed(rev: number): void {
    expect(rev, `${this.#name} gets each change once, in order`).toBeGreaterThan(this.rev);
    this.rev = rev;
  }

  #quote(seq: number | undefined): Shown["quote"] {
    const quoted = seq === undefined ? undefined : this.#shown.get(seq);
    return quoted && { seq: quoted.seq, preview: quoted.text ?? "" };
  }

  #quoting(seq: number, change: (entry: Shown) => Shown): void {
    for (const entry of this.#shown.values()) if (entry.quote?.seq === seq) this.#show(change(entry));
  }
}

import { expect } from "vitest";
import { z } from "zod";
import type { Draft, History, Shown } from "./history.ts";
import { type Message, shown } from "./http.ts";

export const Ack = z.object({ client_msg_id: z.string(), seq: z.int(), created_at: z.int() });
export const Change = z.object({ seq: z.int(), rev: z.int() });
export const Read = z.object({ user_id: z.int(), seq: z.int() });

/** What a device shows of a conversation. It forgives the server nothing: what comes twice is a failure. */
export class DisplayedConversation {
  readonly #name: string;
  readonly #userId: number;
  readonly #shown = new Map<number, Shown>();
  readonly #gone = new Set<number>();
  readonly #revoked = new Set<number>();
  readonly #positions = new Map<number, number>();
  /** the newest place and the newest change which it shows: from there it goes on after an absence */
  seq = 0;
  rev = 0;

  constructor(name: string, userId: number) {
    this.#name = name;
    this.#userId = userId;
  }

  message(message: z.infer<typeof Message>): void {
    const told = shown(message);
    expect(told.seq, `${this.#name} is told each message once, in order`).toBeGreaterThan(this.seq);
    expect(this.#gone, "what is hidden is not told").not.toContain(told.seq);
    this.#show(told);
    this.seq = told.seq;
  }

  /** Its own message has its place; one that it repeated may be shown already. */
  ack({ seq, created_at }: z.infer<typeof Ack>, { text, quoteSeq }: Draft): void {
    const known = this.#shown.get(seq);
    if (known) {
      expect(known.senderId, "an ack is for an own message").toBe(this.#userId);
      expect(known.createdAt, "an ack has the message's time").toBe(created_at);
    }
    if (known || this.#gone.has(seq)) return;
    const quote = this.#quote(quoteSeq);
    this.#show({ seq, senderId: this.#userId, text, quote, createdAt: created_at });
    this.seq = Math.max(this.seq, seq);
  }

  revoke({ seq, rev }: z.infer<typeof Change>): void {
    this.#changed(rev);
    this.#revoked.add(seq);
    const known = this.#shown.get(seq);
    if (known) this.#show(known);
    this.#quoting(seq, (entry) => ({ ...entry, quote: { seq, preview: "" } }));
  }

  hide({ seq, rev }: z.infer<typeof Change>): void {
    this.#changed(rev);
    this.#gone.add(seq);
    this.#shown.delete(seq);
    this.#quoting(seq, (entry) => ({ ...entry, quote: undefined }));
  }

  /** A page of a replay has ended: what was hidden at its end counts as shown. */
  synced(seq: number, rev: number): void {
    expect(seq, `a replay for ${this.#name} does not go back`).toBeGreaterThanOrEqual(this.seq);
    expect(rev, `a replay for ${this.#name} does not go back`).toBeGreaterThanOrEqual(this.rev);
    this.seq = seq;
    this.rev = rev;
  }

  /** Somebody has read: positions only rise, also against what their owner has sent. */
  read({ user_id, seq }: z.infer<typeof Read>): void {
    expect(seq, `${this.#name} sees ${user_id} read forward`).toBeGreaterThan(this.#position(user_id));
    this.#positions.set(user_id, seq);
  }

  /** What it shows is what its owner has to see: everything once, nothing else. */
  check(history: History): void {
    const all = [...this.#shown.values()].sort((a, b) => a.seq - b.seq);
    expect(all, `what ${this.#name} shows`).toEqual(history.view(this.#userId));
  }

  #show(entry: Shown): void {
    const { seq, senderId } = entry;
    this.#shown.set(seq, this.#revoked.has(seq) ? { ...entry, text: null, quote: undefined } : entry);
    this.#positions.set(senderId, Math.max(seq, this.#position(senderId)));
  }

  #position(userId: number): number {
    return this.#positions.get(userId) ?? 0;
  }

  #changed(rev: number): void {
    expect(rev, `${this.#name} is told each change once, in order`).toBeGreaterThan(this.rev);
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

import { expect } from "vitest";
import type { z } from "zod";
import type { Message } from "../../../src/surfaces/v1/schemas/messages.ts";

/** A message as a client shows it; a revoked one says nothing any more. */
export interface Shown {
  seq: number;
  senderId: number;
  kind: string;
  body: unknown;
  revoked: boolean;
  createdAt: number;
}

/** What was answered to an own message. */
interface Receipt {
  seq: number;
  createdAt: number;
}

/** A conversation is replayed: what came last, and whether what came live may come once more in a page. */
interface Replay {
  last: number;
  isLive: boolean;
}

/**
 * What one device shows of a conversation, over all of its sockets. It forgives the server nothing: what comes
 * twice, or out of order, is a failure.
 */
export class DisplayedConversation {
  readonly #name: string;
  readonly #userId: number;
  readonly #shown = new Map<number, Shown>();
  readonly #revoked = new Set<number>();
  readonly #hidden = new Set<number>();
  readonly #positions = new Map<number, number>();
  #replay: Replay | null = null;
  /** the newest message and the newest change which it shows: from there it goes on after an absence */
  lastSeq = 0;
  rev = 0;

  constructor(name: string, userId: number) {
    this.#name = name;
    this.#userId = userId;
  }

  /** What it shows, in order. */
  get messages(): Shown[] {
    return [...this.#shown.values()].sort((a, b) => a.seq - b.seq);
  }

  /** Whether it waits for pages. */
  get isBehind(): boolean {
    return this.#replay !== null;
  }

  /** Its device asks for what it missed. @param isLive something of it may come live before the first page */
  begin(isLive = true): void {
    this.#replay = { last: 0, isLive };
  }

  /** Its device asks for what it has from there on once more. */
  goBack(after: number): void {
    this.begin();
    this.lastSeq = after;
  }

  /** There is nothing to be had of it any more. */
  end(): void {
    this.#replay = null;
  }

  message(message: Shown): void {
    const { seq } = message;
    if (this.#replay) {
      this.#takePage(this.#replay, seq);
    } else {
      expect(seq, `${this.#name} is told each message once, in order`).toBeGreaterThan(this.lastSeq);
      expect(this.#hidden, `${this.#name} is not told what is hidden`).not.toContain(seq);
      this.lastSeq = seq;
    }
    this.#show(message);
  }

  /** What a socket is told before the server knows where it stands comes once more in its first page. */
  #takePage(replay: Replay, seq: number): void {
    if (seq <= replay.last) {
      expect(replay.isLive, `${this.#name} is told each message of a replay once, in order`).toBe(true);
      expect(seq, `a replay for ${this.#name} does not go back`).toBeGreaterThan(this.lastSeq);
      replay.isLive = false;
    }
    replay.last = seq;
  }

  /**
   * An own message has its place. In a replay it may come once more with a page, or be older than what that begins
   * with; one that was repeated is shown already.
   */
  ack({ seq, createdAt }: Receipt, { kind, body }: Pick<Shown, "kind" | "body">): void {
    const known = this.#shown.get(seq);
    if (known) {
      const { senderId, createdAt } = known;
      expect({ senderId, createdAt }, `the ack of ${seq}`).toEqual({ senderId: this.#userId, createdAt });
    }
    if (known) return;
    this.#show({ seq, senderId: this.#userId, kind, body, revoked: false, createdAt });
    if (!this.#replay) this.lastSeq = Math.max(this.lastSeq, seq);
  }

  revoke({ seq, rev }: { seq: number; rev: number }): void {
    this.#change(rev);
    this.#revoked.add(seq);
    const known = this.#shown.get(seq);
    if (known) this.#show(known);
  }

  hide({ seq, rev }: { seq: number; rev: number }): void {
    this.#change(rev);
    this.#hidden.add(seq);
    this.#shown.delete(seq);
  }

  #change(rev: number): void {
    if (this.#replay) return;
    expect(rev, `${this.#name} is told each change once, in order`).toBeGreaterThan(this.rev);
    this.rev = rev;
  }

  /** A page of a replay has ended: what was hidden at its end counts as shown. */
  synced({ lastSeq, rev, hasMore }: { lastSeq: number; rev: number; hasMore: boolean }): void {
    expect(this.isBehind, `${this.#name} has asked for a page`).toBe(true);
    expect(lastSeq, `a replay for ${this.#name} does not go back`).toBeGreaterThanOrEqual(this.lastSeq);
    expect(rev, `a replay for ${this.#name} does not go back`).toBeGreaterThanOrEqual(this.rev);
    this.lastSeq = lastSeq;
    this.rev = rev;
    this.#replay = hasMore ? { last: lastSeq, isLive: false } : null;
  }

  /** Somebody has read: what is told of him only rises. */
  read(userId: number, seq: number): void {
    expect(seq, `${this.#name} sees ${userId} read forward`).toBeGreaterThanOrEqual(
      this.#positions.get(userId) ?? 0,
    );
    this.#positions.set(userId, seq);
  }

  #show(message: Shown): void {
    const { seq } = message;
    if (this.#hidden.has(seq)) return;
    this.#shown.set(seq, this.#revoked.has(seq) ? { ...message, body: {}, revoked: true } : message);
  }
}

/** A message of the wire as it is shown. */
export function shown({ seq, sender, kind, body, revoked, created_at }: z.infer<typeof Message>): Shown {
  return { seq, senderId: sender.id, kind, body, revoked, createdAt: created_at };
}

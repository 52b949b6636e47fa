import { expect } from "vitest";

/** What somebody wants to say. `text` is unlike any other's, so that what is stored is known by it. */
export interface Draft {
  text: string;
  userId: number;
  clientMsgId: string | undefined;
  quoteSeq: number | undefined;
  /** the device that says it, or "" for a call: what one device says stays in order */
  lane: string;
  /** the object may have been evicted while it was on its way: it may have been overtaken */
  tainted: boolean;
}

/** A message as everybody has to see it, before revokes and hides. */
export interface Said {
  seq: number;
  draft: Draft;
  createdAt: number;
}

/** What the server has answered to a draft; held against the history once that is known. */
interface Acknowledged {
  draft: Draft;
  seq: number;
  createdAt: number;
}

/** A message as one member sees it today. */
export interface Shown {
  seq: number;
  senderId: number;
  /** null: revoked */
  text: string | null;
  quote: { seq: number; preview: string } | undefined;
  createdAt: number;
}

/** What a conversation has to look like: the model which the server is held against. */
export class History {
  readonly said: Said[] = [];
  readonly #drafts = new Map<string, Draft>();
  readonly #refused: Draft[] = [];
  readonly #acknowledged: Acknowledged[] = [];
  readonly #byClientId = new Map<string, Said>();
  /** who took it back, by seq */
  readonly revoked = new Map<number, number>();
  readonly #hidden = new Map<number, Set<number>>();
  readonly #hiding = new Map<number, Set<number>>();
  readonly #read = new Map<number, number>();

  get last(): number {
    return this.said.length;
  }

  draft(draft: Draft): Draft {
    this.#drafts.set(draft.text, draft);
    return draft;
  }

  /** What somebody wanted to say with this client id. */
  wanted(userId: number, clientMsgId: string): Draft | undefined {
    return [...this.#drafts.values()].find(
      (draft) => draft.userId === userId && draft.clientMsgId === clientMsgId,
    );
  }

  /** The client ids that somebody has used, in order. */
  clientIds(userId: number): string[] {
    const own = [...this.#drafts.values()].filter((draft) => draft.userId === userId);
    return [...new Set(own.flatMap(({ clientMsgId }) => clientMsgId ?? []))];
  }

  acknowledged(draft: Draft, place: { seq: number; createdAt: number }): void {
    this.#acknowledged.push({ draft, ...place });
  }

  refused(draft: Draft): void {
    this.#refused.push(draft);
  }

  /** The server has a message: it must be the next, of somebody who wanted to say it, said for the first time. */
  store(seq: number, text: string, createdAt: number): Said {
    expect(seq, "seqs have no gaps").toBe(this.last + 1);
    expect(createdAt, "times do not fall").toBeGreaterThanOrEqual(this.said.at(-1)?.createdAt ?? 0);
    const draft = this.#drafts.get(text);
    if (!draft) throw new Error(`nobody has said ${text}`);
    const said = { seq, draft, createdAt };
    if (draft.clientMsgId !== undefined) {
      const key = `${draft.userId}/${draft.clientMsgId}`;
      expect(this.#byClientId.get(key), "a client id is stored once").toBeUndefined();
      this.#byClientId.set(key, said);
    }
    this.said.push(said);
    this.read(draft.userId, seq);
    return said;
  }

  /** All that was answered is as it is stored; a refusal only met who cannot see what he quotes. */
  check(): void {
    for (const { draft, seq, createdAt } of this.#acknowledged.splice(0)) {
      const said = this.#outcome(draft);
      expect({ seq, createdAt }, `the answer to ${draft.text}`).toEqual({
        seq: said?.seq,
        createdAt: said?.createdAt,
      });
    }
    for (const draft of this.#refused) {
      expect(this.isHidden(draft.userId, draft.quoteSeq ?? 0), `${draft.text} was refused`).toBe(true);
      expect(this.said.some((said) => said.draft === draft)).toBe(false);
    }
    const ordered = this.said.filter(({ draft }) => draft.lane !== "" && !draft.tainted);
    for (const [lane, said] of Map.groupBy(ordered, ({ draft }) => draft.lane)) {
      const places = said.map(({ draft }) => Number(draft.text));
      expect(places, `what ${lane} said is in order`).toEqual(places.toSorted((a, b) => a - b));
    }
  }

  /** What became of a draft: what was first said with its client id. */
  #outcome({ userId, clientMsgId, text }: Draft): Said | undefined {
    if (clientMsgId !== undefined) return this.#byClientId.get(`${userId}/${clientMsgId}`);
    return this.said.find(({ draft }) => draft.text === text);
  }

  read(userId: number, seq: number): void {
    this.#read.set(userId, Math.max(seq, this.position(userId)));
  }

  position(userId: number): number {
    return this.#read.get(userId) ?? 0;
  }

  /** A hide is on its way: what needs the message may be refused. */
  hiding(userId: number, seq: number): void {
    this.#hiding.set(userId, (this.#hiding.get(userId) ?? new Set()).add(seq));
  }

  isHiding(userId: number, seq: number): boolean {
    return this.#hiding.get(userId)?.has(seq) ?? false;
  }

  hide(userId: number, seq: number): void {
    this.#hidden.set(userId, (this.#hidden.get(userId) ?? new Set()).add(seq));
  }

  isHidden(userId: number, seq: number): boolean {
    return this.#hidden.get(userId)?.has(seq) ?? false;
  }

  unread(userId: number): number {
    const position = this.position(userId);
    return this.said.filter(({ seq, draft }) => seq > position && draft.userId !== userId).length;
  }

  /** All that a member sees. */
  view(userId: number): Shown[] {
    return this.said
      .filter(({ seq }) => !this.isHidden(userId, seq))
      .map((said) => this.#shown(said, userId));
  }

  #shown({ seq, draft, createdAt }: Said, userId: number): Shown {
    const senderId = draft.userId;
    if (this.revoked.has(seq)) return { seq, senderId, text: null, quote: undefined, createdAt };
    const { text, quoteSeq } = draft;
    const quoted = quoteSeq === undefined ? undefined : this.said[quoteSeq - 1];
    const seesQuoted = quoted && !this.isHidden(userId, quoted.seq);
    const preview = quoted && !this.revoked.has(quoted.seq) ? quoted.draft.text : "";
    return { seq, senderId, text, quote: seesQuoted ? { seq: quoted.seq, preview } : undefined, createdAt };
  }
}

import { z } from "zod";
import { Kept, type Refused, type Send, type Shown, Steps, sendsFrame } from "./kept.ts";
import { Recipe } from "./recipe.ts";

/** The steps of "On a room socket" in docs/guides/resume.md, by their titles. */
export const ROOM_STEPS = [
  "Keep",
  "Open",
  "Page",
  "Repeat",
  "Messages",
  "Changes",
  "Answers",
  "Ping",
  "End",
] as const;

const Ready = z.looseObject({ last_seq: z.int(), rev: z.int() });

/** A client on the room socket of one conversation. */
export class RoomRecipe extends Recipe {
  readonly #id: number;
  /** Step 1. */
  readonly #kept = new Kept();
  /** how it begins with nothing kept (2): it replays everything, or is live at once */
  #begins: "replay" | "live" | null;
  protected override readonly steps = new Steps({
    keptOf: (id) => (id === this.#id ? this.#kept : undefined),
    synced: (_, hasMore) => {
      // Step 3.
      if (hasMore) this.socket?.send({ type: "sync", after: this.#kept.seq, rev: this.#kept.rev });
    },
    unknown: () => {
      throw new Error("a room socket brings one conversation");
    },
    refused: (refused) => this.#refused(refused),
  });

  constructor(id: number, token: string, signIn: () => Promise<string>, begins: "replay" | "live") {
    super(token, signIn);
    this.#id = id;
    this.#begins = begins;
  }

  /** What it shows. */
  get shown(): Shown[] {
    return this.#kept.shown;
  }

  protected override kept(): Iterable<Kept> {
    return [this.#kept];
  }

  protected override path(): string {
    const resume = this.#begins === "live" ? "" : `&after=${this.#kept.seq}&rev=${this.#kept.rev}`;
    this.#kept.isBehind = true;
    return `/v1/conversations/${this.#id}/socket?echo=message${resume}`;
  }

  protected override ready(): void {
    // Step 2, live at once.
    if (this.#begins === "live") {
      const { last_seq, rev } = Ready.parse(this.socket?.frames[0]);
      Object.assign(this.#kept, { seq: last_seq, rev, isBehind: false });
      this.load(() => this.older(this.#id, last_seq + 1, this.#kept));
    }
    this.#begins = null;
    // Step 4.
    this.repeat([...this.steps.unanswered.values()]);
    // Step 8.
    this.socket?.send("ping");
  }

  protected override sendFrame(sends: readonly Send[]): void {
    this.socket?.send(sendsFrame(sends));
  }

  /** Step 7. */
  #refused({ client_msg_id: clientMsgId }: Refused): void {
    const send = this.steps.unanswered.get(clientMsgId ?? "");
    if (send) this.repeat([send]);
  }
}

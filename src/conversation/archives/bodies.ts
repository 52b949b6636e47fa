import type { Seq } from "../../domain/ids.ts";
import type { BodyJson } from "../../domain/messages/content.ts";
import { NotLoaded } from "../../object/calls/not-loaded.ts";
import type { MessageRow } from "../log/row.ts";
import { isMoved } from "./moved-body.ts";

/** The UTF-16 units of bodies that stay in memory: some pages of the largest. */
const MAX_CHARS = 8 * 1024 * 1024;

/** Reads bodies out of archives. Fewer than asked for come where they are large, the first ones at least. */
type ReadBodies = (seqs: readonly Seq[]) => Promise<readonly { seq: Seq; body: BodyJson }[]>;

/**
 * The bodies of messages, wherever they are. A body that is in an archive is loaded into memory, and the work
 * that needs it is done anew: so all reads of rows stay synchronous.
 */
export class Bodies {
  /** up to this seq bodies may be in archives */
  readonly #movedUpTo: () => number;
  readonly #read: ReadBodies;
  /** those that were loaded, the one that was used longest ago first */
  readonly #loaded = new Map<Seq, BodyJson>();
  #chars = 0;
  /** rises when rows lose or change bodies: what was asked for before is not kept */
  #generation = 0;

  constructor(movedUpTo: () => number, read: ReadBodies) {
    this.#movedUpTo = movedUpTo;
    this.#read = read;
  }

  /** A row with its body. @throws NotLoaded */
  of<Row extends Pick<MessageRow, "seq" | "body">>(row: Row): Row {
    return row.seq > this.#movedUpTo() ? row : (this.all([row])[0] ?? row);
  }

  /** Rows with their bodies. @throws NotLoaded if some are not here: all of them are asked for at once */
  all<Row extends Pick<MessageRow, "seq" | "body">>(rows: Row[]): Row[] {
    const upTo = this.#movedUpTo();
    if (!rows.some(({ seq, body }) => seq <= upTo && isMoved(body))) return rows;
    const missing: Seq[] = [];
    const whole = rows.map((row) => {
      const known = this.known(row);
      if (!known) missing.push(row.seq);
      return known ?? row;
    });
    if (missing.length > 0) throw this.load(missing);
    return whole;
  }

  /** A row with its body, if that is here; undefined: it has to be loaded. */
  known<Row extends Pick<MessageRow, "seq" | "body">>(row: Row): Row | undefined {
    if (row.seq > this.#movedUpTo() || !isMoved(row.body)) return row;
    const body = this.#loaded.get(row.seq);
    if (body === undefined) return undefined;
    this.#loaded.delete(row.seq);
    this.#loaded.set(row.seq, body);
    return { ...row, body };
  }

  /** Begins to load bodies. @returns what the work that needs them throws */
  load(seqs: readonly Seq[]): NotLoaded {
    return new NotLoaded(this.#load(seqs, this.#generation));
  }

  async #load(seqs: readonly Seq[], generation: number): Promise<void> {
    const found = await this.#read(seqs);
    if (generation !== this.#generation) return;
    for (const { seq, body } of found) {
      this.#drop(seq);
      this.#loaded.set(seq, body);
      this.#chars += body.length;
    }
    for (const seq of this.#loaded.keys()) {
      if (this.#chars <= MAX_CHARS) return;
      this.#drop(seq);
    }
  }

  /** Rows are about to change their bodies, or to lose them. */
  forget(seqs: Iterable<Seq>): void {
    this.#generation++;
    for (const seq of seqs) this.#drop(seq);
  }

  #drop(seq: Seq): void {
    this.#chars -= this.#loaded.get(seq)?.length ?? 0;
    this.#loaded.delete(seq);
  }
}

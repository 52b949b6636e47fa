import { CoreError } from "../../domain/errors.ts";
import { type ConversationId, Seq } from "../../domain/ids.ts";
import type { BodyJson } from "../../domain/messages/content.ts";
import type { Timing } from "../../domain/timing.ts";
import { errorFields, log } from "../../lib/logger.ts";
import { LruMap } from "../../lib/lru-map.ts";
import { withDeadline } from "../../object/calls/deadline.ts";
import { NotLoaded } from "../../object/calls/not-loaded.ts";
import type { Order } from "../log/row.ts";
import type { ArchivePlaces } from "./archive-places.ts";
import { Bodies } from "./bodies.ts";
import type { ArchivedPart, ArchiveHits, ArchiveSearch } from "./object/archive-store.ts";
import type { ArchiveId } from "./object/stub.ts";

/** The archives, as a conversation calls them. Every call is idempotent. */
export interface ArchivePort {
  /** @returns the bytes that are stored there */
  putBodies(id: ArchiveId, part: ArchivedPart): Promise<number>;
  readBodies(id: ArchiveId, input: { seqs: readonly Seq[] }): Promise<{ seq: Seq; body: BodyJson }[]>;
  searchBodies(id: ArchiveId, search: ArchiveSearch): Promise<ArchiveHits>;
}

/** Seqs, both exclusive. */
interface Range {
  after: number;
  before: number;
}

/** What an archive has found. All messages up to `end` were looked at. */
export interface ArchiveWindow {
  seqs: Seq[];
  end: Seq;
}

/** The answers of searches that stay in memory, until the work that asked for them is done. */
const MAX_ANSWERS = 16;

/** What the archives of a conversation have: bodies of its old messages, and the index of their texts. */
export class Archives {
  readonly #id: ConversationId;
  readonly #places: ArchivePlaces;
  readonly #port: ArchivePort;
  readonly #timing: Timing["archives"];
  readonly #answers = new LruMap<string, ArchiveHits>(() => MAX_ANSWERS);
  /** rises when an archive changes: what was found before is not kept */
  #generation = 0;
  readonly bodies: Bodies;

  constructor(id: ConversationId, places: ArchivePlaces, port: ArchivePort, timing: Timing["archives"]) {
    this.#id = id;
    this.#places = places;
    this.#port = port;
    this.#timing = timing;
    this.bodies = new Bodies(
      () => places.positions.archived_seq,
      (seqs) => this.#read(seqs),
    );
  }

  /** Searches ask archives up to this seq. */
  get upTo(): number {
    return this.#places.positions.archived_seq;
  }

  /** The messages whose body is here although archives are asked, as it has changed. @see ArchivePlaces */
  changedBetween({ after, before }: Range, order: Order): Seq[] {
    return this.#places.changedBetween(after, before, order);
  }

  async #read(seqs: readonly Seq[]): Promise<{ seq: Seq; body: BodyJson }[]> {
    const byArchive = Map.groupBy(seqs, (seq) => this.#places.archiveOf(seq).number);
    const found = await Promise.all(
      [...byArchive].map(([number, some]) =>
        this.#asked(this.#port.readBodies(this.#of(number), { seqs: some })),
      ),
    );
    return found.flat();
  }

  /**
   * Asks the archive with the beginning of a range.
   * @param range up to `upTo`, not empty
   * @throws NotLoaded until it has answered
   */
  search(words: string[], { after, before }: Range, order: Order): ArchiveWindow {
    const archive = this.#places.archiveOf(order === "DESC" ? before - 1 : after + 1);
    const within = {
      after: Math.max(after, archive.first_seq - 1),
      before: Math.min(before, this.#places.endOf(archive) + 1),
    };
    const key = JSON.stringify([words, within, order]);
    const known = this.#answers.get(key);
    if (!known) throw new NotLoaded(this.#ask(key, archive.number, { words, ...within, order }));
    const last = order === "DESC" ? within.after + 1 : within.before - 1;
    return { seqs: known.seqs, end: known.end ?? Seq.parse(last) };
  }

  async #ask(key: string, number: number, search: ArchiveSearch): Promise<void> {
    const generation = this.#generation;
    const hits = await this.#asked(this.#port.searchBodies(this.#of(number), search));
    if (generation === this.#generation) this.#answers.set(key, hits);
  }

  /** @throws `unavailable` if the archive fails, or does not answer in time */
  async #asked<Answer>(answer: Promise<Answer>): Promise<Answer> {
    try {
      return await withDeadline(answer, this.#timing.answerMs);
    } catch (error) {
      log("error", "archive_failed", { conversation: this.#id, ...errorFields(error) });
      throw new CoreError("unavailable", "Old messages cannot be read right now. Try again.", {
        retryAfter: 1,
      });
    }
  }

  /** Hands bodies to an archive. @returns the bytes that it has then */
  async put(number: number, part: ArchivedPart): Promise<number> {
    const bytes = await this.#port.putBodies(this.#of(number), part);
    this.#generation++;
    for (const [key] of [...this.#answers.entries()]) this.#answers.delete(key);
    return bytes;
  }

  #of(number: number): ArchiveId {
    return { conversationId: this.#id, number };
  }
}

import type { Seq, UserId } from "../../domain/ids.ts";
import type { OwnPart } from "../../domain/messages/message.ts";
import type { MessageRow } from "../log/row.ts";

/** A feature that gives messages a part of each reader's own. */
export interface OwnPartSource {
  /** The part of a reader who has no own; null: nobody has, or had, one of this message. */
  none(row: MessageRow): OwnPart | null;
  /** The parts of a reader, for the messages in which they have, or had, one. */
  known(rows: readonly MessageRow[], userId: UserId): Map<Seq, OwnPart>;
}

/**
 * The parts of messages that are a reader's own, as their reactions. All readers share the rest of a message.
 */
export class OwnParts {
  readonly #sources: readonly OwnPartSource[];

  constructor(sources: readonly OwnPartSource[]) {
    this.#sources = sources;
  }

  /** The part of every reader who has no own; undefined: no reader has, or had, one. */
  none(row: MessageRow): OwnPart | undefined {
    const parts = this.#sources.flatMap((source) => source.none(row) ?? []);
    return parts.length === 0 ? undefined : Object.assign({}, ...parts);
  }

  /**
   * The own parts of one reader in the messages of which anybody has, or had, a part: most are missing. So
   * are revoked messages, in which nobody has a part any more.
   */
  of(rows: readonly MessageRow[], userId: UserId): Map<Seq, OwnPart> {
    const parts = this.known(rows, userId);
    for (const row of rows) {
      const none = row.revoked_rev === null ? this.none(row) : undefined;
      if (none) parts.set(row.seq, { ...none, ...parts.get(row.seq) });
    }
    return parts;
  }

  /**
   * The own parts of one reader in the messages where they have, or once had, a reaction or a vote. A live
   * page of devices shows these, so that the removal of a part is told too, until the message is revoked.
   */
  known(rows: readonly MessageRow[], userId: UserId): Map<Seq, OwnPart> {
    const parts = new Map<Seq, OwnPart>();
    for (const source of this.#sources) {
      const shared = rows.filter((row) => row.revoked_rev === null && source.none(row) !== null);
      if (shared.length === 0) continue;
      for (const [seq, part] of source.known(shared, userId)) parts.set(seq, { ...parts.get(seq), ...part });
    }
    return parts;
  }
}

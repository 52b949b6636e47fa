import type { Seq, UserId } from "../../domain/ids.ts";
import type { OwnPart } from "../../domain/messages/message.ts";
import type { MessageRow } from "../log/row.ts";

/** A feature that gives messages a part of each reader's own. */
export interface OwnPartSource {
  /** The part of a reader who has no own; null: nobody has, or had, one of this message. */
  none(row: MessageRow): OwnPart | null;
  /** The parts of a reader, for the messages that have one of theirs. Called for few rows or for a page. */
  of(rows: readonly MessageRow[], userId: UserId): Map<Seq, OwnPart>;
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
   * The own parts of one reader. Messages of which nobody has, or had, a part are missing: most have none.
   * So are revoked messages, in which nobody has a part any more.
   */
  of(rows: readonly MessageRow[], userId: UserId): Map<Seq, OwnPart> {
    const parts = new Map<Seq, OwnPart>();
    for (const source of this.#sources) {
      const shared = rows.filter((row) => row.revoked_rev === null && source.none(row) !== null);
      if (shared.length === 0) continue;
      const own = source.of(shared, userId);
      for (const row of shared)
        parts.set(row.seq, { ...parts.get(row.seq), ...source.none(row), ...own.get(row.seq) });
    }
    return parts;
  }
}

/** Whether a reader has nothing of their own in a message. */
export function isEmptyPart(part: OwnPart): boolean {
  return Object.values(part).every((values) => values.length === 0);
}

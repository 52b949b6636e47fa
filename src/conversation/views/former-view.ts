import { type Position, Seq, type UserId } from "../../domain/ids.ts";
import { EMPTY_BODY, readTip } from "../../domain/messages/content.ts";
import { type EditHistory, versionOf } from "../log/edit-history.ts";
import { storedMentions } from "../log/mention-index.ts";
import type { MessageLog } from "../log/message-log.ts";
import type { MessageRow, Reader } from "../log/row.ts";
import type { MessageExternalIds } from "../transfer/external-ids.ts";

/** Reactions, votes, pins, metadata, previews of links and buttons may be later: who left is shown none. */
const NOTHING_BESIDE = {
  ...{ reactions: null, poll: null, pinned_at: null, pinned_by: null, metadata: null },
  ...{ link_preview: null, buttons: null },
} as const;

/**
 * Messages as a reader who left saw them last: without later edits, and without votes, reactions, pins,
 * metadata, previews of links and buttons.
 */
export class FormerView {
  readonly #log: Pick<MessageLog, "get">;
  readonly #history: Pick<EditHistory, "before">;
  readonly #hasAccount: (userId: UserId) => boolean;
  readonly #sent: Pick<MessageExternalIds, "timeOf" | "nextImportedTime">;

  /**
   * @param hasAccount former versions of users who have none are shown to nobody
   * @param sent when imported messages were sent elsewhere: their edits have times of there
   */
  constructor(
    log: Pick<MessageLog, "get">,
    history: Pick<EditHistory, "before">,
    hasAccount: (userId: UserId) => boolean,
    sent: Pick<MessageExternalIds, "timeOf" | "nextImportedTime">,
  ) {
    this.#log = log;
    this.#history = history;
    this.#hasAccount = hasAccount;
    this.#sent = sent;
  }

  /**
   * Messages as a reader sees them, in the same order. To a member they are as they are now. To a reader who
   * left, an edited message is the version of that time; if that version is not kept, it looks revoked.
   */
  of(rows: MessageRow[], reader: Reader): MessageRow[] {
    const { visible_until: end = null } = reader;
    if (end === null || rows.length === 0) return rows;
    const leftAt = this.#leftAt(end, reader);
    return rows.map((row) => this.#before(leftAt, row));
  }

  /**
   * When a reader left (ms since 1970). The leaving has a system message, the first one that they do not see.
   * A deleted account has none in a direct conversation, and nobody reads there. In a copy that people use,
   * messages of here may be before an imported leaving.
   */
  #leftAt(end: Position, { user_id }: Reader): number {
    const next = this.#log.get(Seq.parse(end + 1));
    const at = next ? this.#sent.timeOf(next) : Number.POSITIVE_INFINITY;
    if (next && isLeavingOf(user_id, next)) return at;
    return Math.min(at, this.#sent.nextImportedTime(end) ?? Number.POSITIVE_INFINITY);
  }

  /** A message as it was before a time (ms). An edit in that very millisecond counts as later. */
  #before(time: number, row: MessageRow): MessageRow {
    // Custom data that has changed may be later, too, and no version of it is kept.
    const customData = row.custom_version === null ? row.custom_data : null;
    const beside = { ...NOTHING_BESIDE, custom_data: customData, custom_version: null };
    const shown = { ...row, ...beside, changed_rev: row.revoked_rev };
    if (row.edited_at === null || row.edited_at < time || row.revoked_rev !== null) return shown;
    const known = this.#hasAccount(row.sender_id) ? this.#history.before(time, row) : undefined;
    const gone = { revoked_rev: row.changed_rev ?? 0, body: EMPTY_BODY, mentions: null, custom_data: null };
    const then = known && {
      ...{ body: known.body, mentions: storedMentions(known.mentions), version: known.version },
      edited_at: known.version === 1 ? null : known.editedAt,
    };
    // The history keeps neither the place of a version nor who was named beside others.
    const lost = { place: null, also_mentioned: null, role_mentions: null };
    return { ...shown, ...lost, ...(then ?? { ...gone, version: versionOf(row) }) };
  }
}

/** Whether a message is the event of a user's leaving. */
function isLeavingOf(userId: UserId, { kind, body }: MessageRow): boolean {
  if (kind !== "tip") return false;
  const tip = readTip(body);
  return !("notice" in tip) && tip.user_ids.includes(userId);
}

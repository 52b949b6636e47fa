import { LIMITS } from "../../domain/limits.ts";
import type { EncodedMessage } from "../../domain/sync/encoded-message.ts";
import type { DeliveredPosition, InboxUpdate } from "../../domain/sync/inbox-update.ts";
import { type PackedPage, pack } from "../../domain/sync/packed-page.ts";
import type { SyncPosition } from "../../domain/sync/replay.ts";
import type { MessageRow } from "../log/row.ts";
import type { MemberRow } from "../members/member-row.ts";
import type { RoomStores } from "../room/context.ts";
import { devicePage } from "./replay-page.ts";

/** The maximum of messages in a live page: in a busy room a call costs more than a hundred messages in it. */
export const LIVE_PAGE = 500;

/** A page that all members see alike, with what it was made of. */
interface SharedPage {
  rows: readonly MessageRow[];
  messages: readonly EncodedMessage[];
  upToRev: number;
  page: PackedPage;
}

/**
 * The pages of live updates. Most members of a busy room are at the same position: a page of new messages
 * that all see alike is made once for them.
 */
export class LivePages {
  readonly #room: RoomStores;
  /** the last shared page of each set of wire formats, by their names */
  readonly #shared = new Map<string, SharedPage>();

  constructor(room: RoomStores) {
    this.#room = room;
  }

  /**
   * What a member's devices lack after a position.
   * @param upToRev the newest change that they may be told
   */
  after(
    member: MemberRow,
    position: NonNullable<DeliveredPosition>,
    upToRev: number,
  ): Pick<InboxUpdate, "page" | "packedPage"> {
    const rows = this.#newRows(member, position, upToRev);
    const key = position.formats?.join() ?? "";
    const known = this.#shared.get(key);
    if (known && rows && known.upToRev === upToRev && this.#isSame(known, rows))
      return { packedPage: known.page };
    const page = devicePage(this.#room, member, {
      after: position.seq,
      rev: position.rev,
      upToRev,
      maxBytes: LIMITS.livePageBytes,
      maxMessages: LIVE_PAGE,
      isLive: true,
      formats: position.formats,
      parts: position.parts,
    });
    const packedPage = pack(page);
    if (!packedPage) return { page };
    if (rows) this.#shared.set(key, { rows, messages: page.messages, upToRev, page: packedPage });
    return { packedPage };
  }

  /** The new messages, if they are all in memory and all that the member lacks; else null. */
  #newRows(member: MemberRow, { seq, rev }: SyncPosition, upToRev: number): readonly MessageRow[] | null {
    if (rev !== upToRev || member.visible_until !== null) return null;
    return this.#room.log.recentAfter(seq, member);
  }

  /** Whether a page has these rows, and would show them alike today. */
  #isSame({ rows, messages }: SharedPage, found: readonly MessageRow[]): boolean {
    return (
      rows.length === found.length &&
      rows.every((row, i) => row === found[i]) &&
      this.#room.encoder.areCurrent(messages, rows)
    );
  }
}

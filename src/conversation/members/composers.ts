import type { UserId } from "../../domain/ids.ts";
import type { MemberRow } from "./member-row.ts";
import type { Members } from "./members.ts";

/**
 * The client message ids of the members' composer drafts. The drafts are in the inboxes: a conversation has
 * only to tell an inbox that the message is stored, in each inbox update from then on.
 */
export class Composers {
  readonly #sql: SqlStorage;
  readonly #members: Pick<Members, "findSender">;

  constructor(sql: SqlStorage, members: Pick<Members, "findSender">) {
    this.#sql = sql;
    this.#members = members;
  }

  /** Notes under which id a member will send what they write. No snapshot changes by it. */
  open(member: MemberRow, clientMsgId: string): void {
    if (member.composer_id === clientMsgId) return;
    this.#sql.exec("UPDATE members SET composer_id = ? WHERE user_id = ?", clientMsgId, member.user_id);
    member.composer_id = clientMsgId;
  }

  /** Whether a send of a member is what they were writing. */
  isOpen(userId: UserId, clientMsgId: string | undefined): boolean {
    return clientMsgId !== undefined && this.#members.findSender(userId)?.composer_id === clientMsgId;
  }

  /** Stores, in the transaction of the message, that the draft was sent. `applySent` follows the commit. */
  storeSent(userId: UserId): void {
    this.#sql.exec("UPDATE members SET sent_composer = composer_id WHERE user_id = ?", userId);
  }

  applySent(userId: UserId): void {
    const member = this.#members.findSender(userId);
    if (member) member.sent_composer = member.composer_id;
  }
}

import type { UserId } from "../../domain/ids.ts";
import type { Transaction } from "../state/transaction.ts";
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
  isOpen(userId: UserId, clientMsgId: string | null | undefined): boolean {
    return typeof clientMsgId === "string" && this.#members.findSender(userId)?.composer_id === clientMsgId;
  }

  /** Stores that the draft of a member was sent. */
  sent(tx: Transaction, userId: UserId): void {
    this.#sql.exec("UPDATE members SET sent_composer = composer_id WHERE user_id = ?", userId);
    tx.after(() => {
      const member = this.#members.findSender(userId);
      if (member) member.sent_composer = member.composer_id;
    });
  }
}

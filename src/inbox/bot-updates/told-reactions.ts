import type { ReactionChange } from "../../domain/bots/bot-update.ts";
import type { ConversationId, Seq, UserId } from "../../domain/ids.ts";
import type { Message } from "../../domain/messages/message.ts";
import type { PutReaction, ReactionKey } from "../../domain/messages/reactions.ts";

/** The two queues of an inbox: for APIs that a bot asks, and for the sockets of a gateway. */
export type QueueName = "bot" | "gateway";

/** The reactions of others that a bot was told of, so that it is told of their end. */
export function toldReactionsTable(queue: QueueName): string {
  return `
  CREATE TABLE ${queue}_reactions (
    conversation_id INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    user_id INTEGER NOT NULL,
    key TEXT NOT NULL,
    PRIMARY KEY (conversation_id, seq, user_id, key)
  ) STRICT, WITHOUT ROWID;`;
}

/** A message that has changed, the reactions of others to it, and the change up to which a bot was told. */
export interface Reacted {
  message: Message;
  reactions: readonly PutReaction[];
  toldRev: number;
}

/** Which reactions a bot was told of. The conversation has those of now alone. */
export class ToldReactions {
  readonly #sql: SqlStorage;
  readonly #table: string;

  constructor(sql: SqlStorage, queue: QueueName) {
    this.#sql = sql;
    this.#table = `${queue}_reactions`;
  }

  /** What is new to the bot of the reactions to a message, by users; nothing, once it is revoked. */
  changes(id: ConversationId, { message, reactions, toldRev }: Reacted): ReactionChange[] {
    const told = this.#told(id, message.seq);
    if (message.revoked) return [];
    const users = new Set([...told, ...reactions].map(({ userId }) => userId));
    return [...users].flatMap((userId) => {
      const ofUser = reactions.filter((reaction) => reaction.userId === userId);
      const after = ofUser.map(({ key }) => key);
      const known = told.filter((reaction) => reaction.userId === userId).map(({ key }) => key);
      // A reaction from before the queue was switched on is no news.
      const older = ofUser.filter(({ key, rev }) => rev <= toldRev && !known.includes(key));
      const before = [...known, ...older.map(({ key }) => key)];
      const isSame = before.length === after.length && before.every((key) => after.includes(key));
      return isSame ? [] : [{ message, userId, before, after }];
    });
  }

  /** Notes that the bot is told. The caller wraps it in a transaction. */
  note(id: ConversationId, { message, reactions }: Reacted): void {
    this.#sql.exec(`DELETE FROM ${this.#table} WHERE conversation_id = ? AND seq = ?`, id, message.seq);
    if (message.revoked) return;
    const insert = `INSERT INTO ${this.#table} (conversation_id, seq, user_id, key) VALUES (?, ?, ?, ?)`;
    for (const { userId, key } of reactions) this.#sql.exec(insert, id, message.seq, userId, key);
  }

  #told(id: ConversationId, seq: Seq): { userId: UserId; key: ReactionKey }[] {
    const query = `SELECT user_id AS userId, key FROM ${this.#table} WHERE conversation_id = ? AND seq = ?`;
    return this.#sql.exec<{ userId: UserId; key: ReactionKey }>(query, id, seq).toArray();
  }
}

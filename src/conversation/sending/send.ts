import type { CoreError, Result } from "../../domain/errors.ts";
import type { UserId } from "../../domain/ids.ts";
import type { AnyDraft, Draft } from "../../domain/messages/message.ts";
import type { MessageRow } from "../log/row.ts";
import type { MemberRow } from "../members/member-row.ts";
import type { Receiver } from "../sockets/receiver.ts";
import type { Transaction } from "../state/transaction.ts";

/** A stored message. `isRepeated`: an earlier send with the same client message id stored it. */
export interface StoredSend {
  row: MessageRow;
  isRepeated: boolean;
}

/** A complete draft that waits for its commit. */
export interface QueuedSend<Origin> {
  senderId: UserId;
  draft: Draft;
  /** receives the outcome: a socket as an ack instead of the message, a call as its answer */
  origin: Origin;
}

/** The stored message, or why the send was refused. */
export interface SendOutcome<Origin> {
  send: Pick<QueuedSend<Origin>, "origin"> & { draft: Pick<Draft, "clientMsgId"> };
  result: Result<StoredSend>;
}

/** The source of a send, which receives its outcome: a socket an ack, a call its answer. */
export type SendOrigin =
  | {
      socket: Receiver;
      /** when its frame was read, in ms since 1970 */
      begun: number;
    }
  | {
      resolve: (outcome: SendOutcome<SendOrigin>) => void;
      /** calls with the same key keep their order, even if an earlier send waits for a lookup */
      orderKey?: object;
      /** a viewer of an audience room becomes a member by it, as by sending over a socket of the room */
      joins?: boolean;
    };

/** A send on its way to the queue. */
export interface PendingSend<Sent extends AnyDraft = AnyDraft> {
  draft: Sent;
  origin: SendOrigin;
}

/** Viewers who become members by what is sent. @see Arrivals */
export interface Newcomers<Origin> {
  coming(senderId: UserId, sends: readonly QueuedSend<Origin>[]): UserId[];
  find(senderId: UserId, origin: Origin): MemberRow | null;
  isNamed(userId: UserId): boolean;
  refusal(before: readonly MessageRow[]): CoreError | undefined;
  join(tx: Transaction, row: MemberRow): void;
  joinNamed(tx: Transaction, draft: Draft, row: MessageRow): void;
}

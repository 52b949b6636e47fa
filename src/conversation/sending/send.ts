import type { Result } from "../../domain/errors.ts";
import type { UserId } from "../../domain/ids.ts";
import type { Draft } from "../../domain/messages/message.ts";
import type { MessageRow } from "../log/row.ts";
import type { RoomSocket } from "../sockets/room-socket.ts";

/** A message that is stored; `replay`: it was already, and its sender repeats himself. */
export interface StoredSend {
  row: MessageRow;
  replay: boolean;
}

/** A send on its way. */
export interface QueuedSend<Origin> {
  senderId: UserId;
  draft: Draft;
  /** where it came from: a socket gets an ack instead of the message, a call its answer */
  origin: Origin;
}

/** What became of a send. */
export interface SendOutcome<Origin> {
  send: Pick<QueuedSend<Origin>, "origin"> & { draft: Pick<Draft, "clientMsgId"> };
  result: Result<StoredSend>;
}

/** Where a send came from: the socket which wants an ack, or the call which wants its answer. */
export type SendOrigin =
  | { socket: RoomSocket }
  | {
      resolve: (outcome: SendOutcome<SendOrigin>) => void;
      /** what is sent on one line keeps its order, also where some of it has to wait */
      line?: object;
    };

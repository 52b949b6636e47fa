import type { FailureCode } from "../api/problem.ts";
import type { NewMessage } from "../types.ts";

/**
 * A message that the user has sent, until it stands in its conversation. An item never changes: a change
 * makes another.
 */
export interface OutboxItem {
  readonly client_msg_id: string;
  readonly conversation_id: number;
  readonly message: NewMessage;
  /** when the user has sent it, in ms since 1970 */
  readonly created_at: number;
  /**
   * `queued`: it waits, for a connection or for its file · `sending`: it is under way · `sent`: it is
   * stored, and not yet shown at its place · `failed`: it was refused
   */
  readonly state: "queued" | "sending" | "sent" | "failed";
  /** why it has failed */
  readonly code?: FailureCode | undefined;
  /** with `refused`: why, in the words of the team's backend, if it gives any */
  readonly reason?: string | undefined;
  /** its place, once it is stored */
  readonly seq?: number;
  /** the file that is uploaded before it is sent; its address becomes the `url` of the body */
  readonly file?: Blob | undefined;
  /** the part of the file that is uploaded, from 0 to 1 */
  readonly progress?: number;
}

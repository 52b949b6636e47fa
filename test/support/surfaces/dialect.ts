import type { ConversationCode, ConversationId } from "../../../src/domain/ids.ts";
import type { SignedIn } from "../clients/api.ts";
import type { WireAnswer } from "../clients/wire.ts";

/** Where a call of any surface is made: a member and his peer, a friend of his, in a direct conversation with a message of his. */
export interface Stage {
  member: SignedIn;
  peer: SignedIn;
  /** somebody who has to do with none of it */
  bystander: SignedIn;
  id: ConversationId;
  /** its other name */
  code: ConversationCode;
  seq: number;
  /** a group of the member's, with his peer in it */
  group: ConversationId;
}

/** One call of a surface, as it succeeds for a member. */
export interface DialectCall {
  method: string;
  path: string;
  /** where its parameters stand */
  place: "query" | "body";
  /** they succeed each time that they are asked for: whatever can be done only once is another one then */
  fields: (stage: Stage) => Record<string, unknown>;
  /** those without which it is refused */
  required: string[];
  /** whom it serves: everybody, whoever has a session, or who is in the stage's conversation */
  who: "anybody" | "user" | "member";
}

/** A surface, as far as it is held to what all of them promise. */
export interface Dialect {
  name: string;
  calls: DialectCall[];
  /** makes what its calls take besides the stage */
  prepare?(stage: Stage): Promise<void>;
  /** the headers of a call with this token, or without any */
  headers(token: string | undefined): Record<string, string>;
  isSuccess(answer: WireAnswer): boolean;
  /** whether an answer is a failure in the surface's own envelope */
  isFailure(answer: WireAnswer): boolean;
  /** whether it is the one which says that there is no valid session */
  isUnauthenticated(answer: WireAnswer): boolean;
}

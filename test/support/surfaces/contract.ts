import type { ConversationCode, ConversationId } from "../../../src/domain/ids.ts";
import type { SignedIn } from "../clients/api.ts";
import type { WireAnswer } from "../clients/wire.ts";

/**
 * The users and conversations of a call: a member and their friend `peer`, in a direct conversation with one
 * message of the member.
 */
export interface CallContext {
  member: SignedIn;
  peer: SignedIn;
  /** a user outside of both conversations */
  bystander: SignedIn;
  id: ConversationId;
  /** the code of the conversation */
  code: ConversationCode;
  seq: number;
  /** a group of the member's, with the peer in it */
  group: ConversationId;
}

/** One call of a surface, as it succeeds for a member. */
export interface ContractCall {
  method: string;
  path: string;
  /** where its parameters are */
  place: "query" | "body";
  /** fields with which the call succeeds each time; a call that works only once gets new ones */
  fields: (context: CallContext) => Record<string, unknown>;
  /** the fields that may not be missing */
  required: string[];
  /** the permitted callers: all, all with a session, or the members of the context's conversation */
  who: "anybody" | "user" | "member";
}

/** The calls of a surface, for tests of the behaviour that all surfaces share. */
export interface SurfaceContract {
  name: string;
  calls: ContractCall[];
  /** creates what its calls need besides the context. @param stranger who calls without being in it */
  prepare?(context: CallContext, stranger: SignedIn): Promise<void>;
  /** the headers of a call, with or without a token */
  headers(token: string | undefined): Record<string, string>;
  /** the path of a call, where the token is in it; absent: it is as the call has it */
  pathOf?(path: string, token?: string): string;
  isSuccess(answer: WireAnswer): boolean;
  /** whether an answer is an error in the surface's own envelope */
  isFailure(answer: WireAnswer): boolean;
  /** whether an answer says that no valid session was given */
  isUnauthenticated(answer: WireAnswer): boolean;
}

import { z } from "zod";
import { randomHex } from "../../lib/random.ts";
import type { User } from "../accounts/user.ts";
import { ConversationId, type UserId } from "../ids.ts";
import type { GroupOutline } from "./group-outline.ts";

const FORM = /^([1-9a-z][0-9a-z]{0,10})-[0-9a-f]{32}$/;
const RADIX = 36;

/**
 * The code of an invitation: the number of the group in base 36, by which its object is found, and 128 random
 * bits. Who has the code may join.
 */
export const InvitationCode = z.string().regex(FORM).brand<"InvitationCode">();
export type InvitationCode = z.infer<typeof InvitationCode>;

/** A new code for a group. */
export function newInvitationCode(id: ConversationId): InvitationCode {
  return InvitationCode.parse(`${id.toString(RADIX)}-${randomHex()}`);
}

/** The code and the group that a text names; null: no code looks like that. */
export function readInvitationCode(text: string): { code: InvitationCode; id: ConversationId } | null {
  const code = InvitationCode.safeParse(text);
  const id = ConversationId.safeParse(Number.parseInt(text, RADIX));
  return code.success && id.success ? { code: code.data, id: id.data } : null;
}

/** A code with which users join a group until its end. Times are in ms since 1970. */
export interface Invitation {
  code: InvitationCode;
  createdBy: UserId;
  createdAt: number;
  expiresAt: number;
  /** how many users it lets in; null: any number */
  maxUses: number | null;
  /** how many it has let in */
  uses: number;
}

/** What an invitation shows to whoever has its code. */
export interface InvitedGroup extends GroupOutline {
  /** ms since 1970 */
  expiresAt: number;
  /** who made the invitation; null: the account is deleted */
  inviter: Pick<User, "username" | "nickname" | "avatar"> | null;
}

/** The same as the group itself knows it, which has no profile of who made the invitation. */
export interface InvitedOutline extends Omit<InvitedGroup, "inviter"> {
  createdBy: UserId;
}

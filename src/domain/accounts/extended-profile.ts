import { z } from "zod";
import type { UserId } from "../ids.ts";
import { textUpTo } from "../text.ts";

/** What is told of a person besides his account; `""` is empty. */
export const ExtendedFields = z.object({
  fullName: textUpTo(64),
  nickname: textUpTo(128),
  alias: textUpTo(128),
  gender: textUpTo(8),
  birthday: z.union([z.literal(""), z.iso.date()], { error: 'must be a date such as 2001-12-31, or ""' }),
  idCardNum: textUpTo(32),
  phone: textUpTo(16),
  email: textUpTo(128),
  province: textUpTo(32),
  city: textUpTo(32),
  /** a URL, or whatever stands for one where it comes from: to other APIs that is none */
  avatar: textUpTo(128),
  signature: textUpTo(500),
});
type ExtendedFields = z.infer<typeof ExtendedFields>;

/** What to change of them: absent is unchanged, `""` emptied. */
export type ExtendedProfileChange = { [Field in keyof ExtendedFields]?: ExtendedFields[Field] | undefined };

/** A user with his particulars. */
export interface ExtendedProfile extends ExtendedFields {
  id: UserId;
  username: string;
  /** when a user_sig of his was last used for the first time; 0: never */
  loginAt: number;
  createdAt: number;
  /** he has made his account himself, and it is nobody else's to change */
  hasPassword: boolean;
}

/** Particulars without what is for the user himself. */
export function publicOf(user: ExtendedProfile): ExtendedProfile {
  return { ...user, birthday: "", idCardNum: "", phone: "", email: "" };
}

import { z } from "zod";
import { hasUserInfo, runsScript } from "../http-url.ts";
import type { UserId } from "../ids.ts";
import { displayName, refuse } from "../names/names.ts";
import { textUpTo } from "../text.ts";

const AVATAR_LENGTH = 128;

function avatarFlaw(text: string): string | null {
  if (hasUserInfo(text)) return "must not hold a user name or a password";
  return runsScript(text) ? "must not be a script, or data, in a URL" : null;
}

/** An http(s) URL as `URL` writes it; another text unchanged. */
function normalizedAvatar(text: string): string {
  const url = URL.parse(text);
  return url && /^https?:$/.test(url.protocol) ? url.href : text;
}

/** The fields of an extended profile; `""` is empty. */
export const ExtendedFields = z.object({
  fullName: displayName(64),
  nickname: displayName(128),
  alias: displayName(128),
  gender: textUpTo(8),
  birthday: z.union([z.literal(""), z.iso.date()], { error: 'must be a date such as 2001-12-31, or ""' }),
  idCardNum: textUpTo(32),
  phone: textUpTo(16),
  email: textUpTo(128),
  province: textUpTo(32),
  city: textUpTo(32),
  /** a URL, or another reference of the operator's systems, which other APIs do not show as a URL */
  avatar: refuse(textUpTo(AVATAR_LENGTH), avatarFlaw)
    .overwrite(normalizedAvatar)
    .pipe(textUpTo(AVATAR_LENGTH)),
  signature: textUpTo(500),
});
type ExtendedFields = z.infer<typeof ExtendedFields>;

/** A change of an extended profile: an absent field is unchanged, `""` empties it. */
export type ExtendedProfileChange = { [Field in keyof ExtendedFields]?: ExtendedFields[Field] | undefined };

/** A user with their extended profile. */
export interface ExtendedProfile extends ExtendedFields {
  id: UserId;
  username: string;
  /** time of the newest first use of a user_sig of the user; 0: never */
  loginAt: number;
  createdAt: number;
  /** the user registered themself; the provisioning server may not change the account */
  hasPassword: boolean;
}

/** The extended profile as it is shown across a block: the username, the nickname, the avatar. */
export function nameOf(user: ExtendedProfile): ExtendedProfile {
  return { ...publicOf(user), fullName: "", alias: "", gender: "", province: "", city: "", ...HIDDEN };
}

const HIDDEN = { signature: "", loginAt: 0 };

/** The extended profile without the fields that only the user may see. */
export function publicOf(user: ExtendedProfile): ExtendedProfile {
  return { ...user, birthday: "", idCardNum: "", phone: "", email: "" };
}

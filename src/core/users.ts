import { z } from "zod";
import type { Person } from "./message.ts";
import { textUpTo } from "./text.ts";

/** What happens when somebody asks for friendship: agreed at once, asked, refused. */
export const FriendPolicy = z.enum(["allow", "approve", "deny"]);
export type FriendPolicy = z.infer<typeof FriendPolicy>;

/** A user as others see him. */
export interface User extends Person {
  /** has an open socket */
  online: boolean;
}

/** The fields of a profile which its user edits; `""` is empty. */
export const ProfileFields = z.object({
  nickname: textUpTo(64),
  avatar: z.union([
    z.literal(""),
    z.url({ protocol: /^https?$/, error: 'must be an http(s) URL or ""' }).max(2_048),
  ]),
  email: textUpTo(128),
  gender: textUpTo(128),
  birthday: textUpTo(128),
  location: textUpTo(128),
  language: textUpTo(128),
  signature: textUpTo(500),
  friend_policy: FriendPolicy,
});

/** A user as he sees himself. */
export interface Me extends User {
  email: string;
  gender: string;
  birthday: string;
  location: string;
  language: string;
  signature: string;
  friendPolicy: FriendPolicy;
  createdAt: number;
}

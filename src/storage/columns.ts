/** Column sets that several queries select, and the profile values of an empty account. */
import { users } from "./schema.ts";

/** The columns of a public profile (`User`). */
export const USER = {
  id: users.id,
  username: users.username,
  nickname: users.nickname,
  avatar: users.avatar,
  online: users.online,
};

/** The profile columns of a new account. A deleted account gets the same values. */
export const DELETED_PROFILE = {
  email: "",
  nickname: "",
  avatar: "",
  gender: "",
  birthday: "",
  location: "",
  language: "",
  signature: "",
  friendPolicy: "approve",
  messageSettings: "",
  adminForbidType: "",
  level: "",
  role: "",
  details: {},
  updatedAt: 0,
  online: false,
} as const;

/** The columns of a profile beside a message (`Person`). */
export const PERSON = {
  id: users.id,
  username: users.username,
  nickname: users.nickname,
  avatar: users.avatar,
};

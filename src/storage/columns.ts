import { users } from "./schema.ts";

/** A user as others see him. */
export const USER = {
  id: users.id,
  username: users.username,
  nickname: users.nickname,
  avatar: users.avatar,
  online: users.online,
};

/** What the columns of a profile say of who has not said anything yet, and of whom nothing is to be left. */
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

/** The same beside a message. */
export const PERSON = {
  id: users.id,
  username: users.username,
  nickname: users.nickname,
  avatar: users.avatar,
};

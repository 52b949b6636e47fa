import { users } from "./schema.ts";

/** A user as others see him. */
export const USER = {
  id: users.id,
  username: users.username,
  nickname: users.nickname,
  avatar: users.avatar,
  online: users.online,
};

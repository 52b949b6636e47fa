import type { Person } from "../../../domain/accounts/person.ts";
import { shownTime } from "../../../lib/stored-time.ts";

/** The number that tells users of one name apart: four digits. */
function identifyNumber(id: number): string {
  return String(id % 10_000).padStart(4, "0");
}

/** A user beside a message, and in lists. @param online absent: it is not told here */
export function serializeUser({ id, username, nickname, avatar, bot, hook }: Person, online = false) {
  return {
    ...{ id: String(id), username, identify_num: identifyNumber(id), online, os: online ? "Websocket" : "" },
    ...{ status: 1, avatar, vip_avatar: avatar, banner: "", nickname: nickname || username, roles: [] },
    ...{ is_vip: false, bot: bot === true || hook !== undefined },
  };
}

/** A user alone, as `user/view` shows them. */
export function serializeProfile(user: Person & { online: boolean }) {
  const shown = serializeUser(user, user.online);
  return {
    ...shown,
    tag_info: { color: "", text: shown.bot ? "机器人" : "", bg_color: "" },
    ...{ is_sys: false, mobile_verified: true, joined_at: 0, active_time: 0 },
  };
}

/** The caller, as `user/me` shows them. */
export function serializeMe(user: Person & { online: boolean; createdAt: number }) {
  return {
    ...serializeProfile(user),
    ...{ mobile_prefix: "", mobile: "", invited_count: 0, reg_time: shownTime(user.createdAt) },
  };
}

import type { MeWithEmail } from "../../../domain/accounts/user.ts";
import { ALLOW_TYPES, GENDERS } from "../schemas/users.ts";

const [UNKNOWN] = GENDERS;

/** A profile: what only its user may see of it is in there where it is. */
export function serializeProfile(profile: MeWithEmail) {
  const { username, email, nickname, avatar, gender, signature, friendPolicy, birthday } = profile;
  const { location, language, messageSettings, adminForbidType, level, role, details } = profile;
  return {
    ...{ userID: username, username, ...(email !== undefined && { email }), nick: nickname, avatar },
    // Other APIs take any word there.
    gender: GENDERS.find((known) => known === gender) ?? UNKNOWN,
    ...{ selfSignature: signature, allowType: ALLOW_TYPES[friendPolicy], birthday, location, language },
    ...{ messageSettings, adminForbidType, level, role, profileCustomField: details },
    lastUpdatedTime: Math.floor(Math.max(profile.updatedAt, profile.createdAt) / 1_000),
  };
}

import type { MeWithEmail } from "../../../domain/accounts/user.ts";
import { ALLOW_TYPES, GENDERS } from "../schemas/users.ts";

const [UNKNOWN] = GENDERS;

/** A profile. The e-mail address is included if `profile` has it, which only the user's own does. */
export function serializeProfile(profile: MeWithEmail) {
  const { username, email, nickname, avatar, gender, signature, friendPolicy, birthday } = profile;
  const { location, language, messageSettings, adminForbidType, level, role, details } = profile;
  return {
    ...{ userID: username, username, ...(email !== undefined && { email }), nick: nickname, avatar },
    // Other APIs accept any word as a gender.
    gender: GENDERS.find((known) => known === gender) ?? UNKNOWN,
    ...{ selfSignature: signature, allowType: ALLOW_TYPES[friendPolicy], birthday, location, language },
    ...{ messageSettings, adminForbidType, level, role, profileCustomField: details },
    lastUpdatedTime: Math.floor(Math.max(profile.updatedAt, profile.createdAt) / 1_000),
  };
}

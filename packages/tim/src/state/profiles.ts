import { TYPES } from "../constants.ts";
import { trusted } from "../json.ts";
import type { Profile, User } from "../types.ts";

/** A profile as the server writes it: numbers are texts, and fields of the app's an object. */
export interface WireProfile {
  userID: string;
  nick: string;
  avatar: string;
  gender: string;
  selfSignature: string;
  allowType: string;
  birthday: string;
  location: string;
  language: string;
  messageSettings: string;
  adminForbidType: string;
  level: string;
  role: string;
  lastUpdatedTime: number;
  profileCustomField: Record<string, unknown>;
}

/** The profile that an object of the server is; undefined: it is none. */
export function profileIn(value: Record<string, unknown>): Profile | undefined {
  return "adminForbidType" in value ? profileOf(trusted(JSON.stringify(value))) : undefined;
}

/** A profile of which the server tells this alone. */
export function bareProfile(user: User): Profile {
  return { ...profileOf(NO_PROFILE), ...user };
}

const NO_PROFILE: WireProfile = {
  ...{ userID: "", nick: "", avatar: "", selfSignature: "", birthday: "", location: "", language: "" },
  ...{ gender: TYPES.GENDER_UNKNOWN, allowType: TYPES.ALLOW_TYPE_NEED_CONFIRM, adminForbidType: "" },
  ...{ messageSettings: "", level: "", role: "", lastUpdatedTime: 0, profileCustomField: {} },
};

/** A profile as the SDK has it. */
export function profileOf(wire: WireProfile): Profile {
  const { userID, nick, avatar, gender, selfSignature, allowType, location, lastUpdatedTime } = wire;
  return {
    ...{ userID, nick, avatar, gender, selfSignature, allowType, location, lastUpdatedTime },
    ...{ birthday: numberOf(wire.birthday), language: numberOf(wire.language), level: numberOf(wire.level) },
    ...{ messageSettings: numberOf(wire.messageSettings), role: numberOf(wire.role) },
    adminForbidType: wire.adminForbidType || "AdminForbid_Type_None",
    profileCustomField: Object.entries(wire.profileCustomField).map(([key, value]) => {
      return { key, value: String(value) };
    }),
  };
}

function numberOf(text: string): number {
  return Number(text) || 0;
}

/** The fields of a profile that the user changes, as the server takes them. */
export function wireChange(change: object): object {
  const { profileCustomField: list, ...fields }: { profileCustomField?: unknown } = change;
  if (!Array.isArray(list)) return change;
  const entries = list.map(({ key, value }: { key: string; value: unknown }) => [key, value]);
  return { ...fields, profileCustomField: Object.fromEntries(entries) };
}

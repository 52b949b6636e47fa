import { type BodyJson, StoredBody } from "../../../../domain/messages/content.ts";
import { PROFILE_FIELDS, type SystemMessageDetails } from "../../../../domain/messages/system-message.ts";
import type { ChangedField, SystemMessageFacts } from "../../schemas/messages/system-message.ts";

/** The names that v1 gives to the fields of a group's profile. */
const FIELDS = {
  name: "name",
  avatar: "avatar",
  introduction: "introduction",
  announcement: "announcement",
  joinPolicy: "join_policy",
  discoverable: "discoverable",
  threads: "threads",
  muteAll: "mute_all",
  slowModeS: "slow_mode_s",
  customFields: "custom_fields",
} as const satisfies Record<(typeof PROFILE_FIELDS)[number], ChangedField>;

/** The body of a system message as v1 shows it: what is stored, and what has changed by the event. */
export function systemMessageBody(body: BodyJson, details: SystemMessageDetails): string {
  const { role, mutedForS, profile } = details;
  const facts: SystemMessageFacts = {
    ...(role && { role }),
    ...(mutedForS !== undefined && { muted_for_s: mutedForS }),
    ...(profile && {
      changed: PROFILE_FIELDS.filter((field) => profile[field] !== undefined).map((field) => FIELDS[field]),
      ...(profile.name !== undefined && { name: profile.name }),
    }),
  };
  if (Object.keys(facts).length === 0) return body;
  return JSON.stringify({ ...StoredBody.parse(JSON.parse(body)), ...facts });
}

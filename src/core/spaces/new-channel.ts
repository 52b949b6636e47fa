import { ConversationCode, type UserId } from "../../domain/ids.ts";
import { randomHex } from "../../lib/random.ts";
import type { FirstChannel } from "../../storage/spaces/spaces.ts";

/** A new channel as D1 stores it, of which its maker is the owner. */
export function newChannel(
  ownerId: UserId,
  { name, topic = "" }: { name: string; topic?: string | undefined },
): FirstChannel {
  return {
    ...{
      name,
      introduction: topic,
      policy: "channel",
      joinPolicy: "closed",
      viewers: "none",
      among: "anybody",
    },
    ...{ avatar: "", announcement: "", handle: null, maxMembers: null, customFields: {}, discoverable: null },
    ...{ clientGroupId: null, externalId: null, metadata: "", history: null, mayLeave: false },
    ...{ retentionDays: null, legalHold: false, slowModeS: 0, muteAll: false },
    code: ConversationCode.parse(randomHex()),
    ownerId,
    members: [{ userId: ownerId, role: "owner", customFields: {} }],
    createdAt: Date.now(),
  };
}

import type { ConversationId, SpaceId, UserId } from "../ids.ts";
import type { MetadataJson } from "../server/metadata.ts";
import type { ChannelBasis, KnownMember, MemberRights } from "./rights.ts";

/** A place with channels, whose members may read and write them. */
export interface Space {
  id: SpaceId;
  name: string;
  avatar: string;
  description: string;
  ownerId: UserId;
  memberCount: number;
  /** whether the directory shows it, and anybody may join it */
  discoverable: boolean;
  /** what the team's backend and whoever manages the space keep here */
  metadata: MetadataJson;
  /** seconds between two messages of a member in channels without a slow mode of their own; 0: off */
  slowModeS: number;
  /** ms since 1970 */
  createdAt: number;
}

/** A space of a member, with what their rights follow from. */
export interface MemberSpace extends Space, MemberRights {
  /** another one after each change of that */
  version: number;
  /** until when the member has muted it (ms since 1970), also a time that is over; 0: not, -1: for ever */
  notificationsMutedUntil: number;
}

/** Until when a channel wants to rely on what it reads of its space. */
export interface SpaceLease {
  conversationId: ConversationId;
  /** ms since 1970; null: the lease that it has stays */
  until: number | null;
  /** the version of which it knows the rights */
  known: number;
  /** the users of whom it wants to know */
  asked: readonly UserId[];
  /** of which followers it wants to know; `special`: who is no member, or has a role or a mute */
  followers: "none" | "special" | "all";
}

/** What a channel knows of its space. It relies on that until a time that the space knows, too. */
export interface SpaceStanding {
  /** another one after each change of who the members are */
  version: number;
  /** the slow mode of the space */
  slowModeS: number;
  /** what rights follow from; null: as in the version that the channel has named, or the space is over */
  rights: ChannelBasis | null;
  /** those of the asked users who are members; of another version of a small space all members */
  members: readonly KnownMember[];
  /** whether these are all members */
  isWhole: boolean;
  /** the followers whom it wants to know; null: no member */
  followers: readonly { userId: UserId; member: KnownMember | null }[];
}

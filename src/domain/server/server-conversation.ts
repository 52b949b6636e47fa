import type { Profile } from "../conversations/conversation.ts";
import type { Role } from "../conversations/group-kind.ts";
import type { Failure } from "../errors.ts";
import type { ConversationId, UserId } from "../ids.ts";
import type { ExternalId } from "./user-ref.ts";

/** A conversation as its object gives it to a team's backend, which has no reader of its own. */
export interface ConversationOverview {
  profile: Profile;
  memberCount: number;
  /** ms since 1970; null: it was not dissolved */
  dissolvedAt: number | null;
}

/** A conversation as the team's backend sees it. */
export interface ServerConversation extends ConversationOverview {
  id: ConversationId;
  /** null: none */
  externalId: ExternalId | null;
}

/** What became of a user whom a backend adds to a group or removes. */
export type MemberOutcome = { userId: UserId } & (
  | {
      result: "added" | "changed" | "removed" | "unchanged";
      /** the new role, if it has changed */
      role?: Role;
    }
  | { result: "failed"; problem: Failure; role?: undefined }
);

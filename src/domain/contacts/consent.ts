import { z } from "zod";
import type { ConversationId, UserId } from "../ids.ts";

/**
 * Whom a user lets begin a direct conversation with them, or add them to a group, without being asked.
 * `contacts`: friends, and members of a group of theirs that has at most `CONTACT_GROUP` members.
 */
export const Admitted = z.enum(["everybody", "contacts", "friends", "nobody"]);
export type Admitted = z.infer<typeof Admitted>;

/** The members of the largest group in which all are contacts of each other. */
export const CONTACT_GROUP = 100;

/** The choices of a user; null: as the deployment has it. */
export const Consent = z.object({ whoMayWrite: Admitted.nullable(), whoMayAdd: Admitted.nullable() });
export type Consent = z.infer<typeof Consent>;

/** The choices of users who have set none: `WHO_MAY_WRITE`, `WHO_MAY_ADD`. */
export type DefaultConsent = { [Field in keyof Consent]: Admitted };

/** Everybody may: as a server without these settings has it. */
export const OPEN_CONSENT: DefaultConsent = { whoMayWrite: "everybody", whoMayAdd: "everybody" };

/**
 * A conversation that waits for a user's consent: a direct one in which somebody has written to them, or a
 * group that somebody wants to add them to. Until then the conversation does not exist for the user.
 */
export interface MessageRequest {
  conversationId: ConversationId;
  fromId: UserId;
  /** the group; null: a direct conversation */
  group: { name: string; avatar: string; memberCount: number } | null;
  /** of the first message, or of the last time that the user was to be added (ms since 1970) */
  createdAt: number;
}

/** What a user answers to a message request. `report`: it is ignored, and staff is told. */
export const RequestAnswer = z.enum(["accept", "ignore", "report"]);
export type RequestAnswer = z.infer<typeof RequestAnswer>;

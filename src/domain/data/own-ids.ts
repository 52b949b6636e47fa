import { randomHex } from "../../lib/random.ts";
import {
  type ConversationId,
  ConversationId as ConversationIdSchema,
  type FileKey,
  type SpaceId,
  SpaceId as SpaceIdSchema,
  type UserId,
  UserId as UserIdSchema,
} from "../ids.ts";
import { ExternalId } from "../server/user-ref.ts";

/**
 * The external ids that exports give to what no backend has named: `parley:u100001-1795321724729`. The
 * time of the creation makes it unique among deployments.
 */

export function ownUserId(id: UserId, createdAt: number): ExternalId {
  return ExternalId.parse(`parley:u${id}-${createdAt}`);
}

export function ownConversationId(id: ConversationId, createdAt: number): ExternalId {
  return ExternalId.parse(`parley:c${id}-${createdAt}`);
}

export function ownFileId(key: FileKey): ExternalId {
  return ExternalId.parse(`parley:f${key}`);
}

export function ownSpaceId(id: SpaceId, createdAt: number): ExternalId {
  return ExternalId.parse(`parley:s${id}-${createdAt}`);
}

/** The external id of a new role that no backend has named. It is stored, as roles have no time. */
export function madeUpRoleId(): ExternalId {
  return ExternalId.parse(`parley:r${randomHex()}`);
}

/** The same of a new category. */
export function madeUpCategoryId(): ExternalId {
  return ExternalId.parse(`parley:g${randomHex()}`);
}

const OWN = /^parley:([ucs])(\d{1,16})-(\d{1,16})$/;

/** What such an id names, if it is of this deployment: its creation has to be at that time (ms). */
export type OwnId =
  | { kind: "user"; id: UserId; createdAt: number }
  | { kind: "conversation"; id: ConversationId; createdAt: number }
  | { kind: "space"; id: SpaceId; createdAt: number };

/** null: it is no such id. */
export function readOwnId(externalId: ExternalId): OwnId | null {
  const [, letter, digits, time] = OWN.exec(externalId) ?? [];
  const createdAt = Number(time);
  if (letter === "u") {
    const id = UserIdSchema.safeParse(Number(digits));
    return id.success ? { kind: "user", id: id.data, createdAt } : null;
  }
  if (letter === "s") {
    const id = SpaceIdSchema.safeParse(Number(digits));
    return id.success ? { kind: "space", id: id.data, createdAt } : null;
  }
  const id = ConversationIdSchema.safeParse(Number(digits));
  return letter === "c" && id.success ? { kind: "conversation", id: id.data, createdAt } : null;
}

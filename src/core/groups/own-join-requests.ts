import { z } from "zod";
import type { OwnJoinRequest } from "../../domain/conversations/join-request.ts";
import { type Page, type PageQuery, pageOf, readCursor } from "../../domain/conversations/pagination.ts";
import { nullIfNotFound } from "../../domain/errors.ts";
import { ConversationId, type UserId } from "../../domain/ids.ts";
import { listOwnJoinRequests as ownRequests } from "../../storage/conversations/own-requests.ts";
import type { Core } from "../context.ts";

const RequestPosition = z.tuple([z.int().nonnegative(), ConversationId, z.literal("join")]);

/**
 * The caller's own open join requests, the newest first.
 * @throws `validation_failed` for a cursor of another list
 */
export async function listOwnJoinRequests(
  core: Core,
  caller: UserId,
  { limit, cursor }: PageQuery,
): Promise<Page<OwnJoinRequest>> {
  const after = cursor === undefined ? undefined : requestPositionIn(cursor);
  const rows = await ownRequests(core.db, caller, { after, limit: limit + 1 });
  return pageOf(rows, limit, ({ createdAt, conversationId }) => [createdAt, conversationId, "join"]);
}

function requestPositionIn(cursor: string): OwnJoinRequest {
  const [createdAt, conversationId] = readCursor(RequestPosition, cursor);
  return { createdAt, conversationId };
}

/**
 * Withdraws the caller's open join request to a group. Without one nothing changes, and nobody learns whether
 * there is such a group. Idempotent.
 * @throws `conflict` for a member of the group
 */
export async function withdrawJoinRequest(core: Core, caller: UserId, id: ConversationId): Promise<void> {
  await core.conversations.withdrawJoinRequest(id, { userId: caller }).catch(nullIfNotFound);
}

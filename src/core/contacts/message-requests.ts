import { z } from "zod";
import type { User } from "../../domain/accounts/user.ts";
import type { MessageRequest, RequestAnswer } from "../../domain/contacts/consent.ts";
import { type Page, type PageQuery, pageOf, readCursor } from "../../domain/conversations/pagination.ts";
import { CoreError, isNotFound, noMessageRequest } from "../../domain/errors.ts";
import { ConversationId, type UserId } from "../../domain/ids.ts";
import type { Message } from "../../domain/messages/message.ts";
import type { Contacts } from "../../domain/ports.ts";
import { errorFields, log } from "../../lib/logger.ts";
import { findLiveUsers, findUsersWithRelation } from "../../storage/accounts/users.ts";
import {
  deleteRequests,
  findAskingFirst,
  findDirectRequests,
  ignoreRequest,
  listMessageRequests,
} from "../../storage/contacts/message-requests.ts";
import { findMembersAmong } from "../../storage/conversations/members.ts";
import type { Core } from "../context.ts";
import { askEach } from "../messages/across/ask.ts";
import { fileReport, keptOf } from "../moderation/reports.ts";

/** The messages that a request shows, newest last. */
const SHOWN = 20;
/** The messages that a report of a request keeps, the newest included. */
const KEPT = 6;
/** The users whose devices are told at once that they are asked. */
const MAX_TOLD = 50;

const RequestPosition = z.tuple([z.int(), ConversationId]);

/** A message request, and who asks. */
export type RequestFrom = MessageRequest & { from: User };

/** The same; `last`: the newest message; null: of a group, or its conversation did not answer. */
export type ListedRequest = RequestFrom & { last?: Message | null };

/**
 * The caller's open message requests, the newest first.
 * @param previews whether each has its newest message, which is a call of each direct conversation
 * @throws `validation_failed` for a cursor of another list
 */
export async function pageOfRequests(
  core: Core,
  caller: UserId,
  { limit, cursor, previews }: PageQuery & { previews: boolean },
): Promise<Page<ListedRequest>> {
  const after = cursor === undefined ? undefined : readCursor(RequestPosition, cursor);
  const found = await listMessageRequests(core.db, caller, { after, limit: limit + 1 });
  const { items, nextCursor } = pageOf(found, limit, (one) => [one.createdAt, one.conversationId]);
  const requests = await withUsers(core, caller, items);
  return { items: previews ? await withLast(core, requests) : requests, nextCursor };
}

async function withLast(core: Core, requests: RequestFrom[]): Promise<ListedRequest[]> {
  const timeoutMs = core.timing.acrossConversations.callTimeoutMs;
  const found = await askEach(requests, new Set(), timeoutMs, async ({ conversationId, group }) =>
    group ? null : (await core.conversations.allMessages(conversationId, { limit: 1 })).items.at(-1),
  );
  return requests.map((request, at) => ({ ...request, last: found[at] ?? null }));
}

/**
 * A message request with the newest messages of a direct conversation. Nobody learns that they are read.
 * @throws `not_found`
 */
export async function readRequest(
  core: Core,
  caller: UserId,
  id: ConversationId,
): Promise<{ request: RequestFrom; messages: Message[] }> {
  const found = await listMessageRequests(core.db, caller, { limit: 1, id });
  const [request] = await withUsers(core, caller, found);
  if (!request) throw noMessageRequest();
  if (request.group) return { request, messages: [] };
  return { request, messages: (await core.conversations.allMessages(id, { limit: SHOWN })).items };
}

/**
 * Answers a message request. The same again changes nothing. An accepted conversation is in the caller's list
 * before this resolves. The user who asks learns of an acceptance alone.
 * @throws `not_found`, also where the user who asks may add nobody any more; `group_full`; as `fileReport`
 */
export async function answerRequest(
  core: Core,
  caller: UserId,
  id: ConversationId,
  answer: RequestAnswer,
): Promise<void> {
  const [request] = await listMessageRequests(core.db, caller, { limit: 1, id });
  if (!request) {
    if (answer !== "accept") throw noMessageRequest();
    await core.conversations.describe(id, { userId: caller }).catch((error: unknown) => {
      throw isNotFound(error) ? noMessageRequest() : error;
    });
    return;
  }
  if (answer === "accept") await accept(core, caller, request);
  else {
    if (answer === "report") await reportRequest(core, caller, request);
    await ignoreRequest(core.db, id, caller);
  }
  tellAllAsked(core, [caller], request);
}

async function accept(
  core: Core,
  caller: UserId,
  { conversationId: id, fromId, group }: MessageRequest,
): Promise<void> {
  if (!group) await core.conversations.init(id, { userId: caller });
  else {
    const people = await findLiveUsers(core.db, [caller]);
    await core.conversations.add(id, { userId: fromId, people }).catch(async (error: unknown) => {
      const holdsNoLonger = error instanceof CoreError && ["not_found", "forbidden"].includes(error.code);
      if (!holdsNoLonger) throw error;
      await deleteRequests(core.db, id, caller);
      throw noMessageRequest();
    });
  }
  await deleteRequests(core.db, id, caller);
}

/** Reports the user who asks, with the newest messages. */
async function reportRequest(core: Core, caller: UserId, request: MessageRequest): Promise<void> {
  const { conversationId, fromId, group } = request;
  const input = { reason: "spam", note: "" } as const;
  const messages = group ? [] : (await core.conversations.allMessages(conversationId, { limit: KEPT })).items;
  const last = messages.at(-1);
  const about =
    last?.sender.id === fromId
      ? { conversationId, seq: last.seq, userId: fromId }
      : { conversationId: null, seq: null, userId: fromId };
  await fileReport(core, caller, { about, kept: messages.map(keptOf) }, input);
}

/**
 * Those of these users who want to be asked before the caller adds them to a group, and are not in it.
 * @param id null: a new group
 */
export async function askingFirst(
  core: Core,
  caller: UserId,
  id: ConversationId | null,
  userIds: UserId[],
): Promise<UserId[]> {
  const { asksConsent, consent } = core.settings;
  if (!asksConsent || userIds.length === 0) return [];
  const asking = await findAskingFirst(core.db, caller, userIds, consent.whoMayAdd);
  if (asking.length === 0 || id === null) return asking;
  const members = new Set(await findMembersAmong(core.db, id, asking));
  return asking.filter((userId) => !members.has(userId));
}

type About = Pick<MessageRequest, "conversationId" | "fromId">;

/**
 * Tells the devices of a user that they are asked, or have answered. Best effort, and never rejects: clients
 * find the request in their list.
 */
export async function tellAsked(
  inboxes: Contacts,
  userId: UserId,
  { conversationId, fromId }: About,
): Promise<void> {
  try {
    await inboxes.pushEvent(userId, { event: { type: "message_request", conversationId, fromId } });
  } catch (error) {
    log("warn", "message_request_event_failed", errorFields(error));
  }
}

/** The same for several, after the answer. */
export function tellAllAsked(core: Core, userIds: UserId[], about: About): void {
  for (const userId of userIds.slice(0, MAX_TOLD)) core.waitUntil(tellAsked(core.inboxes, userId, about));
}

/** Opens the direct conversation of two who have become friends, for the one who has a request for it. */
export async function acceptOfFriends(core: Core, one: UserId, other: UserId): Promise<void> {
  for (const request of await findDirectRequests(core.db, one, other)) {
    await accept(core, request.userId, { ...request, group: null });
    tellAllAsked(core, [request.userId], request);
  }
}

async function withUsers(core: Core, caller: UserId, requests: MessageRequest[]): Promise<RequestFrom[]> {
  const ids = [...new Set(requests.map(({ fromId }) => fromId))];
  const users = await findUsersWithRelation(core.db, ids, caller);
  const byId = new Map(users.map((user) => [user.id, user]));
  return requests.flatMap((request) => {
    const from = byId.get(request.fromId);
    return from ? [{ ...request, from }] : [];
  });
}

import { type Context, Hono } from "hono";
import { z } from "zod";
import { mentionedUsers } from "../../core/accounts/profile-lookup.ts";
import { openDeviceSocket, openRoomSocket } from "../../core/sockets.ts";
import { attempt, CoreError, type Failure } from "../../domain/errors.ts";
import { ConversationId, Position, type UserId } from "../../domain/ids.ts";
import type { Message } from "../../domain/messages/message.ts";
import type { Settings } from "../../domain/settings.ts";
import { type EncodedMessage, EncodedPart } from "../../domain/sync/encoded-message.ts";
import type { EncodingContext } from "../../domain/sync/message-context.ts";
import {
  type DeviceCommand,
  type DeviceEvent,
  type DeviceProtocol,
  KICKED,
} from "../../domain/sync/socket-protocol.ts";
import { identify } from "../../http/access/identify.ts";
import { isForeignPage, originRefused } from "../../http/access/origin.ts";
import { countCost } from "../../http/access/rate-limit.ts";
import { closeCodeOf, closedSocket, isUpgrade, requireSocket } from "../../http/access/upgrade.ts";
import type { AppEnv } from "../../http/env.ts";
import { checked } from "../../http/fields.ts";
import { parseJson, requireSound } from "../../http/json.ts";
import type { WireConversation } from "./context.ts";
import { frameFailure } from "./errors.ts";
import { eventFrame } from "./events.ts";
import { groupID, wireGroupID } from "./ids.ts";
import { placeOf, serializeMessage } from "./messages/message.ts";
import { serializeReaction, wireReactionID } from "./messages/reactions.ts";
import { withGroup } from "./use-cases/groups.ts";

/** The most conversations of a `sync` frame. */
const MAX_POINTS = 100;

/** A conversation by its number: what frames of the server have as `conversation`. */
const conversation = ConversationId;

/** Where a client stands in a conversation. */
const SyncPoint = z.object({
  conversation,
  /** the `sequence` of the last message that it has */
  sequence: Position,
  /** the `revision` of the last change that it has; absent: it wants no changes of older messages */
  revision: z.int().nonnegative().optional(),
});

/** A frame of a client. */
const ClientFrame = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("sync"),
    items: z
      .array(SyncPoint)
      .max(MAX_POINTS)
      .refine(
        (items) => new Set(items.map((item) => item.conversation)).size === items.length,
        "name each conversation once",
      ),
  }),
  z.object({ type: z.literal("typing"), conversation }),
  /** a newer token of the same user, with which the socket goes on */
  z.object({ type: z.literal("auth"), token: z.string().min(1) }),
]);

/** The name of this wire format of device sockets. */
const TIM_PROTOCOL = "tim";

/**
 * This API's frames of device sockets. Their messages are those of `getMessageList`. Frames name a
 * conversation by its number, which each message has beside it, too.
 */
export function timProtocol(settings: Pick<Settings, "maxGroupMembers">): DeviceProtocol {
  return {
    name: TIM_PROTOCOL,
    decode: (frame) => attempt(() => toCommand(frame)),
    event: (event, people) => {
      const frame = eventFrame(event, people, settings);
      return frame && JSON.stringify(frame);
    },
    names: namedIn,
    lost: JSON.stringify({ type: "reload" }),
    encode: sharedPart,
    forReader: partFor,
    messages: (parts) => `{"type":"messages","items":[${parts.join(",")}]}`,
    changed: (id, revision, parts) =>
      `{"type":"changed","conversation":${id},"revision":${revision},"items":[${parts.join(",")}]}`,
    refused: (failure: Failure, { conversationId } = {}) =>
      JSON.stringify({ type: "error", ...frameFailure(failure), conversation: conversationId }),
    acks: null,
    supportsResume: true,
    survivesTokenExpiry: false,
    toleratesInvalidFrames: false,
  };
}

/**
 * A frame as a command.
 * @throws `validation_failed`
 */
function toCommand(text: string): DeviceCommand {
  const value = parseJson(text, "frame");
  requireSound(value, "frame");
  const frame = checked(ClientFrame, value);
  switch (frame.type) {
    case "typing":
      return { type: "typing", conversationId: frame.conversation };
    case "auth":
      return frame;
    case "sync": {
      const items = frame.items.map(({ conversation: conversationId, sequence: after, revision: rev }) => {
        return { conversationId, after, rev };
      });
      return { type: "sync", items };
    }
  }
}

/** The users whom a frame names. */
function namedIn(event: DeviceEvent, reader: UserId): UserId[] {
  switch (event.type) {
    case "presence":
    case "friend":
      return [event.userId];
    case "member":
      return event.userIds;
    case "online_message":
      return [reader];
    case "notification":
      return [reader, event.notification.actorId];
    case "conversation": {
      const { lastMessage, mentioned } = event.conversation;
      const named = lastMessage ? mentionedUsers(lastMessage) : [];
      return [reader, ...named, ...mentioned.map(({ senderId }) => senderId)];
    }
    default:
      return [];
  }
}

/** What the shared text of a message begins with, in a line of its own: what its readers see differently. */
const Head = z.object({
  conversation: ConversationId,
  rev: z.int(),
  isTip: z.boolean(),
  /** it counts as unread for nobody */
  silent: z.literal(true).optional(),
  /** what all see alike of its reactions; absent: it never had any */
  reactions: z.array(z.looseObject({ reactionID: z.string() })).optional(),
  /** of a group: its id and name */
  group: z.string().optional(),
  /** of a direct conversation: the usernames of both users, by their ids */
  users: z.record(z.string(), z.string()).optional(),
});

/** Of which group the socket is; absent: of all that concerns the caller. */
const SocketQuery = z.object({ groupID: groupID.optional() });

const NOTHING_READ = Position.parse(0);

/** What all users get of a message: its head, then the fields that are the same for all. */
function sharedPart(
  message: Message,
  { kind, handle, spaceId, name, users, profileOf }: EncodingContext,
): EncodedPart {
  const { conversationId: conversation, rev } = message;
  const isGroup = kind === "group";
  const groupID = wireGroupID(conversation, { handle, spaceId });
  const wireConversation: WireConversation = isGroup
    ? { kind, groupID, name }
    : { kind: "direct", peer: { username: "" }, peerReadSeq: NOTHING_READ };
  const context = { wireConversation, caller: message.sender, profiles: profileOf };
  // What differs by reader is added for each.
  const {
    conversationID: _,
    conversationType: __,
    to: ___,
    flow: ____,
    ...shared
  } = serializeMessage(message, context);
  const head: z.infer<typeof Head> = {
    ...{ conversation, rev, isTip: message.kind === "tip" },
    ...(message.silent && { silent: true }),
    ...(message.reactions && {
      reactions: message.reactions.map((reaction) => serializeReaction(reaction, profileOf)),
    }),
    ...(isGroup
      ? { group: groupID }
      : { users: Object.fromEntries(users().map(({ id, username }) => [id, username])) }),
  };
  return EncodedPart.parse(`${JSON.stringify(head)}\n${JSON.stringify(shared)}`);
}

/**
 * The message as one user is shown it, with the number of its conversation and of its last change, and its
 * reactions.
 */
function partFor(text: EncodedPart, { senderId, own }: EncodedMessage, reader: UserId): EncodedPart {
  const end = text.indexOf("\n");
  const shared = Head.parse(JSON.parse(text.slice(0, end)));
  const { conversation, rev, isTip, silent, group, users = {} } = shared;
  const peer = Object.entries(users).find(([id]) => Number(id) !== reader)?.[1] ?? "";
  const wireConversation: WireConversation =
    group === undefined
      ? { kind: "direct", peer: { username: peer }, peerReadSeq: NOTHING_READ }
      : { kind: "group", groupID: group, name: "" };
  const caller = { id: reader, username: users[reader] ?? "" };
  const place = JSON.stringify(placeOf({ wireConversation, caller }, !isTip && senderId === reader));
  const message = `${place.slice(0, -1)},${text.slice(end + 2)}`;
  const head = `"conversation":${conversation},"revision":${rev}${silent ? ',"silent":true' : ""}`;
  const reactions = shared.reactions?.map((one) => ({
    ...one,
    reactedByMyself: own?.mine?.some((key) => wireReactionID(key) === one.reactionID) ?? false,
  }));
  const marks = reactions ? `"reactions":${JSON.stringify(reactions)},` : "";
  return EncodedPart.parse(`{${head},${marks}"message":${message}}`);
}

export const socket = new Hono<AppEnv>({ strict: false });

/**
 * The socket of the caller's events, or with `?groupID=` that of one group, for its viewers, too: v1's room
 * socket. The token is the header `token`, as everywhere, or `?token=`.
 */
socket.get("/tim/socket", async (c) => {
  const { core } = c.var;
  requireSocket(core.settings, c.req);
  const token = c.req.header("token") ?? c.req.query("token");
  const caller = await identify(c, token, "token: must be there, as a header or in the query");
  await countCost(c, caller.userId, "page");
  const subprotocol = undefined;
  const { groupID: group } = checked(SocketQuery, c.req.query());
  if (!group) return openDeviceSocket(core, { ...caller, protocol: TIM_PROTOCOL, subprotocol });
  const live = { after: undefined, rev: undefined, subprotocol };
  const wishes = { echoes: false, threads: false, ignoresChanges: false, takesParts: true };
  return withGroup(core, caller.userId, group, (conversationId) =>
    openRoomSocket(core, { ...caller, conversationId, ...live, ...wishes }),
  );
});

// A browser hides a refused upgrade from its page: the socket is accepted then, and closed with a code.
socket.onError((error, c) => {
  if (!(error instanceof CoreError) || !isUpgrade(c.req) || c.req.header("Origin") === undefined) throw error;
  return refusedSocket(c, error);
});

function refusedSocket(c: Context<AppEnv>, error: CoreError): Response {
  const refused = isForeignPage(c.var.core.settings, c.req.raw) ? originRefused(c.req.raw) : error;
  const { code, status, msg } = frameFailure(refused.toFailure());
  if (refused.code === "unauthenticated") {
    const reason = "invalid_token";
    return closedSocket({ code: KICKED, reason, frame: JSON.stringify({ type: "kicked", reason }) });
  }
  const frame = JSON.stringify({ type: "error", code, msg });
  return closedSocket({ code: closeCodeOf(status), reason: refused.code, frame });
}

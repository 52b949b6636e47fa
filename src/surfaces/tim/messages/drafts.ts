import { type Context, Hono } from "hono";
import type { Core } from "../../../core/context.ts";
import { atPath, CoreError, invalid } from "../../../domain/errors.ts";
import { fileUrl } from "../../../domain/files/file-origins.ts";
import { Position, type UserId } from "../../../domain/ids.ts";
import type { OnlineMessage } from "../../../domain/sync/online-message.ts";
import type { CallerEnv } from "../../../http/env.ts";
import { bodyFields, checked } from "../../../http/fields.ts";
import { isForm } from "../../../http/uploads/upload.ts";
import { readWithFile } from "../../../http/uploads/with-file.ts";
import { authenticated } from "../auth.ts";
import { BODY } from "../body.ts";
import type { WireConversation } from "../context.ts";
import { succeed } from "../envelope.ts";
import { refuse } from "../errors.ts";
import { wireGroupID, wireGroupName } from "../ids.ts";
import {
  type DraftView,
  findUnsentDraft,
  type NewContent,
  type NewDraft,
  type SentDraft,
  sendDraft,
} from "../use-cases/drafts.ts";
import { makeDraft } from "../use-cases/file-drafts.ts";
import { distinguishNotInGroup } from "../use-cases/groups.ts";
import { type Destination, destinationOf } from "../use-cases/recipients.ts";
import { readChange, readCreation, readOnce } from "./content.ts";
import { serializeMessage, serializeOnline, serializeUnsent } from "./message.ts";
import { FILE_PLACE, OnlineOption, Sending, wholeMessage } from "./new-message.ts";

export const drafts = new Hono<CallerEnv>({ strict: false });

/** 创建消息: all nine create…Message calls of the SDK. Stores a draft; nothing is delivered. */
drafts.post("/message/createMessage", authenticated, async (c) => {
  const { core, caller } = c.var;
  const input = readCreation(await readWithFile(c.req.raw, FILE_PLACE, core.timing.uploads));
  return succeed(c, serializeDraft(await makeDraft(core, caller.userId, input, fileUrl)));
});

/** 发送消息: sends a created message once. A repeat answers with the first message. */
drafts.post("/message/sendMessage", authenticated, send);

/** 重发消息: repeats a send that seemed to fail. It never makes a second message. */
drafts.post("/message/resendMessage", authenticated, send);

/**
 * Sends a created message, or one that comes whole, with an ID of the client's, and may come as a form with
 * its file. With `onlineUserOnly` nothing stores it.
 */
async function send(c: Context<CallerEnv>): Promise<Response> {
  const { core, caller } = c.var;
  if (isForm(c.req.raw)) {
    const call = await readWithFile(c.req.raw, FILE_PLACE, core.timing.uploads);
    const { id } = await makeDraft(core, caller.userId, readOnce(call), fileUrl);
    return sendKnown(c, { ID: id, conversationType: call.fields().conversationType });
  }
  const fields = await bodyFields(c.req.raw, BODY);
  const whole = wholeMessage(fields);
  if (whole && checked(OnlineOption, fields).onlineUserOnly) {
    const input = readOnce({ file: null, fields: () => whole });
    if (!("content" in input)) throw invalid("onlineUserOnly", "is not for files");
    const shown = await showOnline(core, caller.userId, input.newDraft, input.content);
    return succeed(c, serializeShownOnline(shown));
  }
  if (whole) {
    await makeDraft(core, caller.userId, readOnce({ file: null, fields: () => whole }), fileUrl);
    return sendKnown(c, { ID: whole.ID, conversationType: whole.conversationType });
  }
  return sendKnown(c, fields);
}

async function sendKnown(c: Context<CallerEnv>, fields: object): Promise<Response> {
  const { core, caller } = c.var;
  const { ID, message, supposed } = checked(Sending, fields);
  try {
    const sent = await sendDraft(core, caller.userId, ID, supposed, (draft) => readChange(message, draft));
    return succeed(c, serializeSent(sent));
  } catch (error) {
    const draft = isRefusal(error) ? await findUnsentDraft(core, caller.userId, ID).catch(() => null) : null;
    if (!draft || !isRefusal(error)) throw error;
    return refuse(c, error.toFailure(), { message: { ...serializeDraft(draft), status: "fail" } });
  }
}

/** Whether a message was not sent although its input is valid: it can be sent again as it is. */
function isRefusal(error: unknown): error is CoreError {
  return error instanceof CoreError && error.code !== "validation_failed" && error.code !== "internal";
}

const NOTHING_READ = Position.parse(0);

/** A draft as its creator sees it. */
function serializeDraft(draft: DraftView) {
  const { id, to, sender, profiles } = draft;
  const wireConversation: WireConversation =
    to.type === "direct"
      ? { kind: "direct", peer: { username: to.username }, peerReadSeq: NOTHING_READ }
      : { kind: "group", groupID: wireGroupName(to.group), name: "" };
  return serializeUnsent(id, draft, sender, { caller: sender, wireConversation, profiles });
}

/** A sent message as its sender sees it. */
function serializeSent({ message, destination, peerReadSeq, profiles }: SentDraft) {
  const { kind, conversationId, peerName } = destination;
  const wireConversation: WireConversation =
    kind === "direct"
      ? { kind, peer: { username: peerName }, peerReadSeq }
      : { kind, groupID: wireGroupID(conversationId, destination), name: "" };
  return { message: serializeMessage(message, { caller: message.sender, wireConversation, profiles }) };
}

/** A message that nothing stores, as its sender sees it. */
function serializeShownOnline({ message, destination }: Awaited<ReturnType<typeof showOnline>>) {
  return { message: serializeOnline(message, message.sender, true, destination.peerName) };
}

/** The kinds of messages that need not be stored. */
const KINDS = ["text", "custom", "face", "location"];

/**
 * Shows a message to those of its recipients who are online. Nothing stores it.
 * @throws as a send; `validation_failed` for a file, a forward, a mention, or an id that is not the caller's
 */
function showOnline(
  core: Core,
  caller: UserId,
  { id, to, mentions, customData }: NewDraft,
  content: NewContent,
): Promise<{ message: OnlineMessage; destination: Destination }> {
  return atPath(to.type, async () => {
    if (id === undefined || !("kind" in content) || !KINDS.includes(content.kind))
      throw invalid("onlineUserOnly", "is for texts, custom elements, faces and places that come whole");
    if (mentions.all || mentions.names.length > 0)
      throw invalid("onlineUserOnly", "is for messages that mention nobody");
    // Whose id it is, the conversation knows.
    const destination = await destinationOf(core, caller, to, async () => undefined);
    const { conversationId } = destination;
    const draft = { clientMsgId: id, ...content, customData };
    const message = await distinguishNotInGroup(core, caller, conversationId, () =>
      core.conversations.showOnline(conversationId, { userId: caller, draft }),
    );
    return { message, destination };
  });
}

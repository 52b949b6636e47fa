import type { Client } from "../client.ts";
import { EVENT, TYPES } from "../constants.ts";
import { ChatError, CODES, unsupported } from "../error.ts";
import { typingIn } from "../incoming/typing.ts";
import { isObject, objectIn, trusted } from "../json.ts";
import type { WireMessage } from "../state/wire.ts";
import type { Answer, Message, SendOptions } from "../types.ts";
import type { Attachments } from "./create.ts";
import { requireReady } from "./ready.ts";

/** The most messages of a page of the server. */
const PAGE = 15;

export interface PageQuery {
  conversationID: string;
  nextReqMessageID?: string;
}

export interface MessagePage {
  messageList: Message[];
  nextReqMessageID: string;
  isCompleted: boolean;
}

/** Sending, revoking, reading messages. */
export function messageMethods(client: Client, attachments: Attachments) {
  const { http, messages, conversations, positions } = client;

  const take = (wire: WireMessage): Message => {
    const number = client.note(wire);
    const { message } = messages.take(wire);
    if (number !== undefined && !conversations.received(message, client.me?.userID ?? "", false))
      client.lookUp(message.conversationID);
    return message;
  };

  const send = async (message: Message, options: SendOptions = {}): Promise<Answer<{ message: Message }>> => {
    requireReady(client);
    message.status = "unSend";
    try {
      await client.rooms.join(message.to);
      const { data } = await post(message, options);
      if (options.onlineUserOnly) {
        message.status = "success";
        return { code: 0, data: { message } };
      }
      const { message: wire }: { message: WireMessage } = trusted(JSON.stringify(data));
      const sent = take({ ...wire, clientID: message.ID });
      // Another object of the app may stand for the message: a copy that it has made.
      if (sent !== message) Object.assign(message, sent);
      attachments.delete(message);
      return { code: 0, data: { message } };
    } catch (error) {
      message.status = "fail";
      const { code, message: text } =
        error instanceof ChatError ? error : new ChatError(CODES.network, String(error));
      throw new ChatError(code, text, { message });
    }
  };

  const post = (message: Message, { onlineUserOnly = false }: SendOptions) => {
    const { ID, to, conversationType, type, payload, priority, cloudCustomData } = message;
    const quoted = quotedBy(message);
    const { file, onProgress, original } =
      attachments.get(message) ?? attachments.get(messages.find(ID) ?? message) ?? {};
    const quoteInfo = quoted !== undefined && { quoteInfo: { messageID: messages.serverID(quoted) } };
    const fields = { ID, to, conversationType, priority, cloudCustomData, ...quoteInfo };
    if (onlineUserOnly && (original || file)) throw unsupported("onlineUserOnly");
    if (original) {
      const forwarded = { message: messages.serverID(original) };
      return http.call("/message/sendMessage", { ...fields, payload: forwarded });
    }
    if (!file) {
      const { index, messageList } = payload;
      const wire = {
        ...payload,
        ...(index !== undefined && { index: String(index) }),
        // Merged messages are named: the server has them.
        ...(messageList && { messageList: messageList.map((one) => ({ ID: messages.serverID(one) })) }),
      };
      const option = onlineUserOnly && { onlineUserOnly };
      return http.call("/message/sendMessage", { ...fields, type, payload: wire, ...option });
    }
    const form = new FormData();
    for (const [name, value] of Object.entries({ ...fields, type }))
      form.append(name, isObject(value) ? JSON.stringify(value) : value);
    const { second, videoSecond } = payload;
    const duration = second ?? videoSecond;
    form.append("payload", JSON.stringify(duration ? { duration } : {}));
    form.append("file", file.blob, file.name);
    return http.form("/message/sendMessage", form, (part) => onProgress?.(part));
  };

  /** What says that somebody types is passed on; others the server passes on, and stores nothing. */
  const sendOnline = async (message: Message): Promise<Answer<{ message: Message }>> => {
    const isTyping = typingIn(message);
    if (isTyping === null) return send(message, { onlineUserOnly: true });
    if (isTyping) client.typing(message.conversationID);
    message.status = "success";
    return { code: 0, data: { message } };
  };

  return {
    sendMessage: (message: Message, options: SendOptions = {}): Promise<Answer<{ message: Message }>> =>
      options.onlineUserOnly ? sendOnline(message) : send(message),
    resendMessage: (message: Message): Promise<Answer<{ message: Message }>> => send(message),
    async revokeMessage(message: Message): Promise<Answer<{ message: Message }>> {
      requireReady(client);
      const body = { ID: messages.serverID(message) };
      const { message: wire } = await http.data<{ message: WireMessage }>("/message/revokeMessage", body);
      // The app is told of it here, or by the socket: what comes first.
      const isTold = messages.find(messages.localID(wire.ID))?.isRevoked;
      const revoked = messages.take(wire).message;
      const { revoker, revokerInfo } = revoked;
      if (revoked !== message) Object.assign(message, { isRevoked: true, revoker, revokerInfo });
      conversations.changed(revoked);
      if (!isTold) client.events.emit(EVENT.MESSAGE_REVOKED, [revoked]);
      return { code: 0, data: { message } };
    },
    async getMessageList({ conversationID, nextReqMessageID = "" }: PageQuery): Promise<Answer<MessagePage>> {
      requireReady(client);
      const messageList = client.rooms.messages(conversationID);
      if (messageList) return { code: 0, data: { messageList, nextReqMessageID: "", isCompleted: true } };
      const page = await http.call("/message/getMessageList", {
        ...{ conversationID, count: PAGE },
        ...(nextReqMessageID && { nextReqMessageID: messages.serverID(nextReqMessageID) }),
      });
      const items: { message: WireMessage }[] = trusted(JSON.stringify(page.data));
      const isSystem = conversationID === TYPES.CONV_SYSTEM;
      const listed = items.map(({ message: wire }) => {
        const number = client.note(wire);
        if (number !== undefined) positions.show(number, items.at(-1)?.message.sequence ?? 0);
        return isSystem ? client.takeNotice(wire) : messages.take(wire).message;
      });
      return {
        code: 0,
        data: {
          messageList: listed,
          nextReqMessageID: String(page.nextReqMessageID ?? ""),
          isCompleted: page.isCompleted === true,
        },
      };
    },
    async setMessageRead({ conversationID }: { conversationID: string }): Promise<Answer<object>> {
      requireReady(client);
      const sequence = conversations.lastSequence(conversationID);
      await http.call("/message/setMessageRead", { conversationID });
      if (conversationID === TYPES.CONV_SYSTEM) conversations.setUnread(conversationID, 0);
      else conversations.read(conversationID, sequence, { count: 0, asOf: sequence });
      return { code: 0, data: {} };
    },
    findMessage: (ID: string): Message | null => messages.find(ID) ?? null,
    /** What a message says of an invitation; null: it is none. */
    getSignalingInfo(message: Message): object | null {
      const info = message.type === TYPES.MSG_CUSTOM ? objectIn(message.payload.data) : undefined;
      return info?.inviteID === undefined || info.actionType === undefined ? null : info;
    },
  };
}

/** The ID of what a message quotes: by the SDK, or in the custom data, as the UI kits for Vue do. */
function quotedBy({ quoteInfo, cloudCustomData }: Message): string | undefined {
  const reply = objectIn(cloudCustomData)?.messageReply;
  const ID = quoteInfo?.msgID ?? (isObject(reply) ? reply.messageID : undefined);
  return typeof ID === "string" ? ID : undefined;
}

import type { ConversationId, Seq, UserId } from "../ids.ts";
import { type Kind, previewText } from "../messages/content.ts";
import type { Message } from "../messages/message.ts";
import type { ConversationContext } from "../sync/message-context.ts";
import type { PushContent } from "./device.ts";

/**
 * What a push is for.
 * - `message`, `mention`: a message that the device has not been pushed yet.
 * - `edit`: the message that the device shows has another text.
 * - `clear`: what the device shows of the conversation was read, revoked, or is out of sight.
 */
export type PushPurpose = "message" | "mention" | "edit" | "clear";

/** What a device is sent. The names are those of the wire. */
export interface PushPayload {
  kind: PushPurpose;
  /** who is told: an app may have several accounts, and a browser another one by now */
  user_id: UserId;
  conversation_id: ConversationId;
  /** of the message; of a `clear` the one that was shown */
  seq: Seq;
  /** `""` of a `clear` */
  title: string;
  text: string;
  /** all that calls for the user, in all conversations */
  badge: number;
}

/** The message of a push, and where it is. */
export interface PushedMessage {
  message: Message;
  context: Pick<ConversationContext, "kind" | "name">;
}

type Texts = Record<Exclude<Kind, "text" | "tip"> | "message", string>;

const ENGLISH: Texts = {
  message: "New message",
  image: "Picture",
  audio: "Voice message",
  video: "Video",
  file: "File",
  location: "Location",
  face: "Sticker",
  custom: "New message",
  merged: "Forwarded messages",
};

const CHINESE: Texts = {
  message: "新消息",
  image: "[图片]",
  audio: "[语音]",
  video: "[视频]",
  file: "[文件]",
  location: "[位置]",
  face: "[表情]",
  custom: "新消息",
  merged: "[聊天记录]",
};

/** The title and the text of a push. In a group the title is the group, and the text names the sender. */
export function pushTexts(
  { message, context }: PushedMessage,
  content: PushContent,
  language: string | null,
): Pick<PushPayload, "title" | "text"> {
  const texts = language !== null && /^zh\b/i.test(language) ? CHINESE : ENGLISH;
  if (content === "none") return { title: texts.message, text: "" };
  const { sender } = message;
  const name = message.nameCard || sender.nickname || sender.username;
  const said = content === "sender" ? texts.message : textOf(message, texts);
  if (context.kind === "direct" || context.name === "") return { title: name, text: said };
  return { title: context.name, text: `${name}: ${said}` };
}

function textOf({ kind, body, poll }: Message, texts: Texts): string {
  const said = previewText(kind, body, poll !== undefined);
  if (kind === "text" || kind === "tip") return said || texts.message;
  return said === "" ? texts[kind] : `${texts[kind]}: ${said}`;
}

import { z } from "zod";
import { type Kind, readTip } from "../../../domain/messages/content.ts";
import type { Message } from "../../../domain/messages/message.ts";
import { seconds } from "../context.ts";

/** The text of a message in a list, for kinds other than text, as in the SDK. */
export const SUMMARIES: Record<Exclude<Kind, "text">, string> = {
  image: "[图片]",
  audio: "[语音]",
  video: "[视频]",
  file: "[文件]",
  location: "[地理位置]",
  face: "[表情]",
  custom: "[自定义消息]",
  merged: "[聊天记录]",
  tip: "[群提示消息]",
};

const Text = z.object({ text: z.string() });

/** The text of a message in a list; empty if it is revoked. */
export function messageForShow({ kind, body, revoked }: Pick<Message, "kind" | "body" | "revoked">): string {
  if (revoked) return "";
  if (kind === "text") return Text.parse(JSON.parse(body)).text;
  const tip = kind === "tip" ? readTip(body) : undefined;
  return tip && "notice" in tip ? tip.notice.text : SUMMARIES[kind];
}

/**
 * The last message in a group's profile; null: there is none that the caller may see, and the fields are
 * empty.
 */
export function serializeLast(message: Message | null) {
  if (!message) return { lastTime: 0, lastSequence: 0, fromAccount: "", messageForShow: "" };
  return {
    lastTime: seconds(message.createdAt),
    lastSequence: message.seq,
    fromAccount: message.sender.username,
    messageForShow: messageForShow(message),
  };
}

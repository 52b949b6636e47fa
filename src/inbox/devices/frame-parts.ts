import type { EncodedMessage, EncodedPart } from "../../domain/sync/encoded-message.ts";
import type { MessageContext } from "../../domain/sync/message-context.ts";
import type { MessageChange } from "../../domain/sync/replay.ts";
import type { ChangedPart } from "../../object/frames.ts";
import type { DeviceSocket } from "./device-socket.ts";

/** What a socket is shown, and how: its reader, its wire format, and whether it shows thread-only replies. */
export type DeviceView = Pick<DeviceSocket, "protocol" | "showsThreads" | "userId">;

/**
 * The parts of frames for messages that their conversation has encoded.
 * @param context for wire formats that complete the text; without it they show nothing
 */
export function messageParts(
  messages: EncodedMessage[],
  view: DeviceView,
  context?: MessageContext,
): EncodedPart[] {
  const parts: EncodedPart[] = [];
  for (const message of messages) {
    const part = partOf(message, view, context);
    if (part !== null) parts.push(part);
  }
  return parts;
}

/** The same for changed messages, each with the number of its last change. */
export function changedParts(
  messages: EncodedMessage[],
  view: DeviceView,
  context?: MessageContext,
): ChangedPart[] {
  return messages.flatMap((message) => {
    const part = partOf(message, view, context);
    return part === null ? [] : [{ rev: message.rev, part }];
  });
}

/** The revokes and hides that a socket is told of. */
export function shownChanges<Change extends Pick<MessageChange, "isThreadOnly">>(
  changes: Change[],
  { showsThreads }: Pick<DeviceView, "showsThreads">,
): Change[] {
  return showsThreads ? changes : changes.filter(({ isThreadOnly }) => !isThreadOnly);
}

function partOf(
  message: EncodedMessage,
  { protocol, showsThreads, userId }: DeviceView,
  context: MessageContext | undefined,
): EncodedPart | null {
  const shared = message.texts[protocol.name];
  if (shared === undefined || (message.isThreadOnly && !showsThreads)) return null;
  const own = message.own && protocol.withOwn ? protocol.withOwn(shared, message.own) : shared;
  const text = protocol.forReader ? protocol.forReader(own, message, userId) : own;
  if (!protocol.complete) return text;
  return context ? protocol.complete(text, message, context) : null;
}

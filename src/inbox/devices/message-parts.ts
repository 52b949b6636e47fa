import type { EncodedMessage, EncodedPart } from "../../domain/sync/encoded-message.ts";
import type { MessageContext } from "../../domain/sync/message-context.ts";
import type { DeviceProtocol } from "../../domain/sync/socket-protocol.ts";
import type { ChangedPart } from "../../object/frames.ts";

/**
 * The parts of frames for messages that their conversation has encoded.
 * @param context for wire formats that complete the text; without it they show nothing
 */
export function messageParts(
  messages: EncodedMessage[],
  protocol: DeviceProtocol,
  context?: MessageContext,
): EncodedPart[] {
  return messages.flatMap((message) => partOf(message, protocol, context) ?? []);
}

/** The same for changed messages, each with the number of its last change. */
export function changedParts(
  messages: EncodedMessage[],
  protocol: DeviceProtocol,
  context?: MessageContext,
): ChangedPart[] {
  return messages.flatMap((message) => {
    const part = partOf(message, protocol, context);
    return part === null ? [] : [{ rev: message.rev ?? 0, part }];
  });
}

function partOf(
  message: EncodedMessage,
  protocol: DeviceProtocol,
  context: MessageContext | undefined,
): EncodedPart | null {
  const text = message.texts[protocol.name];
  if (text === undefined) return null;
  if (!protocol.complete) return text;
  return context ? protocol.complete(text, message, context) : null;
}

import type { EncodedMessage, EncodedPart } from "../../domain/sync/encoded-message.ts";
import type { MessageContext } from "../../domain/sync/message-context.ts";
import type { DeviceProtocol } from "../../domain/sync/socket-protocol.ts";

/**
 * The parts of frames for messages that their conversation has encoded.
 * @param context for wire formats that complete the text; without it they show nothing
 */
export function messageParts(
  messages: EncodedMessage[],
  protocol: DeviceProtocol,
  context?: MessageContext,
): EncodedPart[] {
  return messages.flatMap((message) => {
    const text = message.texts[protocol.name];
    if (text === undefined) return [];
    if (!protocol.complete) return text;
    return (context && protocol.complete(text, message, context)) ?? [];
  });
}

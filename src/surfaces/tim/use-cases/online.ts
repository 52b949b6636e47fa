import type { Core } from "../../../core/context.ts";
import { atPath, invalid } from "../../../domain/errors.ts";
import type { UserId } from "../../../domain/ids.ts";
import type { OnlineMessage } from "../../../domain/sync/online-message.ts";
import type { NewContent, NewDraft } from "./drafts.ts";
import { distinguishNotInGroup } from "./groups.ts";
import { type Destination, destinationOf } from "./recipients.ts";

/** The kinds of messages that need not be stored. */
const KINDS = ["text", "custom", "face", "location"];

/**
 * Shows a message to those of its recipients who are online. Nothing stores it.
 * @throws as a send; `validation_failed` for a file, a forward, a mention, or an id that is not the caller's
 */
export function showOnline(
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

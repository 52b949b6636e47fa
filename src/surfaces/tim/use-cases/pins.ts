import type { Core } from "../../../core/context.ts";
import type { GroupAddress } from "../../../domain/conversations/group-address.ts";
import { atPath, invalid } from "../../../domain/errors.ts";
import type { UserId } from "../../../domain/ids.ts";
import type { MessageReference } from "../../../domain/messages/message.ts";
import { withGroup } from "./groups.ts";
import { type ShownMessages, withProfiles } from "./messages/by-id.ts";

/** Pins a message of a group for all, or unpins it. @throws as `withGroup`, `forbidden`, `conflict` */
export function pinInGroup(
  core: Core,
  caller: UserId,
  group: GroupAddress,
  { conversationId, seq }: MessageReference,
  isPinned: boolean,
): Promise<void> {
  return withGroup(core, caller, group, async (id) => {
    if (id !== conversationId) {
      // Who is not in the group learns nothing else.
      await core.conversations.messagesInContext(id, { userId: caller, seqs: [] });
      throw invalid("message", "must be a message of this group");
    }
    const input = { userId: caller, seq };
    await atPath("group", () =>
      isPinned ? core.conversations.pin(id, input) : core.conversations.unpin(id, input),
    );
  });
}

/** The pinned messages of a group that the caller sees, the newest pin first. @throws as `withGroup` */
export function pinsOfGroup(core: Core, caller: UserId, group: GroupAddress): Promise<ShownMessages> {
  return withGroup(core, caller, group, async (id) => {
    const items = await core.conversations.pins(id, { userId: caller });
    const { context } = await core.conversations.messagesInContext(id, { userId: caller, seqs: [] });
    return withProfiles(core, { items, context });
  });
}

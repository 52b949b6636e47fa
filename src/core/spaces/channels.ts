import { CoreError, noConversation } from "../../domain/errors.ts";
import type { ConversationId, SpaceId, UserId } from "../../domain/ids.ts";
import { LIMITS } from "../../domain/limits.ts";
import type { StoredChannel } from "../../domain/spaces/channel.ts";
import { randomHex } from "../../lib/random.ts";
import { findChannels, insertChannel } from "../../storage/spaces/channels.ts";
import type { Core } from "../context.ts";
import { requireAllowed, requireOutOfShadow } from "../moderation/shown-texts.ts";
import { requireMayCreateGroups } from "../policies.ts";
import { counted } from "../quotas.ts";
import { newChannel } from "./new-channel.ts";
import { getSpace, requirePermission } from "./spaces.ts";
import { tellOnlineMembers } from "./tell-devices.ts";

/** The channels of a space, in the order in which they were made. @throws `not_found` */
export async function listChannels(core: Core, caller: UserId, id: SpaceId): Promise<StoredChannel[]> {
  await getSpace(core, caller, id);
  return findChannels(core.db, id, caller);
}

/**
 * Adds a channel to a space; its maker follows it.
 * @throws `not_found`, `forbidden`, `refused`, `quota`; `conflict` for one channel too many
 */
export async function createChannel(
  core: Core,
  caller: UserId,
  id: SpaceId,
  { name, topic }: { name: string; topic?: string | undefined },
): Promise<StoredChannel> {
  await requirePermission(core, caller, id, "manage_channel", "make channels");
  requireMayCreateGroups(core);
  await requireOutOfShadow(core, caller);
  await requireAllowed(core, { group_name: name, group_text: [topic] });
  const channel = newChannel(caller, { name, topic });
  const made = await counted(core, caller, { groups: [randomHex()] }, async () => {
    const inserted = await insertChannel(core.db, id, channel, LIMITS.channels);
    if (inserted !== null) return inserted;
    await getSpace(core, caller, id);
    throw new CoreError("conflict", `A space has at most ${LIMITS.channels} channels.`);
  });
  await core.conversations.init(made, { userId: caller });
  tellOnlineMembers(core, id);
  const { introduction, createdAt } = channel;
  return { id: made, name, topic: introduction, createdAt, isFollowed: true };
}

/**
 * Has a channel in the caller's list, or has it there no more.
 * @throws `not_found` for who may not read it, and where it is no channel; `conflict` for who owns it
 */
export async function followChannel(
  core: Core,
  caller: UserId,
  id: ConversationId,
  follows: boolean,
): Promise<void> {
  await (follows
    ? core.conversations.follow(id, { userId: caller })
    : core.conversations.unfollow(id, { userId: caller }));
}

/** Has who comes into a space follow its first channel, unless that is over. @returns the channel */
export async function followFirst(core: Core, caller: UserId, id: SpaceId): Promise<ConversationId | null> {
  const [first] = await findChannels(core.db, id, caller);
  if (!first) return null;
  await followChannel(core, caller, first.id, true).catch((error: unknown) => {
    if (!(error instanceof CoreError) || error.code !== noConversation().code) throw error;
  });
  return first.id;
}

import type { ConversationId, SpaceId } from "../../domain/ids.ts";
import { errorFields, log } from "../../lib/logger.ts";
import { listLeases } from "../../storage/spaces/members.ts";
import type { Core } from "../context.ts";

/** Channels that are told at once. */
const AT_ONCE = 50;

/**
 * Has the channels read a change of their space, which is stored: those that rely on what they have read, and
 * those that one concerns. Resolves once no channel uses a right of before.
 * @throws `unavailable` if one that it concerns was not told
 */
export async function tellChannels(
  core: Core,
  id: SpaceId,
  concerned: readonly ConversationId[],
): Promise<void> {
  const leases = await listLeases(core.db, id, Date.now());
  const others = leases.filter(({ conversationId }) => !concerned.includes(conversationId));
  const waits = others.map(async ({ conversationId, until }) => {
    try {
      await core.conversations.spaceChanged(conversationId, {});
    } catch (error) {
      log("warn", "channel_not_told", { conversation: conversationId, ...errorFields(error) });
      // From then on it reads what has changed before it does anything.
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, until - Date.now())));
    }
  });
  await Promise.all([...waits, tellAll(core, concerned)]);
}

/** Has channels read what has become of their space. @throws `unavailable` if one was not told */
export async function tellAll(core: Core, channels: readonly ConversationId[]): Promise<void> {
  for (let i = 0; i < channels.length; i += AT_ONCE)
    await Promise.all(channels.slice(i, i + AT_ONCE).map((id) => core.conversations.spaceChanged(id, {})));
}

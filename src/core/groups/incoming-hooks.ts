import {
  type IncomingHook,
  type IncomingHookWithSecret,
  noIncomingHook,
  readIncomingHookId,
} from "../../domain/conversations/incoming-hook.ts";
import { isNotFound } from "../../domain/errors.ts";
import type { HttpUrl } from "../../domain/http-url.ts";
import type { ConversationId, IncomingHookId, Seq, UserId } from "../../domain/ids.ts";
import type { Message } from "../../domain/messages/message.ts";
import type { HookPost } from "../../domain/server/hook-post.ts";
import type { Core } from "../context.ts";
import { requireAllowed } from "../moderation/shown-texts.ts";

/**
 * Makes an incoming hook of a group: a URL to which another service posts messages.
 * @param shown the name and the avatar of its messages
 * @throws `not_found`, `forbidden`; `conflict` for too many; `refused` for a name that rules refuse
 */
export async function createIncomingHook(
  core: Core,
  caller: UserId,
  id: ConversationId,
  shown: { name: string; avatar: "" | HttpUrl },
): Promise<IncomingHookWithSecret> {
  await requireAllowed(core, { hook_name: shown.name }, id);
  const made = await core.conversations.createIncomingHook(id, { userId: caller, ...shown });
  core.securityLog.record("incoming_hook_created", { user: null, by: caller, conversation: id });
  return made;
}

/** The incoming hooks of a group, oldest first, without their secrets. @throws `not_found`, `forbidden` */
export function listIncomingHooks(core: Core, caller: UserId, id: ConversationId): Promise<IncomingHook[]> {
  return core.conversations.incomingHooks(id, { userId: caller });
}

/**
 * Replaces the secret of a hook: what is posted to its former URL is refused at once.
 * @throws `not_found`, also without such a hook; `forbidden`
 */
export async function rotateIncomingHook(
  core: Core,
  caller: UserId,
  id: ConversationId,
  hook: string,
): Promise<IncomingHookWithSecret> {
  const rotated = await core.conversations.rotateIncomingHook(id, { userId: caller, hook });
  core.securityLog.record("incoming_hook_rotated", { user: null, by: caller, conversation: id });
  return rotated;
}

/** Deletes a hook; without one nothing changes. Its messages stay. @throws `not_found`, `forbidden` */
export async function deleteIncomingHook(
  core: Core,
  caller: UserId,
  id: ConversationId,
  hook: string,
): Promise<void> {
  const wasThere = await core.conversations.deleteIncomingHook(id, { userId: caller, hook });
  if (wasThere)
    core.securityLog.record("incoming_hook_deleted", { user: null, by: caller, conversation: id });
}

/** Both parts of a hook's URL. */
interface HookUrl {
  hook: string;
  secret: string;
}

/** A hook, as its messages show it, and who answers for it. */
export interface ShownHook {
  id: IncomingHookId;
  name: string;
  avatar: "" | HttpUrl;
  createdBy: UserId;
}

/**
 * The hook of a URL, and its group: before anything of a post is read.
 * @throws `not_found`, the same for every URL that no hook has
 */
export function requireHook(
  core: Core,
  url: HookUrl,
): Promise<ShownHook & { conversationId: ConversationId }> {
  return ofHook(url, async (id) => ({
    ...(await core.conversations.requireHook(id, url)),
    conversationId: id,
  }));
}

/**
 * Stores a message that another service posts to a hook, and a further one for each further file.
 * @returns them, `isRepeated` if the key was known already
 * @throws `not_found`, the same for every URL that no hook has, and for a thread that is not there;
 *   `rate_limited` over 300 at once and 5 a second; `full`; `refused`; `validation_failed` for a root
 *   of no thread
 */
export function postToHook(
  core: Core,
  url: HookUrl,
  post: HookPost,
): Promise<{ message: Message; further: Message[]; isRepeated: boolean }> {
  return ofHook(url, (id) => core.conversations.postToHook(id, { ...url, post }));
}

/**
 * A message that a hook has brought.
 * @throws `not_found`, also for messages of anybody else; `forbidden` while the hook waits for an admin;
 *   `rate_limited` as a post
 */
export function readHookMessage(core: Core, url: HookUrl, seq: Seq): Promise<Message> {
  return ofHook(url, (id) => core.conversations.hookMessage(id, { ...url, seq }));
}

/**
 * Gives a message that a hook has brought another text, or its file another caption.
 * @throws as `readHookMessage`; `refused`, `too_late`, `full`
 */
export function editHookMessage(core: Core, url: HookUrl, seq: Seq, text: string): Promise<Message> {
  return ofHook(url, (id) => core.conversations.editHookMessage(id, { ...url, seq, text }));
}

/** Revokes a message that a hook has brought. @throws as `readHookMessage`, also for a revoked one */
export function revokeHookMessage(core: Core, url: HookUrl, seq: Seq): Promise<void> {
  return ofHook(url, (id) => core.conversations.revokeHookMessage(id, { ...url, seq }));
}

/** Calls the group that a URL names. */
async function ofHook<T>({ hook }: HookUrl, call: (id: ConversationId) => Promise<T>): Promise<T> {
  const named = readIncomingHookId(hook);
  if (!named) throw noIncomingHook();
  try {
    return await call(named.id);
  } catch (error) {
    // Nobody learns which conversations there are.
    throw isNotFound(error) && error.data?.missing === "conversation" ? noIncomingHook() : error;
  }
}

import { WEIGHTS, weightOfBytes } from "../../object/user-budgets.ts";
import type { NewIncomingHook } from "../incoming-hooks/hook-management.ts";
import type { HookEdit, HookUrl, OnHookMessage, PostToHook } from "../incoming-hooks/hook-posts.ts";
import { type Caller, once, repeatable, repeatableIf } from "./call.ts";

const { light, page } = WEIGHTS;

/** The calls that concern the incoming hooks of a group. */
export const INCOMING_HOOKS = {
  /** Makes a hook. A second try would make another one. @see HookManagement.create */
  createIncomingHook: once(light, ({ room }, { userId, ...hook }: Caller & NewIncomingHook) =>
    room.hookManagement.create(userId, hook),
  ),

  /** All hooks. @see HookManagement.list */
  incomingHooks: repeatable(light, ({ room }, { userId }: Caller) => room.hookManagement.list(userId)),

  /** Replaces the secret of a hook. A second try would replace it once more. @see HookManagement.rotate */
  rotateIncomingHook: once(light, ({ room }, { userId, hook }: Caller & { hook: string }) =>
    room.hookManagement.rotate(userId, hook),
  ),

  /** Deletes a hook. @returns whether there was one @see HookManagement.delete */
  deleteIncomingHook: repeatable(light, ({ room }, { userId, hook }: Caller & { hook: string }) =>
    room.hookManagement.delete(userId, hook),
  ),

  /** The hook of a URL, as it shows itself, and who answers for it. @see HookPosts.require */
  requireHook: repeatable(light, ({ room }, url: HookUrl) => {
    const { id, name, avatar, createdBy } = room.hookPosts.require(url);
    return { id, name, avatar, createdBy };
  }),

  /**
   * Stores a message by a hook, with further ones for further files. The hook has a rate of its own.
   * @see HookPosts.post
   */
  postToHook: repeatableIf(
    // Without a key a repeated post would be stored twice.
    ({ post }: PostToHook) => post.key !== undefined,
    ({ post: { text, files = [] } }: PostToHook) =>
      light * Math.max(1, files.length) + weightOfBytes(text.length),
    ({ room }, input: PostToHook) => room.hookPosts.post(input),
  ),

  /** A message that a hook has brought. @see HookPosts.read */
  hookMessage: repeatable(light, ({ room }, input: OnHookMessage) => room.hookPosts.read(input)),

  /** Edits such a message. @see HookPosts.edit */
  editHookMessage: repeatable(
    // As `editMessage`.
    ({ text }: HookEdit) => page + weightOfBytes(text.length),
    ({ room }, input: HookEdit) => {
      room.space.require();
      return room.hookPosts.edit(input);
    },
  ),

  /** Revokes such a message. A second try would find it revoked already. @see HookPosts.revoke */
  revokeHookMessage: once(light, ({ room }, input: OnHookMessage) => room.hookPosts.revoke(input)),
};

import { WEIGHTS, weightOfBytes } from "../../object/user-budgets.ts";
import type { NewIncomingHook } from "../incoming-hooks/hook-management.ts";
import type { HookUrl, PostToHook } from "../incoming-hooks/hook-posts.ts";
import { type Caller, once, repeatable, repeatableIf } from "./call.ts";

const { light } = WEIGHTS;

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

  /** Refuses a URL that no hook has. @see HookPosts.require */
  requireHook: repeatable(light, ({ room }, url: HookUrl) => {
    room.hookPosts.require(url);
  }),

  /** Stores a message by a hook. The hook has a rate of its own. @see HookPosts.post */
  postToHook: repeatableIf(
    // Without a key a repeated post would be stored twice.
    ({ post }: PostToHook) => post.key !== undefined,
    ({ post }: PostToHook) => light + weightOfBytes(post.text.length),
    ({ room }, input: PostToHook) => room.hookPosts.post(input),
  ),
};

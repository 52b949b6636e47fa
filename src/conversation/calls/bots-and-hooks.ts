import { LIMITS } from "../../domain/limits.ts";
import { effect } from "../../object/calls/object-call.ts";
import { WEIGHTS, weightOfBytes } from "../../object/user-budgets.ts";
import type { PassingDraft } from "../bots/passing-messages.ts";
import type { StreamedText } from "../bots/shown-streams.ts";
import type { NewIncomingHook } from "../incoming-hooks/hook-management.ts";
import type { HookEdit, HookUrl, OnHookMessage, PostToHook } from "../incoming-hooks/hook-posts.ts";
import {
  type Caller,
  memberRead,
  type OnMessage,
  once,
  repeatable,
  repeatableIf,
  takingPart,
} from "./call.ts";

const { light, page } = WEIGHTS;

/** The calls that concern bots. */
export const BOTS = {
  /** The active members who are bots, some of them. */
  bots: memberRead(page, ({ members, profiles }) =>
    profiles
      .bots()
      .filter((id) => members.isActive(id))
      .slice(0, LIMITS.commandBots),
  ),

  /** A message of a bot for one member alone. Nothing is stored. @see PassingMessages.of */
  passingMessage: repeatable(
    ({ draft }: Caller & { draft: PassingDraft }) => light + weightOfBytes(draft.body.length),
    ({ room }, { userId, draft }: Caller & { draft: PassingDraft }) => room.passing.of(userId, draft),
  ),

  /** Shows what a bot is writing. @see ShownStreams.show */
  showStream: effect(
    repeatable(
      ({ text }: StreamedText) => light + weightOfBytes(text.length),
      ({ room }, input: StreamedText) => room.streams.show(input),
    ),
  ),

  /** The tap of a member on a button, which is to be told to its bot; hooks are told here. @see Taps.tap */
  tap: repeatable(
    light,
    takingPart(({ room }, input: OnMessage & { data: string }) => room.taps.tap(input)),
  ),
};

/** The calls that concern the incoming hooks of a group. */
export const INCOMING_HOOKS = {
  /** Makes a hook. A second try would make another one. @see HookManagement.create */
  createIncomingHook: once(
    light,
    takingPart(({ room }, { userId, ...hook }: Caller & NewIncomingHook) =>
      room.hookManagement.create(userId, hook),
    ),
  ),

  /** All hooks. @see HookManagement.list */
  incomingHooks: repeatable(
    light,
    takingPart(({ room }, { userId }: Caller) => room.hookManagement.list(userId)),
  ),

  /** Replaces the secret of a hook. A second try would replace it once more. @see HookManagement.rotate */
  rotateIncomingHook: once(
    light,
    takingPart(({ room }, { userId, hook }: Caller & { hook: string }) =>
      room.hookManagement.rotate(userId, hook),
    ),
  ),

  /** Deletes a hook. @returns whether there was one @see HookManagement.delete */
  deleteIncomingHook: repeatable(
    light,
    takingPart(({ room }, { userId, hook }: Caller & { hook: string }) =>
      room.hookManagement.delete(userId, hook),
    ),
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

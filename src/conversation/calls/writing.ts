import { atPath, noMessage } from "../../domain/errors.ts";
import type { MessageEdit } from "../../domain/messages/edit.ts";
import { type AnyDraft, type DraftReferences, usersMentioned } from "../../domain/messages/message.ts";
import type { ReactionKey } from "../../domain/messages/reactions.ts";
import { weightOf } from "../../object/backlog.ts";
import { whenLoaded } from "../../object/calls/not-loaded.ts";
import { effect } from "../../object/calls/object-call.ts";
import { WEIGHTS, weightOfBytes } from "../../object/user-budgets.ts";
import type { VoteInput } from "../polls/polls.ts";
import type { ReactionInput } from "../reactions/reactions.ts";
import {
  type Caller,
  growing,
  memberRead,
  type OnMessage,
  once,
  repeatable,
  repeatableIf,
  takingPart,
} from "./call.ts";

const { light, page } = WEIGHTS;

/** A part of a list of users: `limit` of them after an id. */
interface UserRange {
  after: number;
  limit: number;
}

/** A forward is read from another conversation, and may have many messages. */
export const weightOfDraft = (draft: AnyDraft) =>
  "copy" in draft ? page : light + weightOfBytes(weightOf(draft));

/** The calls that write messages, or change what is written. */
export const WRITING = {
  /**
   * Stores a message.
   * @param input `joins`: a viewer of an audience room becomes a member by it
   * @returns it, and whether its client message id was stored before
   * @see Sends.send
   */
  send: repeatableIf(
    // Without a client id a repeated send would be stored twice, and so would one of a device.
    ({ draft }: { draft: AnyDraft }) => draft.clientMsgId !== undefined,
    ({ draft }: { draft: AnyDraft }) => weightOfDraft(draft),
    ({ room }, { userId, draft, joins }: Caller & { draft: AnyDraft; joins?: boolean }) =>
      room.sends.send(userId, draft, joins),
  ),

  /**
   * Checks a draft that is to be sent later: whether it could refer to what it refers to. Whether the caller
   * may write is a question of that moment.
   * @returns the message that the caller has sent with its client message id, also before they left; null:
   *   none
   * @throws `not_found` unless the caller is a member and sees what the draft refers to, `forbidden` for
   *   buttons of a person
   */
  checkDraft: repeatable(
    light,
    takingPart(async ({ room }, { userId, draft }: Caller & { draft: DraftReferences }) => {
      // Whom it names may have come into the space since it was read.
      await room.channel?.ready(usersMentioned(draft));
      return room.profiles.fresh(() => room.sends.check(userId, draft));
    }),
  ),

  /** Edits a message of the caller, or the custom data of any. Idempotent. @see Editing.edit */
  editMessage: repeatable(
    // A former version is stored, and the search index changes.
    ({ body = "", metadata = "", buttons = null, custom }: MessageEdit) =>
      page +
      weightOfBytes(
        body.length + metadata.length + JSON.stringify(buttons).length + (custom?.data.length ?? 0),
      ),
    takingPart(
      growing(({ room }, { userId, seq, ...edit }: OnMessage & MessageEdit) =>
        room.editing.edit(userId, seq, edit),
      ),
    ),
  ),

  /** Revokes a message for everybody. @see Redaction.revoke */
  revoke: effect(
    repeatable(
      light,
      takingPart(({ room }, { userId, seq }: OnMessage) => room.redaction.revoke(userId, seq)),
    ),
  ),

  /**
   * Revokes a message within a time in seconds. A second try would be refused as revoked already.
   * @returns the revoked message in context
   * @see Redaction.revoke
   */
  revokeWithin: once(
    light,
    takingPart(async ({ room }, { userId, seq, withinS }: OnMessage & { withinS: number }) => {
      // A body that is in an archive is loaded before: the error that asks for it would get a path.
      const revoke = () => whenLoaded(() => room.redaction.revoke(userId, seq, withinS));
      await atPath(room.state.profile.kind, revoke);
      // The caller may have been removed during the wait. The revoke is done, so they still get the answer.
      const member = room.members.known(userId);
      // The caller may have hidden the message.
      const row = room.log.get(seq);
      if (!row) throw noMessage(seq);
      return whenLoaded(() => room.snapshots.context([row], member));
    }),
  ),

  /** Hides a message from the caller. @see Redaction.hide */
  hide: effect(
    repeatable(
      light,
      takingPart(({ room }, { userId, seq }: OnMessage) => room.redaction.hide(userId, seq)),
    ),
  ),

  /** Pins a message for all members. @see Pinning.pin */
  pin: effect(
    repeatable(
      light,
      takingPart(growing(({ room }, { userId, seq }: OnMessage) => room.pinning.pin(userId, seq))),
    ),
  ),

  /** Unpins a message. @see Pinning.unpin */
  unpin: effect(
    repeatable(
      light,
      takingPart(({ room }, { userId, seq }: OnMessage) => room.pinning.unpin(userId, seq)),
    ),
  ),

  /** Adds a reaction to a message. @see Reactions.add */
  react: repeatable(
    light,
    takingPart(growing(({ room }, input: ReactionInput) => room.reactions.add(input))),
  ),

  /** Takes a reaction to a message back. @see Reactions.remove */
  unreact: repeatable(
    light,
    takingPart(({ room }, input: ReactionInput) => room.reactions.remove(input)),
  ),

  /** A page of the users who reacted to a message with a key. @see Reactions.page */
  reactors: memberRead(page, ({ reactions }, member, input: OnMessage & UserRange & { key: ReactionKey }) =>
    reactions.page(member, input.seq, input.key, input),
  ),

  /** Replaces the caller's votes in a poll. @see Polls.vote */
  vote: repeatable(light, takingPart(growing(({ room }, input: VoteInput) => room.polls.vote(input)))),

  /** Closes a poll. @see Polls.close */
  closePoll: repeatable(
    light,
    takingPart(({ room }, { userId, seq }: OnMessage) => room.polls.close(userId, seq)),
  ),

  /** A page of the users who voted for an option of a poll. @see Polls.voters */
  voters: memberRead(page, ({ polls }, member, input: OnMessage & UserRange & { option: number }) =>
    polls.voters(member, input.seq, input.option, input),
  ),
};

import type { Person } from "../../domain/accounts/person.ts";
import type { Profile } from "../../domain/conversations/conversation.ts";
import type { PortableMember, PortableMessage, PortableRead } from "../../domain/data/portable-message.ts";
import type { UserId } from "../../domain/ids.ts";
import { WEIGHTS } from "../../object/user-budgets.ts";
import type { ExportStart } from "../transfer/export.ts";
import { repeatable } from "./call.ts";

const { unweighed } = WEIGHTS;

/** The calls by which a conversation is exported and imported. Each is bounded, so that nobody waits long. */
export const TRANSFER = {
  /** The next part of the conversation. @see ConversationExport.page */
  exportPage: repeatable(unweighed, ({ room }, start: ExportStart) => room.exports.page(start)),

  /** Messages of one user, for the user. @see ConversationExport.own */
  ownMessages: repeatable(unweighed, ({ room }, { of, after }: { of: UserId; after: number }) =>
    room.exports.own(of, after),
  ),

  /** Stores messages of elsewhere. @see ConversationImport.messages */
  importMessages: repeatable(
    unweighed,
    ({ room }, { messages, people }: { messages: PortableMessage[]; people: Person[] }) => {
      room.space.require();
      return room.imports.messages(messages, people);
    },
  ),

  /**
   * Stores members of elsewhere, and writes them to D1 and to their lists.
   * @param input `isBefore`: their messages follow, so this ends memberships alone
   * @see MemberImport.members, MemberImport.leavings
   */
  importMembers: repeatable(
    unweighed,
    async (
      { room },
      { members, people, isBefore }: { members: PortableMember[]; people: Person[]; isBefore?: boolean },
    ) => {
      const { memberImports: imports } = room;
      await room.channel?.ready(members.map(({ userId }) => userId));
      const outcomes = isBefore ? imports.leavings(members) : imports.members(members, people);
      await room.propagate(members.map(({ userId }) => userId));
      return outcomes;
    },
  ),

  /** Moves read positions. @see MemberImport.reads */
  importReads: repeatable(unweighed, async ({ room }, { reads }: { reads: PortableRead[] }) => {
    const outcomes = room.memberImports.reads(reads);
    room.memberImports.publish();
    await room.updateInboxes(reads.map(({ userId }) => userId));
    return outcomes;
  }),

  /** Sets what the creation leaves out. @see MemberImport.profile */
  importProfile: repeatable(
    unweighed,
    async ({ room }, { change, dissolvedAt }: { change: Partial<Profile>; dissolvedAt: number | null }) => {
      const isChanged = room.memberImports.profile(change, dissolvedAt);
      if (isChanged) await room.propagate([]);
      return { isChanged };
    },
  ),
};

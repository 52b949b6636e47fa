import type { UserId } from "../../domain/ids.ts";
import type { ConversationUpdates } from "../delivery/conversation-updates.ts";
import type { Fanout } from "../delivery/fanout.ts";
import { openForMember, restoreToList } from "../members/deleted-for-me.ts";
import { UNOPENED } from "../members/member-row.ts";
import type { RoomContext } from "../room/context.ts";

/** What opening needs besides the room. */
interface OpeningDeps {
  fanout: Pick<Fanout, "changed" | "isDelivered" | "resume">;
  conversationUpdates: Pick<ConversationUpdates, "send">;
}

/** Members open a conversation: it comes into their lists. */
export class Opening {
  readonly #room: RoomContext;
  readonly #deps: OpeningDeps;

  constructor(room: RoomContext, deps: OpeningDeps) {
    this.#room = room;
    this.#deps = deps;
  }

  /**
   * Updates every inbox that lacks the newest state, 50 of them before this resolves.
   * @param first a member who opens the conversation: it returns to their list if they had deleted it for
   *   themselves
   * @param forBoth a direct conversation is opened for the other user too, except across a block.
   *   Otherwise the first message does that.
   */
  async open(first: UserId, forBoth = false): Promise<void> {
    const { state, members, outbox } = this.#room;
    const { fanout, conversationUpdates } = this.#deps;
    const openers = forBoth && !state.isBlocked ? members.ids() : [first];
    for (const id of openers) {
      const member = members.findSender(id);
      // A message request is the user's own to accept.
      if (!member || (id !== first && member.unopened !== UNOPENED)) continue;
      if (openForMember(members, member)) fanout.changed();
    }
    if (restoreToList(members, members.active(first))) fanout.changed();
    // A member whose inbox lacks the update may not know the conversation: their sockets get the whole of it.
    conversationUpdates.send(members.ids().filter((id) => !fanout.isDelivered(id)));
    fanout.resume();
    outbox.resume();
    await Promise.all([this.#room.updateInboxes([first, ...members.ids()]), outbox.tryNow()]);
  }
}

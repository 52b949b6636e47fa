import type { ConversationId } from "../../../domain/ids.ts";
import type { AnyDraft } from "../../../domain/messages/message.ts";
import type { Timing } from "../../../domain/timing.ts";
import { errorFields, log } from "../../../lib/logger.ts";
import { withDeadline } from "../../../object/calls/deadline.ts";
import { CLOSE } from "../../../object/hibernating-socket.ts";
import type { RelayedConversation } from "../../calls/relays.ts";
import type { RoomSocket } from "../../sockets/room-socket.ts";
import type { RelayedPlace } from "../relayed-socket.ts";

/** The frames that one call brings to the conversation. */
const MAX_SENDS = 64;

interface WaitingSend {
  socket: RoomSocket;
  place: RelayedPlace;
  drafts: AnyDraft[];
}

/**
 * Brings the conversation what the sockets of a relay send: one call at a time, in order, each with all that
 * waits. The sockets of a call that fails are closed: nobody knows what of it was stored, so their clients
 * reconnect and send again, with the same client message ids.
 */
export class RelaySends {
  readonly #id: ConversationId;
  readonly #conversations: Pick<RelayedConversation, "sendForRelay">;
  readonly #timing: Timing["relays"];
  readonly #waiting: WaitingSend[] = [];
  #isCalling = false;

  constructor(
    id: ConversationId,
    conversations: Pick<RelayedConversation, "sendForRelay">,
    timing: Timing["relays"],
  ) {
    this.#id = id;
    this.#conversations = conversations;
    this.#timing = timing;
  }

  add(send: WaitingSend): void {
    this.#waiting.push(send);
    if (!this.#isCalling) void this.#run();
  }

  async #run(): Promise<void> {
    this.#isCalling = true;
    while (this.#waiting.length > 0) {
      // What a session has sent that has ended meanwhile takes no effect.
      const sends = this.#waiting.splice(0, MAX_SENDS).filter(({ socket }) => !socket.isClosing);
      try {
        const taken = sends.map(({ place, drafts }) => ({ place, drafts }));
        const call = this.#conversations.sendForRelay(this.#id, { sends: taken });
        await withDeadline(call, this.#timing.callMs);
      } catch (error) {
        log("warn", "relay_sends_failed", { conversation: this.#id, ...errorFields(error) });
        for (const { socket } of sends) socket.close(CLOSE.fault);
      }
    }
    this.#isCalling = false;
  }
}

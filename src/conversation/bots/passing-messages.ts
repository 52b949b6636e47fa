import { newPassingId, type PassingMessage } from "../../domain/bots/passing.ts";
import { CoreError, noUser } from "../../domain/errors.ts";
import type { UserId } from "../../domain/ids.ts";
import type { Draft } from "../../domain/messages/message.ts";
import type { RoomContext } from "../room/context.ts";
import { refusedReference } from "../sending/draft-references.ts";
import type { SendingGate } from "../sending/sending-gate.ts";
import { checkDraftPermission } from "../sending/write-permission.ts";

/** A draft of a bot for one member. */
export interface PassingDraft extends Pick<Draft, "kind" | "body" | "quoteSeq" | "buttons"> {
  onlyFor: UserId;
}

/** Says which messages of bots may be shown to one member alone. Nothing is stored. */
export class PassingMessages {
  readonly #room: RoomContext;
  readonly #gate: Pick<SendingGate, "checkPassing">;
  readonly #permission: () => Promise<void>;

  /** @param permission waits while a change of the direct permission is under way */
  constructor(room: RoomContext, gate: Pick<SendingGate, "checkPassing">, permission: () => Promise<void>) {
    this.#room = room;
    this.#gate = gate;
    this.#permission = permission;
  }

  /**
   * A message of a bot for a member, with the checks of a send.
   * @returns null: nobody but the bot would see what it sends
   * @throws `not_found` unless both are members, and the bot sees what it quotes; `forbidden` for a sender
   *   who is no bot; `muted`, `blocked`, `refused`, `unavailable` as a send
   */
  async of(senderId: UserId, draft: PassingDraft): Promise<PassingMessage | null> {
    this.#admit(senderId, draft);
    await this.#permission();
    const { state, members, profiles, log } = this.#room;
    const { kind, quoteSeq, buttons, onlyFor } = draft;
    const { body, shadowed } = await this.#gate.checkPassing({
      ...{ conversationId: state.id, senderId, kind, body: draft.body, buttons, clientMsgId: undefined },
    });
    if (shadowed) return null;
    // Others may have left, or been muted, meanwhile.
    this.#admit(senderId, draft);
    const isQuoteShown = quoteSeq !== undefined && log.visible(quoteSeq, members.active(onlyFor));
    return {
      ...{ id: newPassingId(), conversationId: state.id, sender: profiles.get(senderId), kind, body },
      ...(isQuoteShown && { quoteSeq }),
      ...(buttons && { buttons }),
      createdAt: Date.now(),
    };
  }

  #admit(senderId: UserId, { kind, body, quoteSeq, onlyFor }: PassingDraft): void {
    const { members, profiles } = this.#room;
    this.#room.flushSends();
    const sender = members.active(senderId);
    if (!profiles.get(senderId).bot)
      throw new CoreError("forbidden", "Only a bot sends messages for one member alone.");
    const quoting = { clientMsgId: undefined, quoteSeq, mentions: [] };
    const refusal =
      checkDraftPermission(this.#room, sender, { kind, body, thread: undefined }) ??
      refusedReference(this.#room, sender, quoting);
    if (refusal) throw refusal;
    if (!members.isActive(onlyFor)) throw noUser(onlyFor);
  }
}

import { CoreError } from "../../domain/errors.ts";
import type { UserId } from "../../domain/ids.ts";
import type { AnyDraft, DraftReferences, Message } from "../../domain/messages/message.ts";
import { whenLoaded } from "../../object/calls/not-loaded.ts";
import { checkButtons } from "../bots/stored-buttons.ts";
import type { Fanout } from "../delivery/fanout.ts";
import type { RoomStores } from "../room/context.ts";
import { refusedReference } from "./draft-references.ts";
import type { PendingSend, SendOrigin, SendOutcome, StoredSend } from "./send.ts";
import type { SendAdmission } from "./send-admission.ts";
import type { SendQueue } from "./send-queue.ts";

/** What sends need besides the stores. */
interface SendsDeps {
  queue: Pick<SendQueue<SendOrigin>, "flush">;
  admission: Pick<SendAdmission, "admit">;
  fanout: Pick<Fanout, "deliverToSender">;
  /** tries once to write to D1 and to update the inboxes of these users */
  propagate(userIds: UserId[]): Promise<void>;
}

/** Takes the messages of members, from calls, room sockets and devices. */
export class Sends {
  readonly #stores: RoomStores;
  readonly #deps: SendsDeps;

  constructor(stores: RoomStores, deps: SendsDeps) {
    this.#stores = stores;
    this.#deps = deps;
  }

  /** Queues the sends of one frame or call. `origin` gets the outcome of each. */
  submit(senderId: UserId, drafts: AnyDraft[], origin: SendOrigin): void {
    this.submitEach(
      senderId,
      drafts.map((draft) => ({ draft, origin })),
    );
  }

  /** Queues the sends of one call, each with its origin; they have the order key of the first one. */
  submitEach(senderId: UserId, sends: readonly PendingSend[]): void {
    this.#stores.profiles.refreshInBackground();
    this.#deps.admission.admit(senderId, sends);
  }

  /**
   * Stores a message for a caller. The list of the sender shows it once this resolves.
   * @param joins a viewer of an audience room becomes a member by it
   * @returns the stored message, `isRepeated` if its client id was known already
   */
  async send(
    senderId: UserId,
    draft: AnyDraft,
    joins = false,
  ): Promise<{ message: Message; isRepeated: boolean }> {
    const { knownUsers, members, renderer } = this.#stores;
    const isArriving = (joins || this.#stores.readers !== null) && members.findSender(senderId) === null;
    const { row, isRepeated } = await this.store(senderId, draft, joins);
    // Only a forward can add known users, which D1 must have before the answer, as it must a new member.
    const isProjected = isArriving || ("copy" in draft && knownUsers.hasUnprojected);
    await (isProjected ? this.#deps.propagate([senderId]) : this.#deps.fanout.deliverToSender(senderId));
    const sender = members.find(senderId);
    if (!sender) throw new Error("the sender of a stored message has no member row");
    const [message] = await whenLoaded(() =>
      renderer.render([row], isRepeated ? renderer.senderAsReader(row, sender) : sender),
    );
    if (!message) throw new Error("one row makes one message");
    return { message, isRepeated };
  }

  /** Stores a message, of an incoming hook too. @returns its row, `isRepeated` as `send` */
  async store(senderId: UserId, draft: AnyDraft, joins = false): Promise<StoredSend> {
    const { result } = await new Promise<SendOutcome<SendOrigin>>((resolve) =>
      this.submit(senderId, [draft], { resolve, joins }),
    );
    if (!result.ok) throw new CoreError(result.code, result.detail, result.data);
    return result.value;
  }

  /** Checks a draft that is to be sent later, in the call `checkDraft`. */
  check(senderId: UserId, draft: DraftReferences): { sent: Message | null } {
    this.#deps.queue.flush();
    const { log, members, profiles, readers, renderer } = this.#stores;
    const { clientMsgId } = draft;
    const arrivals = { isNamed: (id: UserId) => readers?.has(id) ?? false };
    const row = clientMsgId === undefined ? undefined : log.byClientId(senderId, clientMsgId);
    const sender = row && members.find(senderId);
    if (sender) return { sent: renderer.render([row], renderer.senderAsReader(row, sender))[0] ?? null };
    const refusal =
      // Whom its roles reach is asked when it is sent.
      refusedReference({ ...this.#stores, arrivals }, members.active(senderId), {
        ...draft,
        roleMentions: undefined,
      }) ?? checkButtons(profiles, senderId, draft.buttons);
    if (refusal) throw refusal;
    return { sent: null };
  }
}

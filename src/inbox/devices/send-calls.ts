import { CoreError, type Result } from "../../domain/errors.ts";
import type { ConversationId } from "../../domain/ids.ts";
import type {
  Conversations,
  DeviceReceipt,
  DeviceSendRequest,
  DeviceSendResult,
} from "../../domain/ports.ts";
import type { DeliveredPosition } from "../../domain/sync/inbox-update.ts";
import { withDeadline } from "../../object/calls/deadline.ts";
import { frames } from "../../object/frames.ts";
import type { DeviceSocket } from "./device-socket.ts";
import type { DeviceUpdates, DeviceUpdatesDeps } from "./device-updates.ts";
import { messageParts } from "./frame-parts.ts";

/** What the calls need from the inbox. */
interface SendCallsDeps extends Omit<DeviceUpdatesDeps, "conversations" | "pageBudget"> {
  conversations: Pick<Conversations, "sendFromDevice">;
  updates: DeviceUpdates;
}

/** Sends of a socket to one conversation, and what becomes of them. */
export interface OwnSends {
  socket: DeviceSocket;
  conversationId: ConversationId;
  /**
   * Resolves to the drafts once their turn has come: sends that arrived meanwhile are among them.
   * `takesAnswer` as in `DeviceSendRequest`.
   */
  drafts(): Promise<Required<Pick<DeviceSendRequest, "drafts" | "takesAnswer">>>;
  /** Gets the outcome of each draft, in order, once the socket may be sent them. */
  settle(outcomes: Result<DeviceReceipt>[]): void;
}

/** Calls conversations with the sends of sockets, and takes what they answer. */
export class SendCalls {
  readonly #deps: SendCallsDeps;

  constructor(deps: SendCallsDeps) {
    this.#deps = deps;
  }

  /**
   * Passes sends on, in the turn of their conversation. The conversation answers the result or hands it over
   * within the call; either is taken, once.
   * @param remainingMs the time that is left once the drafts are there
   * @throws if the conversation does not answer in time
   */
  async pass(sends: OwnSends, remainingMs: () => number): Promise<void> {
    const { conversations, list, updates, userId } = this.#deps;
    const { socket, conversationId: id } = sends;
    const taking = await sends.drafts();
    // A conversation that the list lacks may be unopened for the user: a send opens it, and a subscription
    // would be refused. Its devices begin where the first update says.
    const shared = list.known(id) ? await updates.sharedPosition(id) : null;
    const delivered = shared && { ...shared, ...updates.formats };
    // The session may have ended meanwhile.
    if (socket.isClosing) return;
    const timeoutMs = remainingMs();
    const hasAcks = socket.protocol.acks !== null;
    const echoes = hasAcks ? socket.echoes && { echoAll: true } : { echoDuplicates: true };
    let isOver = false;
    let taken: Promise<DeliveredPosition> | undefined;
    const takeResult = async (result: DeviceSendResult) => {
      // After the deadline the turn belongs to other work. A call that is repeated has an answer already:
      // the conversation delivers the update in another way.
      if (isOver || taken) throw new CoreError("unavailable", "The answer came too late.");
      taken = this.#take(sends, result);
      return taken;
    };
    const sent = { ...taking, userId: userId(), delivered, ...echoes };
    const answer = conversations.sendFromDevice(id, sent, takeResult);
    try {
      const answered = await withDeadline(answer, timeoutMs);
      if (answered && !taken) await takeResult(answered);
    } catch (error) {
      isOver = true;
      // Once the outcomes are here, they count.
      if (!taken) throw error;
    }
    await taken;
  }

  /**
   * Brings the user's sockets up to date after sends of one of them, then settles the sends. Ephemeral events
   * follow the acks: one of them may be the end of the membership, the last that a device gets of a
   * conversation.
   */
  async #take(
    { socket, conversationId: id, settle }: OwnSends,
    { outcomes, update }: DeviceSendResult,
  ): Promise<DeliveredPosition> {
    const { events, positions, slowSockets, updates } = this.#deps;
    const seqs = new Set(outcomes.flatMap((outcome) => (outcome.ok ? [outcome.value.seq] : [])));
    const position = update ? await updates.take(update, { socket, seqs }) : null;
    if (socket.protocol.acks === null) this.#echo(socket, id, outcomes);
    if (positions.isWaiting(socket, id)) slowSockets.withhold(socket, id, () => settle(outcomes));
    else settle(outcomes);
    if (update) events.after(update);
    return position;
  }

  /** Sends a socket the stored messages of its repeated sends, for wire formats without acks. */
  #echo(socket: DeviceSocket, conversationId: ConversationId, outcomes: Result<DeviceReceipt>[]): void {
    const messages = outcomes.flatMap((outcome) => (outcome.ok ? (outcome.value.echo ?? []) : []));
    const context = this.#deps.contexts.of({ conversationId });
    const { protocol, userId } = socket;
    const parts = messageParts(messages, { protocol, userId, showsThreads: true }, context);
    for (const frame of frames(parts, protocol.messages, protocol.maxMessagesPerFrame)) socket.send(frame);
  }
}

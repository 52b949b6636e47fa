import type { Result } from "../../domain/errors.ts";
import type { ConversationId } from "../../domain/ids.ts";
import type { AnyDraft } from "../../domain/messages/message.ts";
import { type Metrics, noteOutcomes, sendResult } from "../../domain/operation/metrics.ts";
import type { DeviceReceipt } from "../../domain/ports.ts";
import type { DeviceSendItem } from "../../domain/sync/socket-protocol.ts";
import type { Timing } from "../../domain/timing.ts";
import { type Backlog, weightOf } from "../../object/backlog.ts";
import { SendBatches } from "../../object/batches/send-batches.ts";
import { frames } from "../../object/frames.ts";
import type { DeviceFeed } from "./device-feed.ts";
import { type DeviceSocket, failureOf, tooMuch } from "./device-socket.ts";

/** A send of a device: its draft, and the client message id that outcomes are reported with. */
interface DeviceDraft {
  draft: AnyDraft;
  clientMsgId: string | undefined;
  /** when its frame was read, in ms since 1970 */
  begun: number;
}

/**
 * Batches the sends of devices, and makes their acks and refusals. Calls of one socket to one conversation
 * are serialized, and sends that arrive during a call are batched into the next one.
 */
export class DeviceSends {
  readonly #backlog: Backlog;
  /** by socket and conversation */
  readonly #batches: SendBatches<DeviceDraft>;

  readonly #metrics: Metrics;

  /** @param backlog counts sends until they are acked or refused */
  constructor(backlog: Backlog, metrics: Metrics, timing: Timing["assumedUpdates"]) {
    this.#backlog = backlog;
    this.#metrics = metrics;
    this.#batches = new SendBatches(timing);
  }

  /** Passes on the sends of a frame. Each is acked or refused, unless the socket closes first. */
  async take(socket: DeviceSocket, items: DeviceSendItem[], deviceFeed: DeviceFeed): Promise<void> {
    const begun = Date.now();
    const byConversation = new Map<ConversationId, DeviceDraft[]>();
    for (const { send, clientMsgId } of items) {
      if (!send.ok) {
        socket.refuse(send, { clientMsgId });
        continue;
      }
      const { conversationId, draft } = send.value;
      const sends = byConversation.get(conversationId) ?? [];
      sends.push({ draft: socket.fileOrigins.draftToStored(draft), clientMsgId, begun });
      byConversation.set(conversationId, sends);
    }
    if (byConversation.size === 0) {
      socket.invalid();
      return;
    }
    socket.valid();
    await Promise.all(
      [...byConversation].map(([id, sends]) => this.#sendToConversation(socket, id, sends, deviceFeed)),
    );
  }

  /** Adds sends to the waiting batch of the conversation, or starts a batch behind the running call. */
  async #sendToConversation(
    socket: DeviceSocket,
    id: ConversationId,
    requested: DeviceDraft[],
    deviceFeed: DeviceFeed,
  ): Promise<void> {
    deviceFeed.chargeUnlisted(id);
    const sends = requested.filter((send) => this.#admit(socket, id, send));
    const key = `${socket.id} ${id}`;
    const batch = this.#batches.add(key, sends);
    if (!batch) return;
    const drafts = async () => {
      const takesAnswer = await this.#batches.take(key, batch);
      return { drafts: batch.map(({ draft }) => draft), takesAnswer };
    };
    try {
      const settle = (outcomes: Result<DeviceReceipt>[]) => this.#resolve(socket, id, batch, outcomes);
      await deviceFeed.send({ socket, conversationId: id, drafts, settle });
    } catch (error) {
      const failure = failureOf(error);
      this.#count(
        socket,
        batch,
        batch.map(() => failure),
      );
      for (const { clientMsgId } of batch) socket.refuse(failure, { clientMsgId, conversationId: id });
    } finally {
      // The feed does not take the drafts of a socket that has closed meanwhile.
      this.#batches.close(key, batch);
      for (const { draft } of batch) this.#backlog.release(socket.userId, 1, weightOf(draft));
    }
  }

  /** Counts a send in the backlog, or refuses it. @returns whether it was admitted */
  #admit(socket: DeviceSocket, conversationId: ConversationId, send: DeviceDraft): boolean {
    const { draft, clientMsgId } = send;
    if (this.#backlog.take(socket.userId, 1, weightOf(draft))) return true;
    const failure = tooMuch().toFailure();
    this.#count(socket, [send], [failure]);
    socket.refuse(failure, { clientMsgId, conversationId });
    return false;
  }

  /** Counts the outcomes of a batch, and measures its first send. */
  #count(
    { protocol }: DeviceSocket,
    [first]: readonly DeviceDraft[],
    outcomes: readonly Result<DeviceReceipt>[],
  ): void {
    if (!first) return;
    noteOutcomes(this.#metrics, `${protocol.name}_device`, outcomes.map(sendResult), first.begun);
  }

  /** Sends the acks and refusals of a batch. */
  #resolve(
    socket: DeviceSocket,
    conversationId: ConversationId,
    sends: readonly DeviceDraft[],
    outcomes: Result<DeviceReceipt>[],
  ) {
    this.#count(socket, sends, outcomes);
    const { acks: encoder, name } = socket.protocol;
    const echoes = socket.echoes && socket.hasRoomForPage;
    const acks = sends.flatMap(({ clientMsgId }, i) => {
      const outcome = outcomes[i];
      if (outcome?.ok) {
        const message = echoes ? outcome.value.echo?.texts[name] : undefined;
        return encoder?.ack(conversationId, outcome.value, clientMsgId, message) ?? [];
      }
      if (outcome) socket.refuse(outcome, { clientMsgId, conversationId });
      return [];
    });
    if (encoder) for (const frame of frames(acks, encoder.acks)) socket.send(frame);
  }
}

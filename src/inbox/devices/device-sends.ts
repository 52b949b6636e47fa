import type { Result } from "../../domain/errors.ts";
import type { ConversationId } from "../../domain/ids.ts";
import type { AnyDraft, Receipt } from "../../domain/messages/message.ts";
import type { DeviceSendItem } from "../../domain/sync/socket-protocol.ts";
import { type Backlog, weightOf } from "../../object/backlog.ts";
import { failureOf, TOO_MUCH } from "./call-errors.ts";
import type { DeviceFeed } from "./device-feed.ts";
import type { DeviceSocket } from "./device-socket.ts";

/** So many sends of one socket go to a conversation in one call. */
const MAX_BATCH = 64;

interface DeviceDraft {
  draft: AnyDraft;
  clientMsgId: string | undefined;
}

/** Takes what devices send to the conversations: of one socket to one conversation one call after the other. */
export class DeviceSendQueue {
  readonly #backlog: Backlog;
  /** sends of a socket to a conversation that wait for the call before them */
  readonly #batches = new Map<string, DeviceDraft[]>();

  /** @param backlog where sends are counted until they are acked or refused */
  constructor(backlog: Backlog) {
    this.#backlog = backlog;
  }

  /** Takes the sends of a frame; each is acked or refused in the end, unless the server closes the socket before. */
  async take(socket: DeviceSocket, items: DeviceSendItem[], deviceFeed: DeviceFeed): Promise<void> {
    const byConversation = new Map<ConversationId, DeviceDraft[]>();
    for (const { send, clientMsgId } of items) {
      if (!send.ok) {
        socket.refuse(send, { clientMsgId });
        continue;
      }
      const { conversationId, draft } = send.value;
      const sends = byConversation.get(conversationId) ?? [];
      sends.push({ draft, clientMsgId });
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

  /** Sends to one conversation, behind what the socket has sent there; what waits there goes in one call. */
  async #sendToConversation(
    socket: DeviceSocket,
    id: ConversationId,
    asked: DeviceDraft[],
    deviceFeed: DeviceFeed,
  ): Promise<void> {
    const sends = asked.filter((send) => this.#enter(socket, id, send));
    const key = `${socket.id} ${id}`;
    const waiting = this.#batches.get(key);
    if (waiting && waiting.length + sends.length <= MAX_BATCH) {
      waiting.push(...sends);
      return;
    }
    if (sends.length === 0) return;
    const batch = [...sends];
    this.#batches.set(key, batch);
    const take = () => {
      if (this.#batches.get(key) === batch) this.#batches.delete(key);
      return batch.map(({ draft }) => draft);
    };
    try {
      await deviceFeed.send(socket, id, take, (outcomes) => this.#resolve(socket, id, batch, outcomes));
    } catch (error) {
      const failure = failureOf(error);
      for (const { clientMsgId } of batch) socket.refuse(failure, { clientMsgId, conversationId: id });
    } finally {
      // Those of a socket that was closed meanwhile were not taken.
      for (const draft of take()) this.#backlog.release(1, weightOf(draft));
    }
  }

  #enter(socket: DeviceSocket, conversationId: ConversationId, { draft, clientMsgId }: DeviceDraft): boolean {
    const hasRoom = this.#backlog.take(1, weightOf(draft));
    if (!hasRoom) socket.refuse(TOO_MUCH, { clientMsgId, conversationId });
    return hasRoom;
  }

  #resolve(
    socket: DeviceSocket,
    conversationId: ConversationId,
    sends: DeviceDraft[],
    outcomes: Result<Receipt>[],
  ) {
    const { acks: acking } = socket.protocol;
    const acks = sends.flatMap(({ clientMsgId }, i) => {
      const outcome = outcomes[i];
      if (outcome?.ok) return acking?.ack(conversationId, outcome.value, clientMsgId) ?? [];
      if (outcome) socket.refuse(outcome, { clientMsgId, conversationId });
      return [];
    });
    if (acking && acks.length > 0) socket.send(acking.acks(acks));
  }
}

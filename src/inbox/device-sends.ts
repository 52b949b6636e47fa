import type { Result } from "../core/errors.ts";
import type { ConversationId } from "../core/ids.ts";
import type { AnyDraft, Receipt } from "../core/message.ts";
import type { DeviceSend } from "../core/protocol.ts";
import { type Backlog, weightOf } from "../object/backlog.ts";
import type { DeviceSocket } from "./device-socket.ts";
import { failureOf, TOO_MUCH } from "./failure.ts";
import type { Feed } from "./feed.ts";

/** So many sends of one socket go to a conversation in one call. */
const MAX_BATCH = 64;

interface Send {
  draft: AnyDraft;
  clientMsgId: string | undefined;
}

/** Takes what devices send to the conversations: of one socket to one conversation one call after the other. */
export class DeviceSends {
  readonly #backlog: Backlog;
  /** sends of a socket to a conversation that wait for the call before them */
  readonly #batches = new Map<string, Send[]>();

  /** @param backlog where sends are counted until they are acked or refused */
  constructor(backlog: Backlog) {
    this.#backlog = backlog;
  }

  /** Takes the sends of a frame; each is acked or refused in the end, unless the server closes the socket before. */
  async take(socket: DeviceSocket, items: DeviceSend[], feed: Feed): Promise<void> {
    const byConversation = new Map<ConversationId, Send[]>();
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
    await Promise.all([...byConversation].map(([id, sends]) => this.#sendTo(socket, id, sends, feed)));
  }

  /** Sends to one conversation, behind what the socket has sent there; what waits there goes in one call. */
  async #sendTo(socket: DeviceSocket, id: ConversationId, asked: Send[], feed: Feed): Promise<void> {
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
      await feed.send(socket, id, take, (outcomes) => this.#settle(socket, id, batch, outcomes));
    } catch (error) {
      const failure = failureOf(error);
      for (const { clientMsgId } of batch) socket.refuse(failure, { clientMsgId, conversationId: id });
    } finally {
      // Those of a socket that was closed meanwhile were not taken.
      for (const draft of take()) this.#backlog.leave(1, weightOf(draft));
    }
  }

  #enter(socket: DeviceSocket, conversationId: ConversationId, { draft, clientMsgId }: Send): boolean {
    const hasRoom = this.#backlog.enter(1, weightOf(draft));
    if (!hasRoom) socket.refuse(TOO_MUCH, { clientMsgId, conversationId });
    return hasRoom;
  }

  #settle(socket: DeviceSocket, conversationId: ConversationId, sends: Send[], outcomes: Result<Receipt>[]) {
    const { acking } = socket.protocol;
    const acks = sends.flatMap(({ clientMsgId }, i) => {
      const outcome = outcomes[i];
      if (outcome?.ok) return acking?.ack(conversationId, outcome.value, clientMsgId) ?? [];
      if (outcome) socket.refuse(outcome, { clientMsgId, conversationId });
      return [];
    });
    if (acking && acks.length > 0) socket.send(acking.acks(acks));
  }
}

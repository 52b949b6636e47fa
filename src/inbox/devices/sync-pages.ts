import { isNotFound } from "../../domain/errors.ts";
import { type ConversationId, Position, type UserId } from "../../domain/ids.ts";
import type { Conversations, ReplayRequest } from "../../domain/ports.ts";
import type { Settings } from "../../domain/settings.ts";
import { type DevicePage, emptyPage, type SyncPosition } from "../../domain/sync/replay.ts";
import type { SyncPoint } from "../../domain/sync/socket-protocol.ts";
import type { Timing } from "../../domain/timing.ts";
import { errorFields, log } from "../../lib/logger.ts";
import { withDeadline } from "../../object/calls/deadline.ts";
import { pageFrames } from "../../object/frames.ts";
import { type UserBudgets, weightOfMessages } from "../../object/user-budgets.ts";
import type { ConversationList } from "../list/conversation-list.ts";
import { withholdsEvents } from "./cursor.ts";
import type { DeliveryPositions } from "./delivery-positions.ts";
import type { DeviceSocket } from "./device-socket.ts";
import { changedParts, messageParts, shownChanges } from "./frame-parts.ts";

/** What the pages of syncs need from the inbox. */
interface SyncPagesDeps {
  list: Pick<ConversationList, "known">;
  conversations: Pick<Conversations, "replay" | "pushConversation">;
  timing: Pick<Timing, "deviceFeed">;
  settings: Pick<Settings, "maxChanges">;
  budgets: UserBudgets;
  userId(): UserId;
}

/** Sends device sockets the pages of their syncs, and stores up to where they got them. */
export class SyncPages {
  readonly #deps: SyncPagesDeps;
  readonly #positions: DeliveryPositions;

  constructor(deps: SyncPagesDeps, positions: DeliveryPositions) {
    this.#deps = deps;
    this.#positions = positions;
  }

  /**
   * Sends a page, in the turn of its conversation. Stores nothing for a socket that has closed meanwhile.
   * @param shared the shared position of the conversation
   * @throws `not_found` if the user is not in the conversation, `unavailable` if the page is not there in
   *   time
   */
  async send(
    socket: DeviceSocket,
    { conversationId: id, after, rev }: SyncPoint,
    shared: SyncPosition,
  ): Promise<void> {
    const cursor = this.#positions.cursor(socket, id);
    const current = cursor ?? shared;
    // Without `rev` the client wants no older changes. The page still starts at the socket's own rev: the
    // position after the page would skip changes that the socket has not been sent.
    const { takesChanges, protocol } = socket;
    const maxChanges = takesChanges && protocol.changed ? this.#deps.settings.maxChanges : undefined;
    const request = {
      userId: this.#deps.userId(),
      after,
      rev: rev ?? current.rev,
      maxChanges,
      parts: socket.takesParts,
      formats: [protocol.name],
    };
    const page = await this.#pageFor(socket, id, request).catch((error: unknown) => {
      if (isNotFound(error))
        this.#keepPosition(socket, id, {
          seq: Position.parse(Math.max(current.seq, after)),
          rev: Math.max(current.rev, request.rev),
        });
      throw error;
    });
    this.#deps.budgets.charge(request.userId, weightOfMessages(page.messages.length));
    if (socket.isClosing) return;
    const to = { seq: page.lastSeq, rev: page.rev };
    this.#positions.note(socket, id, page.hasMore ? "page" : "lastPage", shared, to);
    const messages = messageParts(page.messages, socket);
    const changed = takesChanges ? changedParts(page.changed, socket) : [];
    const changes = shownChanges(page.changes, socket);
    for (const frame of pageFrames({ ...page, changes, messages, changed }, id, protocol)) socket.send(frame);
    // Other events were withheld, so the socket gets the conversation as it is now.
    if (withholdsEvents(cursor) && !page.hasMore) void this.#sendConversation(id);
  }

  /**
   * Keeps the position of a socket that gets no page, as its user is not in the conversation: what is sent
   * later continues from it.
   */
  #keepPosition(socket: DeviceSocket, id: ConversationId, position: SyncPosition): void {
    const shared = this.#deps.list.known(id)?.delivered ?? position;
    this.#positions.note(socket, id, "notFound", shared, position);
  }

  /** @returns a page; an empty page with `hasMore` while the socket's unread bytes leave no room for one */
  async #pageFor(
    socket: DeviceSocket,
    id: ConversationId,
    request: ReplayRequest & { rev: number },
  ): Promise<DevicePage> {
    // A closed socket needs no page.
    if (socket.hasRoomForPage && !socket.isClosing) {
      const replay = this.#deps.conversations.replay(id, request);
      const page = await withDeadline(replay, this.#deps.timing.deviceFeed.pageTimeoutMs);
      // Pages of other conversations may have been sent meanwhile.
      if (socket.hasRoomForPage) return page;
    }
    return { ...emptyPage(request), formats: [] };
  }

  /**
   * Asks a conversation to send the user its current state. Failures are logged: clients may also fetch it.
   */
  async #sendConversation(id: ConversationId): Promise<void> {
    try {
      await this.#deps.conversations.pushConversation(id, { userId: this.#deps.userId() });
    } catch (error) {
      log("warn", "conversation_not_sent", { conversation: id, ...errorFields(error) });
    }
  }
}

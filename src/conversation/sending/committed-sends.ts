import { type Metrics, noteOutcomes, type SendResult, sendResult } from "../../domain/operation/metrics.ts";
import type { ShownStreams } from "../bots/shown-streams.ts";
import type { Projection } from "../delivery/d1-projection.ts";
import type { Fanout } from "../delivery/fanout.ts";
import type { FileReferences } from "../files/file-references.ts";
import type { PreviewRequests } from "../link-previews/preview-requests.ts";
import type { MessageRow } from "../log/row.ts";
import type { Members } from "../members/members.ts";
import type { Publisher } from "../room/publisher.ts";
import type { Indexer } from "../search/indexer.ts";
import type { ConversationState } from "../state/conversation-state.ts";
import type { Transaction } from "../state/transaction.ts";
import type { SendOrigin, SendOutcome } from "./send.ts";
import { newRows } from "./send-queue.ts";

/** Who learns of committed sends. */
interface CommittedSendsDeps {
  state: ConversationState;
  members: Pick<Members, "openForAll" | "openForSender" | "unasked">;
  publisher: Publisher;
  fanout: Pick<Fanout, "sent" | "sentInRoom">;
  projection: Pick<Projection, "changed" | "tryNow">;
  files: Pick<FileReferences, "stored">;
  indexer: Pick<Indexer, "resume">;
  previewRequests: Pick<PreviewRequests, "stored">;
  streams: Pick<ShownStreams, "sent">;
  metrics: Metrics;
}

/** Tells of the outcomes of sends: their callers, room sockets, inboxes, and what keeps up with the log. */
export class CommittedSends {
  readonly #deps: CommittedSendsDeps;

  constructor(deps: CommittedSendsDeps) {
    this.#deps = deps;
  }

  /** @param tx the transaction of sends that were stored; absent: all were refused before it */
  tell(outcomes: SendOutcome<SendOrigin>[], tx?: Transaction): void {
    const { publisher, fanout, files, indexer, previewRequests } = this.#deps;
    // The sends are stored: whatever fails below, each caller gets its answer.
    for (const outcome of outcomes) {
      const { origin } = outcome.send;
      if ("resolve" in origin) origin.resolve(outcome);
    }
    // Room sockets and acks first: to make inbox updates takes time.
    try {
      publisher.toSockets((sockets) => sockets.sent(outcomes));
    } finally {
      tx?.publishAll();
      const stored = newRows(outcomes);
      noteSenders(this.#deps, stored);
      this.#deps.streams.sent(stored);
      const ofSockets = newRows(outcomes.filter(({ send }) => "socket" in send.origin));
      this.#count(outcomes);
      if (ofSockets.length > 0) fanout.sentInRoom(ofSockets.length);
      fanout.sent(stored);
      // The earlier alarm first, as one that is set anew costs a row: previews, then files, then all others.
      try {
        previewRequests.stored(stored);
        files.stored(stored);
      } finally {
        if (stored.length > 0) publisher.changed();
        indexer.resume();
      }
    }
  }

  /** Counts the sends of room sockets, those of a frame together. Others are counted where they come in. */
  #count(outcomes: SendOutcome<SendOrigin>[]): void {
    const frames = new Map<{ begun: number }, SendResult[]>();
    for (const { send, result } of outcomes) {
      if (!("socket" in send.origin)) continue;
      const frame = frames.get(send.origin);
      if (frame) frame.push(sendResult(result));
      else frames.set(send.origin, [sendResult(result)]);
    }
    for (const [{ begun }, results] of frames) noteOutcomes(this.#deps.metrics, "v1_room", results, begun);
  }
}

/**
 * Notes the first message of each user of a direct conversation, in the turn of its commit. The first message
 * opens the conversation for both, or asks the one who wants to be asked. Once both have written, D1 gets to
 * know it.
 */
export function noteSenders(
  { state, members, projection }: Pick<CommittedSendsDeps, "state" | "members" | "projection">,
  stored: readonly MessageRow[],
): void {
  if (state.profile.kind !== "direct" || state.answered) return;
  for (const { sender_id: senderId, shadowed } of stored) {
    if (shadowed !== null) {
      members.openForSender(senderId);
    } else if (state.firstSender === null) {
      state.setFirstSender(senderId);
      members.openForAll();
      members.openForSender(senderId);
      if (members.unasked === undefined) continue;
      projection.changed();
      void projection.tryNow();
    } else if (state.firstSender !== senderId) {
      members.openForSender(senderId);
      state.setAnswered();
      projection.changed();
      void projection.tryNow();
      return;
    }
  }
}

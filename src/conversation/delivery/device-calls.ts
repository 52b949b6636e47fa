import { noConversation, type Result } from "../../domain/errors.ts";
import type { UserId } from "../../domain/ids.ts";
import { LIMITS } from "../../domain/limits.ts";
import type { AnyDraft } from "../../domain/messages/message.ts";
import type {
  DeviceReceipt,
  DeviceSendRequest,
  DeviceSendResult,
  MemberSnapshot,
  ReplayRequest,
  SnapshotRequest,
  TakeSendResult,
} from "../../domain/ports.ts";
import type { DevicePage } from "../../domain/sync/replay.ts";
import { maxBytesOf } from "../../domain/text.ts";
import type { Timing } from "../../domain/timing.ts";
import { withDeadline } from "../../object/calls/deadline.ts";
import { whenLoaded } from "../../object/calls/not-loaded.ts";
import type { Composers } from "../members/composers.ts";
import type { RoomContext } from "../room/context.ts";
import type { PendingSend, SendOrigin, SendOutcome, StoredSend } from "../sending/send.ts";
import { devicePage } from "../views/replay-page.ts";
import type { Fanout } from "./fanout.ts";
import type { RoomFanoutSource } from "./fanout-source.ts";

/** What device calls need besides the room. */
interface DeviceCallsDeps {
  source: RoomFanoutSource;
  fanout: Fanout;
  composers: Composers;
  timing: Timing["inboxCalls"];
}

/** The calls of members' devices to the conversation, which arrive through their inboxes. */
export class DeviceCalls {
  readonly #room: RoomContext;
  readonly #source: RoomFanoutSource;
  readonly #fanout: Fanout;
  readonly #composers: Composers;
  readonly #timing: Timing["inboxCalls"];

  constructor(room: RoomContext, { source, fanout, composers, timing }: DeviceCallsDeps) {
    this.#room = room;
    this.#source = source;
    this.#fanout = fanout;
    this.#composers = composers;
    this.#timing = timing;
  }

  /** The newest update for a member's inbox, which may subscribe. @see Conversations.snapshot */
  snapshot({ userId, subscribes, awaits, writes }: SnapshotRequest): MemberSnapshot {
    const { members } = this.#room;
    const isSent = writes !== undefined && this.#noteWriting(userId, writes);
    const update = this.#room.snapshot(userId);
    if (subscribes && members.isActive(userId)) this.#fanout.subscribe(userId, subscribes.hasDevices);
    if (awaits !== undefined && members.isActive(userId)) this.#source.noteAwaiting(userId, awaits);
    // A user who left, and is no longer among those to deliver to, has confirmed that.
    const isDelivered = members.isSettled(userId) || this.#fanout.isDelivered(userId);
    return { update, isDelivered, isSent };
  }

  /**
   * Notes that a member writes a composer draft under a client message id.
   * @returns whether a message is stored under it
   */
  #noteWriting(userId: UserId, clientMsgId: string): boolean {
    this.#room.flushSends();
    const member = this.#room.members.active(userId);
    if (this.#room.log.byClientId(userId, clientMsgId)) return true;
    this.#composers.open(member, clientMsgId);
    return false;
  }

  /**
   * A page of what a member's devices lack after a position.
   * @throws `not_found` unless the user is a member; with `includeFormer`, unless they are or were one
   */
  replay({
    userId,
    after,
    rev,
    maxChanges,
    isLive,
    parts,
    formats,
    includeFormer = false,
  }: ReplayRequest): DevicePage {
    this.#room.flushSends();
    this.#room.changeFeed.flush();
    const { members } = this.#room;
    const member = includeFormer ? members.known(userId) : members.active(userId);
    // A device that asks for messages does not leave them to a room socket, or not any more.
    this.#noteDevices(userId, this.#fanout.isFocused(userId));
    const upToRev = this.#room.changeFeed.announcedRev;
    return devicePage(this.#room, member, { after, rev, upToRev, maxChanges, isLive, parts, formats });
  }

  /**
   * Stores the drafts of a device, in order, and hands over the outcomes with the newest update for the
   * user's inbox. The fan-out leaves that update to this call: the inbox takes it once.
   * @param request `delivered`: the delivered position of the user's devices; null: their inbox has nothing
   *   of the conversation; `echoDuplicates`: a repeated send is answered with the message that was stored
   *   first; `echoAll`: each send with its message, as far as `LIMITS.echoedBytes` allows
   *   `takesAnswer`: the outcomes may be answered
   * @param take the inbox takes the outcomes; without its confirmation the fan-out delivers the update
   * @returns the outcomes if they are answered, with an update that the inbox is assumed to take; null:
   *   `take` has got them
   * @throws `not_found` for a user who was never a member, and does not read the channel; what `take` throws;
   *   or `unavailable` if it does not end in time
   */
  async sends(
    { userId, drafts, delivered, takesAnswer = false, ...echoes }: DeviceSendRequest,
    take: TakeSendResult,
  ): Promise<DeviceSendResult | null> {
    const { members, readers, viewers } = this.#room;
    // The drafts of a stranger do not reach the send queue, whose backlog is the members', and in a channel
    // of its readers: they become followers by what is stored.
    if (!members.find(userId) && !(readers && viewers.find(userId))) throw noConversation();
    this.#noteDevices(userId);
    let waiting = drafts.length;
    let release = () => {};
    const settled = () => {
      waiting--;
      // In the turn of the last commit, before the fan-out starts.
      if (waiting === 0) release = this.#fanout.claim(userId);
    };
    try {
      const stored = await this.#store(userId, drafts, settled);
      // What is stored is not stored again for a body that is in an archive.
      const { isAnswered, ...result } = await whenLoaded(() => {
        const outcomes = this.#receipts(userId, stored, echoes);
        const isShown = members.find(userId) !== undefined && !members.isUnopened(userId);
        const update = !isShown ? null : this.#source.update(userId, delivered, this.#fanout.isCrowded);
        const isAnswered = takesAnswer && update && this.#fanout.assume(userId, update, delivered);
        return { outcomes, update, isAnswered };
      });
      if (isAnswered) return result;
      const { update } = result;
      const position = await withDeadline(take(result), this.#timing.callTimeoutMs);
      if (update) this.#fanout.confirmed(userId, update, position);
      return null;
    } finally {
      release();
    }
  }

  /**
   * Subscribes a member whose device calls although none is known: the subscription may have been lost.
   * @param looksBack also if a device is known
   */
  #noteDevices(userId: UserId, looksBack = false): void {
    const isKnown = this.#source.hasDevices(userId) && !looksBack;
    if (!isKnown && this.#room.members.isActive(userId)) this.#fanout.subscribe(userId, true);
  }

  /** Stores or refuses drafts, which keep their order. @param settled called with the outcome of each */
  #store(userId: UserId, drafts: readonly AnyDraft[], settled: () => void): Promise<Result<StoredSend>[]> {
    const orderKey = {};
    const sends: PendingSend[] = [];
    const results = drafts.map(
      (draft) =>
        new Promise<Result<StoredSend>>((resolveSend) => {
          const resolve = ({ result }: SendOutcome<SendOrigin>) => {
            settled();
            resolveSend(result);
          };
          sends.push({ draft, origin: { resolve, orderKey } });
        }),
    );
    this.#room.submitEach(userId, sends);
    return Promise.all(results);
  }

  /** The receipts of sends, with the messages that were asked for as their sender sees them now. */
  #receipts(
    userId: UserId,
    outcomes: Result<StoredSend>[],
    { echoDuplicates = false, echoAll = false }: Pick<DeviceSendRequest, "echoDuplicates" | "echoAll">,
  ): Result<DeviceReceipt>[] {
    const sender = echoDuplicates || echoAll ? this.#room.members.find(userId) : undefined;
    const { encoder, renderer } = this.#room;
    let bytes = 0;
    return outcomes.map((outcome) => {
      if (!outcome.ok) return outcome;
      const { row, isRepeated } = outcome.value;
      const { seq, created_at: createdAt } = row;
      const isEchoed = echoAll ? bytes < LIMITS.echoedBytes : isRepeated;
      const reader = sender && isRepeated ? renderer.senderAsReader(row, sender) : sender;
      const [echo] = reader && isEchoed ? encoder.encode([row], reader) : [];
      for (const text of Object.values(echo?.texts ?? {})) bytes += maxBytesOf(text);
      return { ok: true, value: { seq, createdAt, ...(echo && { echo }) } };
    });
  }
}

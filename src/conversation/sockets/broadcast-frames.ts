import type { Seq, UserId } from "../../domain/ids.ts";
import type { EncodedPart } from "../../domain/sync/encoded-message.ts";
import type { RoomProtocol } from "../../domain/sync/socket-protocol.ts";
import { frames, type SampledPart, sampledFrames } from "../../object/frames.ts";
import { isInMain, type MessageRow } from "../log/row.ts";
import type { RoomStores } from "../room/context.ts";
import type { Sample } from "../viewers/sampling.ts";
import type { Users } from "../views/message-renderer.ts";
import type { FrameSink, Receiver } from "./receiver.ts";

/** A message without its quote. */
interface RedactedMessage {
  users: Users;
  part: EncodedPart;
  /** the users among them who have hidden the quoted message; the others do not see so old ones */
  hiders: readonly UserId[];
  quoted: Seq;
}

/** A stored message, encoded for room sockets. */
export interface OutgoingMessage {
  seq: Seq;
  part: EncodedPart;
  /** the socket that sent the message, which gets the ack instead; null: a call sent it, or the server */
  from: Receiver | null;
  /** false: a thread-only reply, for sockets that show threads */
  isInMain: boolean;
  /** the user who alone sees it; null: all see it */
  only: UserId | null;
  /** the users from whom it is hidden from the start, as an import says; null: from nobody */
  except: ReadonlySet<UserId> | null;
  /** the users who are sent it although it is left out of the sample; null: it is not */
  keptFor: ReadonlySet<UserId> | null;
  /** the users who must not see the quoted text, and the message without its quote; null: there are none */
  redacted: RedactedMessage | null;
}

/**
 * A stored message, as room sockets are sent it.
 * @param from the socket that sent it
 * @param sample of the commit; null: nothing is left out
 */
export function outgoing(
  { renderer, encoder }: Pick<RoomStores, "renderer" | "encoder">,
  protocol: RoomProtocol,
  row: MessageRow,
  from: Receiver | null,
  sample: Sample | null,
): OutgoingMessage {
  const { message, blind } = renderer.renderForAll(row);
  const part = protocol.message(message);
  encoder.noteShown(row, message, protocol.deviceProtocol, part);
  return {
    seq: row.seq,
    part,
    from,
    isInMain: isInMain(row),
    only: row.shadowed === null ? null : row.sender_id,
    except: null,
    keptFor: sample?.leftOut.get(row.seq) ?? null,
    redacted: blind && { ...blind, part: protocol.message(blind.message) },
  };
}

/**
 * Sends the messages of one flush to the live sockets. Sockets with equal views share the frames.
 * @param sample of the messages; null: nothing is left out
 * @returns how many messages the sockets were sent
 */
export function framesFor<Socket extends Receiver>(
  messages: OutgoingMessage[],
  sockets: Iterable<Socket>,
  protocol: RoomProtocol,
  receivers: FrameSink<Socket>,
  sample: Pick<Sample, "range" | "isTold"> | null,
): number {
  let sent = 0;
  const forAll = messages.filter(({ only, keptFor }) => only === null && keptFor === null);
  const inMain = forAll.every(({ isInMain }) => isInMain)
    ? forAll
    : forAll.filter(({ isInMain }) => isInMain);
  const shadowed = new Set(messages.map(({ only }) => only));
  const kept = new Set(sample ? messages.flatMap(({ keptFor }) => [...(keptFor ?? [])]) : []);
  const senders = new Set<Receiver | null>(messages.map((message) => message.from));
  const redacting = messages.filter(({ redacted, except }) => redacted !== null || except !== null);
  const isRedacted = (userId: UserId) =>
    redacting.some(({ redacted, except }) => redacted?.users.has(userId) || except?.has(userId));
  const shared = new Map<OutgoingMessage[], string[]>();
  const make = (shown: SampledPart[]) =>
    sample
      ? sampledFrames(shown, sample.range, protocol.messages)
      : frames(
          shown.map(({ part }) => part),
          protocol.messages,
        );
  const framesOf = (shown: OutgoingMessage[]) => {
    const made = shared.get(shown) ?? (sample?.isTold === false ? [] : make(shown));
    shared.set(shown, made);
    return made;
  };
  for (const socket of sockets) {
    if (!socket.isLive) continue;
    const shown = socket.showsThreads ? forAll : inMain;
    const { userId } = socket;
    const isOwnView = senders.has(socket) || kept.has(userId) || isRedacted(userId) || shadowed.has(userId);
    const own = isOwnView ? partsFor(socket, messages) : null;
    sent += (own ?? shown).length;
    // A socket that sends is told what was left out before its ack.
    const made = own ? make(own) : framesOf(shown);
    receivers.deliver(socket, made, !isOwnView);
  }
  return sent;
}

function partsFor(socket: Receiver, messages: OutgoingMessage[]): SampledPart[] {
  return messages
    .filter(({ from, isInMain, only, except, keptFor }) => {
      if (from === socket || except?.has(socket.userId) || keptFor?.has(socket.userId) === false)
        return false;
      return (isInMain || socket.showsThreads) && (only === null || only === socket.userId);
    })
    .map(({ seq, part, redacted }) => ({
      seq,
      part: redacted?.users.has(socket.userId) ? redacted.part : part,
    }));
}

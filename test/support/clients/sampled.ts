import { z } from "zod";
import type { Frame, TestSocket } from "./socket.ts";

const Sampled = z.object({ after: z.int(), last_seq: z.int(), count: z.int().positive() });
const Items = z.array(z.looseObject({ seq: z.int() }));

/** What a client of a sampled room knows. */
export interface Known {
  /** every message up to here was shown, or left out with a word */
  seq: number;
  shown: Set<number>;
  /** the messages of which it was told that they were left out */
  missing: number[];
  /** how many frames had a range */
  ranges: number;
}

/**
 * What a socket has been told of the messages after one, as a client takes it. The frames of a room socket
 * alone.
 * @throws an Error at a message that comes behind a gap of which no word was said
 */
export function knownTo({ frames }: Pick<TestSocket, "frames">, after = 0): Known {
  const known: Known = { seq: after, shown: new Set(), missing: [], ranges: 0 };
  const ranges: [number, number][] = [];
  for (const frame of frames) {
    const sampled = Sampled.optional().parse(frame.sampled);
    if (sampled) {
      const { after: from, last_seq: to, count } = sampled;
      if (from > known.seq || count !== to - from)
        throw new Error(`a range after ${from} behind ${known.seq}: ${JSON.stringify(sampled)}`);
      if (to > known.seq) ranges.push([Math.max(from, known.seq), to]);
      known.ranges++;
    }
    for (const seq of seqsIn(frame)) {
      if (seq > known.seq + 1 && !(sampled && seq <= sampled.last_seq))
        throw new Error(`message ${seq} comes behind ${known.seq}: ${JSON.stringify(frame)}`);
      if (!sampled) known.seq = Math.max(known.seq, seq);
      known.shown.add(seq);
    }
    if (sampled) known.seq = Math.max(known.seq, sampled.last_seq);
  }
  for (const [from, to] of ranges)
    for (let seq = from + 1; seq <= to; seq++) if (!known.shown.has(seq)) known.missing.push(seq);
  return known;
}

function seqsIn(frame: Frame): number[] {
  if (frame.type === "message") return [Items.parse([frame.message])[0]?.seq ?? 0];
  if (frame.type === "ack") return [Items.parse([frame])[0]?.seq ?? 0];
  return frame.type === "messages" || frame.type === "acks"
    ? Items.parse(frame.items).map(({ seq }) => seq)
    : [];
}

import { Flight, type Landed } from "./flight.ts";
import { type Frame, read, send } from "./frames.ts";
import { Member, type Seat } from "./member.ts";
import type { Workload } from "./workloads.ts";

/** The number of distinct message frames kept for comparison with those of other members. */
const keptFrames = 64;

/**
 * One room under load: the first member sends, the others receive. Every member must receive every `seq`
 * exactly once, in order, without a gap. The first violation fails the run.
 */
export class Room {
  readonly #run: string;
  readonly #workload: Workload;
  readonly #landed: Landed;
  readonly #members: Member[];
  readonly #lastSeqs: number[];
  readonly #frames = new Map<number, { data: Buffer; frame: Frame }>();
  readonly #opened = Promise.withResolvers<void>();
  readonly #failed = Promise.withResolvers<never>();
  #ready = 0;
  #flight: Flight;
  #sending = false;

  /**
   * Opens a socket for each seat.
   * @param run the prefix of every client id, unique among the runs of this room
   */
  constructor(run: string, workload: Workload, seats: readonly Seat[], landed: Landed) {
    this.#run = run;
    this.#workload = workload;
    this.#landed = landed;
    this.#flight = new Flight(0, 0, landed);
    this.#lastSeqs = seats.map(() => -1);
    this.#members = seats.map(
      (seat, index) =>
        new Member(seat, {
          frame: (data) => (index === 0 ? this.#toSender(data) : this.#toOther(index, data)),
          failed: (error) =>
            this.#failed.reject(new Error(`${workload.name}, member ${index}: ${error.message}`)),
        }),
    );
    this.#failed.promise.catch(() => {});
  }

  /** Resolves when every socket is ready. Rejects with the first failure. */
  opened(): Promise<void> {
    return Promise.race([this.#opened.promise, this.failed()]);
  }

  /** Never resolves. Rejects with the first failure. */
  failed(): Promise<never> {
    return this.#failed.promise;
  }

  /** Starts to keep the window full. */
  start(): void {
    this.#sending = true;
    this.#refill();
  }

  /** Stops sending. Messages in flight still land. */
  stop(): void {
    this.#sending = false;
  }

  get inFlight(): number {
    return this.#flight.inFlight;
  }

  /** @throws an Error unless every member has every message */
  verify(): void {
    const newest = this.#lastSeqs[0] ?? 0;
    const behind = this.#lastSeqs.findIndex((last) => last !== newest);
    if (behind !== -1) throw new Error(`member ${behind} ends at ${this.#lastSeqs[behind]}, not ${newest}`);
  }

  async close(): Promise<void> {
    await Promise.all(this.#members.map((member) => member.close()));
  }

  #toSender(data: Buffer): void {
    const frame = read(this.#run, data.toString());
    if (frame.type === "messages") throw new Error("a message came back to the socket that sent it");
    if (frame.type === "ready") this.#readyAt(0, frame.lastSeq);
    if (frame.type !== "acks") return;
    this.#flight.acks(frame.items);
    this.#lastSeqs[0] = frame.items.at(-1)?.seq ?? -1;
    this.#refill();
  }

  #toOther(index: number, data: Buffer): void {
    const before = this.#lastSeqs[index] ?? -1;
    const frame = this.#read(before, data);
    if (frame.type === "acks") throw new Error("an ack to a member that sent nothing");
    if (frame.type === "ready") this.#readyAt(index, frame.lastSeq);
    if (frame.type !== "messages") return;
    const now = performance.now();
    let expected = before;
    for (const { seq } of frame.items) {
      if (seq !== ++expected) throw new Error(`received ${seq}, not ${expected}`);
      this.#flight.received(seq, now);
    }
    this.#lastSeqs[index] = expected;
    this.#refill();
  }

  /**
   * Most members receive the same bytes after the same `seq`. These are parsed once and then compared, so
   * that a hundred members do not measure the generator's JSON parser.
   */
  #read(after: number, data: Buffer): Frame {
    const known = this.#frames.get(after);
    if (known?.data.equals(data)) return known.frame;
    const frame = read(this.#run, data.toString());
    if (frame.type === "messages") {
      for (const { seq, number } of frame.items) this.#flight.place(seq, number);
      if (this.#frames.size >= keptFrames) this.#frames.clear();
      this.#frames.set(after, { data, frame });
    }
    return frame;
  }

  #readyAt(index: number, lastSeq: number): void {
    this.#lastSeqs[index] = lastSeq;
    if (++this.#ready < this.#members.length) return;
    this.verify();
    this.#flight = new Flight(lastSeq, this.#members.length - 1, this.#landed);
    this.#opened.resolve();
  }

  #refill(): void {
    const free = this.#sending ? this.#workload.window - this.#flight.inFlight : 0;
    if (free <= 0) return;
    const sends = Array.from({ length: free }, () => send(this.#run, this.#flight.next()));
    const frames = this.#workload.arrays ? [{ type: "sends", items: sends }] : sends;
    for (const frame of frames) this.#members[0]?.send(JSON.stringify(frame));
  }
}

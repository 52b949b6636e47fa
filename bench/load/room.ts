import { Flight } from "./flight.ts";
import { draft } from "./frames.ts";
import type { Landed, Load } from "./load.ts";
import { Member, type Seat } from "./member.ts";
import { FrameReader } from "./reader.ts";
import { Receipts } from "./receipts.ts";
import type { Wire } from "./wire.ts";
import type { Workload } from "./workloads.ts";

/**
 * One room under load: the first member or all members send, and every member receives what others send. A
 * member must receive every `seq` exactly once, in order, without a gap: as a message, or as the ack of its
 * own. The first violation fails the run.
 */
export class Room implements Load {
  readonly #run: string;
  readonly #workload: Workload;
  readonly #reader: FrameReader;
  readonly #seats: readonly Seat[];
  readonly #members: Member[];
  readonly #receipts: Receipts[] = [];
  /** for each sender, by its index among the members */
  readonly #flights: Flight[];
  /** senders that may send one more message: a sender occurs once for each free slot of its share */
  readonly #free: number[] = [];
  readonly #opened = Promise.withResolvers<void>();
  readonly #failed = Promise.withResolvers<never>();
  #ready = 0;
  #inFlight = 0;
  #sending = false;

  /**
   * Opens a socket for each seat.
   * @param run the prefix of every client id, unique among the runs of this room
   */
  constructor(run: string, workload: Workload, seats: readonly Seat[], wire: Wire, landed: Landed) {
    this.#run = run;
    this.#workload = workload;
    this.#seats = seats;
    this.#reader = new FrameReader(run, wire, seats.length - 1);
    const senders = seats.slice(0, workload.senders === "all" ? seats.length : 1);
    this.#flights = senders.map(
      (_, index) =>
        new Flight(seats.length - 1, (latency) => {
          this.#inFlight--;
          landed(latency);
          if (workload.pauseMs === 0) this.#free.push(index);
          else setTimeout(() => this.#resume(index), workload.pauseMs);
        }),
    );
    for (let slot = 0; slot < workload.share; slot++) this.#free.push(...senders.keys());
    this.#members = seats.map(
      (seat, index) =>
        new Member(seat, wire, {
          frame: (data) => this.#toMember(index, data),
          failed: (error) =>
            this.#failed.reject(new Error(`${workload.name}, member ${index}: ${error.message}`)),
        }),
    );
    this.#failed.promise.catch(() => {});
  }

  opened(): Promise<void> {
    return Promise.race([this.#opened.promise, this.failed()]);
  }

  failed(): Promise<never> {
    return this.#failed.promise;
  }

  start(): void {
    this.#sending = true;
    this.#refill();
  }

  stop(): void {
    this.#sending = false;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  async verify(): Promise<void> {
    const newest = this.#receipts[0]?.last;
    const behind = this.#receipts.findIndex(({ last, hasGap }) => hasGap || last !== newest);
    if (behind !== -1)
      throw new Error(`member ${behind} has all up to ${this.#receipts[behind]?.last}, not ${newest}`);
  }

  async close(): Promise<void> {
    await Promise.all(this.#members.map((member) => member.close()));
  }

  #toMember(index: number, data: Buffer): void {
    const receipts = this.#receipts[index];
    const frame = this.#reader.read(data, receipts?.newest ?? 0);
    if (frame.type === "other") return;
    if (frame.type === "connected") {
      // A position beyond the log counts as its end.
      this.#send(index, { type: "sync", after: Number.MAX_SAFE_INTEGER });
      return;
    }
    if (frame.type === "ready") {
      this.#readyAt(index, frame.lastSeq);
      return;
    }
    if (receipts === undefined) throw new Error("a message before `ready`");
    const now = performance.now();
    for (const item of frame.items) {
      const isOwn = item.sender === index;
      // The sender is told of their own message too, and all may be told of one again.
      if (frame.type === "told" && (isOwn || item.seq <= receipts.newest)) continue;
      const flight = this.#flights[item.sender];
      if (flight === undefined) throw new Error(`a message of member ${item.sender}, who sends nothing`);
      if (frame.type === "acks") {
        if (!isOwn) throw new Error(`an ack for member ${item.sender}`);
        receipts.ack(item.seq);
        flight.ack(item);
      } else {
        if (isOwn) throw new Error("a message came back to the socket that sent it");
        receipts.message(item.seq);
        flight.received(item, now);
      }
    }
    this.#refill();
  }

  #send(index: number, frame: Record<string, unknown>): void {
    const { conversation } = this.#seats[index] ?? {};
    const address = conversation === undefined ? {} : { conversation_id: conversation };
    this.#members[index]?.send({ ...frame, ...address });
  }

  #readyAt(index: number, lastSeq: number): void {
    this.#receipts[index] = new Receipts(lastSeq);
    if (++this.#ready < this.#members.length) return;
    this.verify().then(this.#opened.resolve, this.#failed.reject);
  }

  /** A sender has paused. */
  #resume(sender: number): void {
    this.#free.push(sender);
    this.#refill();
  }

  /** Sends until the window is full. Senders whose messages landed first send first. */
  #refill(): void {
    const sends = new Map<number, Record<string, unknown>[]>();
    while (this.#sending && this.#inFlight < this.#workload.window) {
      const sender = this.#free.shift();
      const number = sender === undefined ? undefined : this.#flights[sender]?.next();
      if (sender === undefined || number === undefined) break;
      this.#inFlight++;
      const send = { type: "send", ...draft(this.#run, sender, number) };
      if (!this.#workload.arrays) this.#send(sender, send);
      else if (!sends.get(sender)?.push(send)) sends.set(sender, [send]);
    }
    for (const [sender, items] of sends) this.#members[sender]?.send({ type: "sends", items });
  }
}

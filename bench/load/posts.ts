import { Agent, request } from "node:http";
import { acked, draft } from "./frames.ts";
import type { Landed, Load } from "./load.ts";
import type { Seat } from "./member.ts";
import type { Workload } from "./workloads.ts";

/**
 * One conversation that takes messages over HTTP. Its members post in turn. Every answer must have the id of
 * its message, and the answers together every `seq` exactly once, without a gap. The first violation fails
 * the run.
 */
export class Posts implements Load {
  readonly #run: string;
  readonly #workload: Workload;
  readonly #seats: readonly Seat[];
  readonly #landed: Landed;
  readonly #agent: Agent;
  readonly #opened = Promise.withResolvers<void>();
  readonly #failed = Promise.withResolvers<never>();
  readonly #seqs = new Set<number>();
  #firstSeq = 0;
  #posted = 0;
  #inFlight = 0;
  #sending = false;

  /** @param run the prefix of every client id, unique among the runs of this conversation */
  constructor(run: string, workload: Workload, seats: readonly Seat[], landed: Landed) {
    this.#run = run;
    this.#workload = workload;
    this.#seats = seats;
    this.#landed = landed;
    this.#agent = new Agent({ keepAlive: true, maxSockets: workload.window });
    this.#failed.promise.catch(() => {});
    this.#post().then((seq) => {
      this.#firstSeq = seq;
      this.#opened.resolve();
    }, this.#failed.reject);
  }

  opened(): Promise<void> {
    return Promise.race([this.#opened.promise, this.failed()]);
  }

  failed(): Promise<never> {
    return this.#failed.promise;
  }

  start(): void {
    this.#sending = true;
    for (let slot = 0; slot < this.#workload.window; slot++) {
      this.#postOn().catch((error: unknown) => this.#failed.reject(error));
    }
  }

  stop(): void {
    this.#sending = false;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /** @throws an Error unless the answers had all seqs from the first to that of one more message */
  async verify(): Promise<void> {
    const last = await this.#post();
    const expected = last - this.#firstSeq + 1;
    if (this.#posted !== expected || this.#seqs.size !== expected)
      throw new Error(`${this.#posted} messages have ${this.#seqs.size} seqs of ${expected}`);
  }

  async close(): Promise<void> {
    this.#agent.destroy();
  }

  async #postOn(): Promise<void> {
    while (this.#sending) {
      const start = performance.now();
      this.#inFlight++;
      await this.#post();
      this.#inFlight--;
      this.#landed(performance.now() - start);
    }
  }

  /** Posts the next message. @returns its seq */
  async #post(): Promise<number> {
    const number = this.#posted++;
    const sender = number % this.#seats.length;
    const seat = this.#seats[sender];
    if (seat?.posts === undefined) throw new Error("a seat that takes no messages over HTTP");
    const text = await post(this.#agent, seat.posts, seat.headers, draft(this.#run, sender, number));
    const item = acked(this.#run, JSON.parse(text));
    if (item.number !== number || item.sender !== sender)
      throw new Error(`the answer to another message: ${text}`);
    if (item.seq < this.#firstSeq || this.#seqs.has(item.seq))
      throw new Error(`a message at ${item.seq}, which was another's`);
    this.#seqs.add(item.seq);
    return item.seq;
  }
}

/** Posts JSON. @returns the body of the answer @throws an Error unless the answer is 201 */
function post(agent: Agent, url: string, headers: Seat["headers"], content: unknown): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const body = JSON.stringify(content);
  const asked = request(url, {
    agent,
    method: "POST",
    headers: { ...headers, "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body) },
  });
  asked.on("error", reject);
  asked.on("response", (response) => {
    const pieces: Buffer[] = [];
    response.on("error", reject);
    response.on("data", (piece: Buffer) => pieces.push(piece));
    response.on("end", () => {
      const text = Buffer.concat(pieces).toString();
      if (response.statusCode === 201) resolve(text);
      else reject(new Error(`POST ${url}: ${response.statusCode} ${text.slice(0, 200)}`));
    });
  });
  asked.end(body);
  return promise;
}

import { type ChildProcessByStdio, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { z } from "zod";
import type { Landed, Load } from "./load.ts";
import type { Seat } from "./member.ts";
import type { Workload } from "./workloads.ts";

const PAIR = join(import.meta.dirname, "../../packages/client/bench/pair.ts");
const Latencies = z.array(z.number());

/**
 * Two clients of parley-client in a process of their own, on the generator's core. One or both keep their
 * share of messages in their outbox. A message has landed once both show it. At its end the process checks
 * that both show every `seq`.
 */
export class Clients implements Load {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #opened = Promise.withResolvers<void>();
  readonly #failed = Promise.withResolvers<never>();
  readonly #ended = Promise.withResolvers<number | null>();
  #quietSince = performance.now();
  #sending = false;

  constructor({ senders, share }: Workload, seats: readonly Seat[], landed: Landed) {
    const [seat] = seats;
    const tokens = seats.map(({ headers }) => headers.Authorization?.replace("Bearer ", ""));
    const url = new URL(seat?.url ?? "").origin.replace("ws", "http");
    const flags = process.env.CLIENT_PROFILE
      ? ["--cpu-prof", `--cpu-prof-dir=${process.env.CLIENT_PROFILE}`]
      : [];
    this.#child = spawn(process.execPath, [...flags, PAIR], { stdio: ["pipe", "pipe", "inherit"] });
    const plan = { url, tokens, conversation: seat?.conversation, senders, share };
    this.#child.stdin.write(`${JSON.stringify(plan)}\n`);
    this.#child.once("exit", (code) => {
      this.#failed.reject(new Error(`the clients ended with ${code}`));
      this.#ended.resolve(code);
    });
    this.#failed.promise.catch(() => {});
    createInterface({ input: this.#child.stdout }).on("line", (line) => {
      this.#quietSince = performance.now();
      if (line === "ready") this.#opened.resolve();
      else for (const latency of Latencies.parse(JSON.parse(line))) landed(latency);
    });
  }

  opened(): Promise<void> {
    return Promise.race([this.#opened.promise, this.failed()]);
  }

  failed(): Promise<never> {
    return this.#failed.promise;
  }

  start(): void {
    this.#sending = true;
    this.#child.stdin.write("start\n");
  }

  stop(): void {
    this.#sending = false;
    this.#child.stdin.write("stop\n");
  }

  /** What is on its way lands within half a second. */
  get inFlight(): number {
    return this.#sending || performance.now() - this.#quietSince < 500 ? 1 : 0;
  }

  /** Ends the process, which then checks each message. @throws an Error if one of them is missing */
  async verify(): Promise<void> {
    await this.close();
    if ((await this.#ended.promise) !== 0) await this.failed();
  }

  async close(): Promise<void> {
    this.#child.stdin.end();
    await this.#ended.promise;
  }
}

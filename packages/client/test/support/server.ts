import type { ChildProcess } from "node:child_process";
import { randomBytes, randomInt } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { inject } from "vitest";
import { killHost, readiness, spawnHost } from "../../../../bench/targets/host-process.ts";
import { Person } from "../../../../scripts/support/person.ts";
import { portTaken } from "../../../../scripts/support/ports.ts";
import { collectOutput, ROOT } from "../../../../scripts/support/wrangler.ts";
import { Plan } from "../../../../scripts/worker/plan.ts";
import { generateServerKey, ServerScope } from "../../../../src/domain/server/server-key.ts";
import { noteOutage } from "./outages.ts";

/** Long enough, in ms, that only a server that hangs fails. */
const START_TIMEOUT_MS = 60_000;
/**
 * Below the ports that Linux gives to outgoing connections. A client that reconnects while the server is down
 * could else get the server's port for itself, and the server could not come back.
 */
const PORTS = { from: 20_000, to: 32_000 };

/** A server that runs, and the users that a file registers on it. */
export class Server {
  readonly origin: string;
  /** Files that share a server have users of different names. */
  readonly #tag = randomBytes(4).toString("hex");
  #people = 0;

  protected constructor(origin: string) {
    this.origin = origin;
  }

  /**
   * The server of all test files of a project, for tests that neither stop it nor replace a setting. Other
   * files use it at the same time.
   */
  static shared(): Server {
    return new Server(inject("sharedOrigin"));
  }

  /**
   * A server of the client's test files on which a group is crowded when two of its members are connected,
   * one of more than five members is a crowd, a client that has missed more than five changes begins anew,
   * and who looks at an audience room gets a part of more than two messages a second.
   */
  static small(): Server {
    return new Server(inject("smallOrigin"));
  }

  /** The base of the URLs of sockets. */
  get socketOrigin(): string {
    return this.origin.replace("http", "ws");
  }

  /** Registers a user, with a token. The name is made unique. */
  person(name = "user"): Promise<Person> {
    return Person.register(this.origin, `${name}_${this.#tag}_${++this.#people}`);
  }

  /** Registers three users. */
  three(one: string, other: string, third: string): Promise<[Person, Person, Person]> {
    return Promise.all([this.person(one), this.person(other), this.person(third)]);
  }

  /** Registers two users, the first of whom opens their direct conversation. @returns them and its id */
  async direct(opener: string, peer: string): Promise<[Person, Person, number]> {
    const [one, other] = await Promise.all([this.person(opener), this.person(peer)]);
    const { id } = await one.openDirect(other);
    return [one, other, id];
  }

  /** The same with a group, which the first of them owns. */
  async group(name: string, owner: string, member: string): Promise<[Person, Person, number]> {
    const [one, other] = await Promise.all([this.person(owner), this.person(member)]);
    const { id } = await one.openGroup(name, [other]);
    return [one, other, id];
  }
}

/**
 * Parley as if deployed, in the real runtime, in a process group of its own: its state is in a folder of its
 * own, and its port stays the same over restarts. It ends with the test, even if that is killed.
 */
export class TestServer extends Server implements AsyncDisposable {
  readonly #folder: string;
  readonly #plan: Plan;
  #child: ChildProcess | undefined;
  #ended: Promise<unknown> = Promise.resolve();
  #output = () => "";
  /** a server key with all scopes */
  readonly serverKey: string;

  private constructor(folder: string, plan: Plan, port: number, serverKey: string) {
    super(`http://127.0.0.1:${port}`);
    this.serverKey = serverKey;
    this.#folder = folder;
    this.#plan = { ...plan, port };
  }

  /**
   * Starts a server with an empty database. Resolves once it answers.
   * @param settings replace those of wrangler.toml; the rate limits are off if they are not among them
   * @param assets the folder of what is served without the Worker; absent: nothing is
   * @param path of the plan of the Worker; absent: that of the run
   */
  static async start(
    settings: Record<string, string> = {},
    assets?: string,
    path = inject("workerPlan"),
  ): Promise<TestServer> {
    const planned = Plan.omit({ inspector: true }).parse(JSON.parse(readFileSync(path, "utf8")));
    const folder = mkdtempSync(join(tmpdir(), "parley-client-"));
    const secret = { TOKEN_SECRET: randomBytes(32).toString("hex") };
    const defaults = { RATE_LIMITS: "off", ALLOWED_ORIGINS: "*", REQUEST_LOG: "failures" };
    const plan: Plan = {
      ...planned,
      state: join(folder, "state"),
      bindings: { ...planned.bindings, ...secret, ...defaults, ...settings },
      inspector: false,
      ...(assets !== undefined && { assets }),
    };
    const { text, id, hash } = generateServerKey();
    const server = new TestServer(folder, plan, await freePort(), text);
    const scopes = JSON.stringify(ServerScope.options);
    const insert = `INSERT INTO server_keys (id, name, scopes, hash, created_at)
      VALUES ('${id}', 'test', '${scopes}', '${hash}', 0)`;
    await server.#run([...plan.migrations, { binding: "DB", queries: [insert] }]);
    return server;
  }

  /** The folder with all that the server stores: SQLite files and the bytes of files. */
  get state(): string {
    return this.#plan.state;
  }

  /** What the Worker has logged since its last start. */
  get output(): string {
    return this.#output();
  }

  /** Kills the server at once, as a power cut would. Resolves when no process of it is left. */
  async kill(): Promise<void> {
    noteOutage(this.origin);
    if (this.#child) killHost(this.#child);
    this.#child = undefined;
    await this.#ended;
  }

  /** Starts the server again after `kill`, on the same port and state. Resolves once it answers. */
  async restart(): Promise<void> {
    await this.#run([]);
  }

  /** Kills the server and removes its state. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }

  async #run(migrations: Plan["migrations"]): Promise<void> {
    if (this.#child !== undefined) throw new Error("the server is running");
    const planned = join(this.#folder, "plan.json");
    writeFileSync(planned, JSON.stringify({ ...this.#plan, migrations } satisfies Plan));
    // A killed runtime leaves its own temporary files, which are removed with the folder.
    const child = spawnHost([process.execPath, join(ROOT, "bench/host.ts"), planned], {
      scratch: this.#folder,
    });
    this.#child = child;
    this.#output = collectOutput(child);
    this.#ended = once(child, "close");
    try {
      await readiness(child, START_TIMEOUT_MS);
      const { status } = await fetch(`${this.origin}/healthz`);
      if (status !== 200) throw new Error(`/healthz answers ${status}`);
    } catch (cause) {
      await this.kill();
      throw new Error(`the server does not start:\n${this.output}`, { cause });
    }
  }
}

/**
 * Each worker of a run has ports of its own: none gets that of a server of another which is starting, or is
 * killed and will be back. The main process has those of number 0.
 */
const SHARE = Math.floor((PORTS.to - PORTS.from) / (availableParallelism() + 2));
/** Where this process began among its ports. Other runs on the machine begin elsewhere. */
const begin = randomInt(SHARE);
let given = 0;

/** A port that nobody listens on, that the system gives to no outgoing connection, and that comes once. */
export async function freePort(): Promise<number> {
  const worker = Number(process.env.VITEST_POOL_ID ?? 0) % (availableParallelism() + 2);
  while (given < SHARE) {
    const port = PORTS.from + worker * SHARE + ((begin + given++) % SHARE);
    if (!(await portTaken(port, undefined))) return port;
  }
  throw new Error(`this worker has used its ${SHARE} ports`);
}

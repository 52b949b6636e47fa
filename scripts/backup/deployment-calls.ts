import { z } from "zod";
import {
  BACKUP_ANSWERS,
  type BackupRead,
  type ConversationRest,
  type DatabasePart,
  type LogAnswer,
  type LogItem,
  type ObjectKind,
  type ObjectRows,
  type RestItem,
  RestoreState,
  type RestoreWrite,
  type TablePlace,
  type TablesItem,
  type TablesPart,
} from "../../src/domain/backup/parts.ts";
import type { BackupSource, RestoreTarget } from "../../src/domain/backup/ports.ts";

/** How often a call is made that a busy server does not answer, and the first pause before the next (ms). */
const TRIES = 6;
const PAUSE_MS = 500;
/** How long a call may take, and one with the bytes of a file: 1 GB within it needs 2 Mbit/s. */
const TIMEOUT_MS = 5 * 60_000;
const FILE_TIMEOUT_MS = 70 * 60_000;

const Problem = z.object({ detail: z.string() });

/** Makes a request; the fetch of the runtime, or a test's. */
type Fetch = (request: Request) => Promise<Response>;

/** The calls of a deployment for backups, with a key that has the scope `backup`. */
class BackupCalls {
  readonly #origin: string;
  readonly #key: string;
  readonly #fetch: Fetch;

  constructor(origin: string, key: string, fetchFrom: Fetch = (request) => fetch(request)) {
    this.#origin = origin;
    this.#key = key;
    this.#fetch = fetchFrom;
  }

  async post<T>(path: "read" | "write", body: BackupRead | RestoreWrite, answer: z.ZodType<T>): Promise<T> {
    const headers = { "Content-Type": "application/json" };
    const response = await this.call(path, TIMEOUT_MS, {
      method: "POST",
      headers,
      body: JSON.stringify(body),
    });
    if (!response.ok) throw await failureOf(response);
    return answer.parse(await response.json());
  }

  /** A call, which is repeated where the server fails or cannot be reached: each may be made twice. */
  async call(path: string, timeoutMs: number, init: RequestInit): Promise<Response> {
    for (let tries = 1; ; tries++) {
      const signal = AbortSignal.timeout(timeoutMs);
      const request = new Request(`${this.#origin}/v1/server/backup/${path}`, { ...init, signal });
      request.headers.set("Authorization", `Bearer ${this.#key}`);
      const answer = await this.#fetch(request).catch((error: unknown) => ({ error }));
      if (!("error" in answer) && answer.status !== 429 && answer.status < 500) return answer;
      if (tries === TRIES) {
        if ("error" in answer) throw answer.error;
        return answer;
      }
      const wait = "error" in answer ? 0 : retryAfterMs(answer);
      if (!("error" in answer)) await answer.body?.cancel();
      await pause(Math.max(wait, PAUSE_MS * 2 ** (tries - 1)));
    }
  }
}

/** A deployment that is backed up, over its calls. */
export class SourceCalls implements BackupSource {
  readonly #calls: BackupCalls;

  constructor(origin: string, key: string, fetchFrom?: Fetch) {
    this.#calls = new BackupCalls(origin, key, fetchFrom);
  }

  async ids(kind: ObjectKind, after: string | null): Promise<string[]> {
    return (await this.#calls.post("read", { what: "ids", kind, after }, BACKUP_ANSWERS.ids)).ids;
  }

  async tables(kind: ObjectKind, items: TablesItem[]): Promise<(TablesPart | null)[]> {
    return (await this.#calls.post("read", { what: "tables", kind, items }, BACKUP_ANSWERS.tables)).tables;
  }

  async logs(items: LogItem[]): Promise<(LogAnswer | null)[]> {
    return (await this.#calls.post("read", { what: "logs", items }, BACKUP_ANSWERS.logs)).logs;
  }

  async rest(item: RestItem): Promise<ConversationRest | null> {
    return (await this.#calls.post("read", { what: "rest", item }, BACKUP_ANSWERS.rest)).rest;
  }

  async database(place: TablePlace | null): Promise<DatabasePart> {
    return (await this.#calls.post("read", { what: "database", place }, BACKUP_ANSWERS.database)).database;
  }

  async file(key: string): Promise<{ bytes: ReadableStream<Uint8Array>; size: number } | null> {
    const response = await this.#calls.call(`files/${key}`, FILE_TIMEOUT_MS, { method: "GET" });
    if (response.status === 404) {
      await response.body?.cancel();
      return null;
    }
    if (!response.ok) throw await failureOf(response);
    const size = Number(response.headers.get("Content-Length"));
    return { bytes: response.body ?? new Blob([]).stream(), size };
  }
}

/** A deployment that a backup is restored into, over its calls. */
export class TargetCalls implements RestoreTarget {
  readonly #calls: BackupCalls;

  constructor(origin: string, key: string, fetchFrom?: Fetch) {
    this.#calls = new BackupCalls(origin, key, fetchFrom);
  }

  async begin(backup: string): Promise<{ isLoaded: boolean }> {
    return { isLoaded: await this.#write({ what: "begin", backup }) };
  }

  async objects(items: ObjectRows[]): Promise<void> {
    await this.#write({ what: "objects", items });
  }

  async database(rows: string): Promise<void> {
    await this.#write({ what: "database", rows });
  }

  async file(key: string, bytes: Blob): Promise<void> {
    const headers = { "Content-Type": "application/octet-stream" };
    const init = { method: "PUT", headers, body: bytes };
    const response = await this.#calls.call(`files/${key}`, FILE_TIMEOUT_MS, init);
    if (!response.ok) throw await failureOf(response);
  }

  async loaded(): Promise<void> {
    await this.#write({ what: "loaded" });
  }

  async finish(kind: ObjectKind, ids: string[]): Promise<void> {
    await this.#write({ what: "finish", kind, ids });
  }

  async end(): Promise<void> {
    await this.#write({ what: "end" });
  }

  async #write(body: RestoreWrite): Promise<boolean> {
    return (await this.#calls.post("write", body, RestoreState)).loaded;
  }
}

/** Why the deployment has refused a call, in its own words. */
async function failureOf(response: Response): Promise<Error> {
  const { status } = response;
  const problem = Problem.safeParse(await response.json().catch(() => null));
  return new Error(problem.success ? `${problem.data.detail} (${status})` : `The server answered ${status}.`);
}

/** What an answer asks for in seconds. A proxy may write a date instead: 0. */
function retryAfterMs({ headers }: Response): number {
  const seconds = Number(headers.get("Retry-After"));
  return Number.isFinite(seconds) ? seconds * 1_000 : 0;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

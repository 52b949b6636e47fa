import { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { ImportFailure, messageOf } from "../failure.ts";
import { firstIssue } from "../input/json.ts";

const TRIES = 10;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;
const TIMEOUT_MS = 300_000;

const Counts = z.record(z.string(), z.int().nonnegative());

/** The server's answer to a part. */
const PartAnswer = z.object({
  imported: Counts,
  unchanged: Counts,
  left_out: z.array(
    z.object({
      line: z.int(),
      type: z.string().nullish(),
      external_id: z.string().nullish(),
      reason: z.string(),
    }),
  ),
  left_out_count: z.int().nonnegative(),
  files_wanted: z.array(z.object({ external_id: z.string(), sha256: z.string() })),
});
export type PartAnswer = z.infer<typeof PartAnswer>;

const Users = z.object({
  items: z.array(z.object({ external_id: z.string().nullable(), email: z.string(), state: z.string() })),
  next_cursor: z.string().nullable(),
});
const Problem = z.object({
  code: z.string().optional(),
  title: z.string().optional(),
  detail: z.string().optional(),
});

/**
 * The calls of a deployment that an import makes. Each is repeated after a failure: a repeat changes
 * nothing.
 */
export class ImportServer {
  readonly #origin: string;
  readonly #key: string;

  /** @throws ImportFailure if `url` is no address */
  constructor(url: string, key: string) {
    if (!URL.canParse(url)) throw new ImportFailure(`PARLEY_URL is no address: ${url}`);
    this.#origin = new URL(url).origin;
    this.#key = key;
  }

  /** Imports some lines. @throws ImportFailure if the server refuses them */
  async part(lines: string, isDry: boolean): Promise<PartAnswer> {
    const answer = await this.#call(`/v1/server/imports?dry_run=${isDry}`, () => ({
      method: "POST",
      headers: { "Content-Type": "application/jsonl" },
      body: lines,
    }));
    if (answer.status !== 200) throw refusal("the import", answer);
    return parse(PartAnswer, answer.body);
  }

  /**
   * Hands a file over.
   * @returns null, or why the server does not take it
   */
  async file(sha256: string, size: number, open: () => Promise<Readable>): Promise<string | null> {
    const path = `/v1/server/imports/files/${sha256}`;
    const answer = await this.#call(path, async () => ({
      method: "PUT",
      headers: { "Content-Length": String(size), "Content-Type": "application/octet-stream" },
      body: Readable.toWeb(await open()),
      duplex: "half",
    }));
    if (answer.status === 200 || answer.status === 201) return null;
    const failure = refusal("a file", answer);
    if (answer.status === 401 || answer.status === 403) throw failure;
    return failure.message;
  }

  /** The external ids of users by e-mail, if one user alone has the address. Needs the scope `users`. */
  async usersByEmail(): Promise<{ found: Map<string, string>; ambiguous: number; withoutId: number }> {
    const ids = new Map<string, (string | null)[]>();
    for (let cursor: string | null = ""; cursor !== null; ) {
      const query: string = cursor ? `&cursor=${encodeURIComponent(cursor)}` : "";
      const answer = await this.#call(`/v1/server/users?limit=100${query}`, () => ({}));
      if (answer.status !== 200) throw refusal("the list of users (--match-email)", answer);
      const page: z.infer<typeof Users> = parse(Users, answer.body);
      for (const { external_id: id, email, state } of page.items) {
        const address = email.trim().toLowerCase();
        if (address && state !== "deactivated") ids.set(address, [...(ids.get(address) ?? []), id]);
      }
      cursor = page.next_cursor;
    }
    const found = new Map<string, string>();
    let withoutId = 0;
    for (const [email, [id, ...others]] of ids) {
      if (others.length > 0) continue;
      if (id) found.set(email, id);
      else withoutId++;
    }
    return { found, withoutId, ambiguous: ids.size - found.size - withoutId };
  }

  async #call(path: string, request: () => RequestOptions | Promise<RequestOptions>): Promise<Answer> {
    for (let count = 1; ; count++) {
      let why: string;
      let pause = Math.min(FIRST_PAUSE_MS * 2 ** (count - 1), LONGEST_PAUSE_MS);
      const { headers, ...options } = await request();
      try {
        const response = await fetch(this.#origin + path, {
          ...options,
          headers: { ...headers, Authorization: `Bearer ${this.#key}` },
          signal: AbortSignal.timeout(TIMEOUT_MS),
        });
        const { status } = response;
        const text = await response.text();
        if (status !== 429 && status < 500) return { status, body: jsonOf(text) };
        why = `it answers ${status}`;
        // A proxy may answer with a date: `Number` makes NaN of it.
        pause = Math.max(pause, Number(response.headers.get("Retry-After")) * 1000 || 0);
      } catch (error) {
        why = messageOf(error);
      }
      if (count === TRIES)
        throw new ImportFailure(
          `${this.#origin} does not take it after ${TRIES} tries: ${why}.\n` +
            "Run the same command again when it does: what is there already stays as it is.",
        );
      await sleep(pause);
    }
  }
}

/** `body` undefined: it is no JSON */
interface Answer {
  status: number;
  body: unknown;
}

type RequestOptions = Omit<RequestInit, "headers" | "signal"> & {
  headers?: Record<string, string>;
  duplex?: "half";
};

function parse<S extends z.ZodType>(schema: S, body: unknown): z.output<S> {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw new ImportFailure(
    `The server's answer is not understood (${firstIssue(parsed.error)}). Is it Parley?`,
  );
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The schema of the answer refuses undefined.
    return undefined;
  }
}

function refusal(what: string, { status, body }: Answer): ImportFailure {
  const { code, title, detail } = Problem.catch({}).parse(body);
  const why = [code, detail ?? title].filter(Boolean).join(": ") || "no reason given";
  const hint = status === 401 ? " Is PARLEY_KEY a key that works?" : "";
  return new ImportFailure(`The server refuses ${what} with ${status} (${why}).${hint}`);
}

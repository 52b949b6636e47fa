import { createLocalJWKSet, type JWTVerifyGetKey } from "jose";
import { z } from "zod";
import type { Timing } from "../../domain/timing.ts";
import { errorFields, log } from "../../lib/logger.ts";
import { guardedFetch, type WayOut } from "../../lib/outgoing/guarded-fetch.ts";

/** A large issuer has some ten keys, of 2 KiB each with their certificates. */
const MAX_BYTES = 256 * 1024;

const KeySet = z.object({ keys: z.array(z.looseObject({ kty: z.string() })).max(100) });

/** What an isolate knows of the keys at one URL. Times are milliseconds; 0: never. */
interface Known {
  keys: JWTVerifyGetKey | null;
  loadedAt: number;
  /** when the last load failed */
  failedAt: number;
  /** when a key that was not in the set last had it loaded again */
  renewedAt: number;
  /** the load under way. It never rejects */
  loading: Promise<void> | null;
}

/**
 * The public keys of issuers, as plain data, which the requests of an isolate share. Loads of one set never
 * run side by side.
 */
export class KeySets {
  readonly #timing: Timing["keySets"];
  readonly #sets = new Map<string, Known>();

  constructor(timing: Timing["keySets"]) {
    this.#timing = timing;
  }

  /**
   * The keys at a URL, at most `keepMs` old, or older ones if the issuer does not answer.
   * @param request its way out, and what keeps a load alive beyond it
   * @returns null: none were ever loaded, and the issuer does not answer
   */
  async get(url: string, request: LoadingRequest): Promise<JWTVerifyGetKey | null> {
    const known = this.#of(url);
    const now = Date.now();
    const isFresh = known.keys !== null && now - known.loadedAt < this.#timing.keepMs;
    const pauseMs = known.keys === null ? this.#timing.retryMs : this.#timing.renewMs;
    if (!isFresh && now - known.failedAt >= pauseMs) await this.#load(url, known, request);
    return known.keys;
  }

  /**
   * Loads the keys again, as a token names one that is not among them: once in `renewMs` at most.
   * @param lacking the keys among which it is not
   * @returns newer keys; null: it is not known whether there are any
   */
  async renew(
    url: string,
    lacking: JWTVerifyGetKey,
    request: LoadingRequest,
  ): Promise<JWTVerifyGetKey | null> {
    const known = this.#of(url);
    // Another request has loaded newer ones meanwhile.
    if (known.keys && known.keys !== lacking) return known.keys;
    const now = Date.now();
    const isUnderWay = known.loading !== null;
    if (!isUnderWay && now - known.renewedAt < this.#timing.renewMs) return null;
    known.renewedAt = now;
    const { loadedAt } = known;
    await this.#load(url, known, request);
    return known.loadedAt > loadedAt ? known.keys : null;
  }

  #of(url: string): Known {
    const known = this.#sets.get(url);
    if (known) return known;
    const made: Known = { keys: null, loadedAt: 0, failedAt: 0, renewedAt: 0, loading: null };
    this.#sets.set(url, made);
    return made;
  }

  /** Loads a set, or waits for the load that another request has begun. */
  async #load(url: string, known: Known, { wayOut, waitUntil }: LoadingRequest): Promise<void> {
    if (!known.loading) {
      known.loading = this.#loadInto(url, known, wayOut).finally(() => {
        known.loading = null;
      });
      waitUntil(known.loading);
    }
    const { loading } = known;
    let timer: ReturnType<typeof setTimeout> | undefined;
    // The request that began a load may be cancelled, and its promise never settle.
    const isLate = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, this.#timing.timeoutMs + this.#timing.graceMs);
    });
    await Promise.race([loading, isLate]);
    clearTimeout(timer);
    if (known.loading === loading) known.loading = null;
  }

  async #loadInto(url: string, known: Known, wayOut: WayOut): Promise<void> {
    try {
      const keys = await loadKeySet(url, wayOut, this.#timing.timeoutMs);
      Object.assign(known, { keys, loadedAt: Math.max(Date.now(), known.loadedAt + 1) });
    } catch (error) {
      known.failedAt = Date.now();
      log("warn", "key_set_failed", { url, ...errorFields(error) });
    }
  }
}

/** The request that has keys loaded. */
interface LoadingRequest {
  wayOut: WayOut;
  waitUntil(work: Promise<unknown>): void;
}

/** Loads a key set. @throws for any answer but a key set of 256 KiB at most, in time, without a redirect */
async function loadKeySet(url: string, wayOut: WayOut, timeoutMs: number): Promise<JWTVerifyGetKey> {
  const headers = { Accept: "application/jwk-set+json, application/json" };
  const call = { ...{ url, headers, timeoutMs }, method: "GET", maxBytes: MAX_BYTES } as const;
  const { status, body } = await guardedFetch(call, wayOut);
  if (status !== 200) throw new Error(`the key set was answered with status ${status}`);
  return createLocalJWKSet(KeySet.parse(JSON.parse(new TextDecoder().decode(body))));
}

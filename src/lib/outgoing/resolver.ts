import { z } from "zod";
import { LruMap } from "../lru-map.ts";
import { isPublic } from "./address.ts";

/** A and AAAA, as DNS numbers them. */
const TYPES = [1, 28] as const;
/** A name is looked up again after a minute, also if its record may be kept for longer. */
const KEEP_MS = 60_000;
const MAX_NAMES = 1_000;

/** The statuses of an answer: there are records, or there is no such name. */
const ANSWERED: readonly number[] = [0, 3];
const Answer = z.object({
  Status: z.int().refine((status) => ANSWERED.includes(status), "the name server has failed"),
  Answer: z.array(z.object({ type: z.int(), data: z.string() })).optional(),
});

/** What is known of a name: all its addresses are public, or not all are. */
interface Known {
  isPublic: boolean;
  until: number;
}

const known = new LruMap<string, Known>(() => MAX_NAMES);

/**
 * Whether a name has addresses, and all of them are public. It asks by DNS over HTTPS, in JSON.
 * @param resolver the URL of the name server
 * @throws if the name server gives no answer
 */
export async function leadsToPublic(name: string, resolver: string, signal: AbortSignal): Promise<boolean> {
  const key = `${resolver} ${name}`;
  const found = known.get(key);
  if (found && found.until > Date.now()) return found.isPublic;
  const addresses = (await Promise.all(TYPES.map((type) => ask(name, type, resolver, signal)))).flat();
  const isWholly = addresses.length > 0 && addresses.every(isPublic);
  known.set(key, { isPublic: isWholly, until: Date.now() + KEEP_MS });
  return isWholly;
}

/** The addresses of one type. Aliases on the way are left out. */
async function ask(name: string, type: number, resolver: string, signal: AbortSignal): Promise<string[]> {
  const url = new URL(resolver);
  url.searchParams.set("name", name);
  url.searchParams.set("type", String(type));
  const headers = { Accept: "application/dns-json" };
  const response = await fetch(url, { headers, redirect: "manual", signal });
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new Error(`the name server answered with status ${response.status}`);
  }
  const { Answer: records = [] } = Answer.parse(await response.json());
  return records.filter((record) => record.type === type).map(({ data }) => data);
}

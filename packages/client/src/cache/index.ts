import { Cache } from "./cache.ts";

export type { Cache } from "./cache.ts";

/**
 * Opens the cache of one user on one server: `new Chat({ …, cache: openCache("alice@chat.example") })`.
 * @param name stands for one user of one server: what it keeps is shown before the server has said who asks
 */
export function openCache(name: string): Cache {
  return new Cache(`parley:${name}`);
}

import { env } from "cloudflare:workers";

/** Sets `LIVE_MEMBERS` for objects that start from now on. @returns restores it */
export function setLiveMembers(count: number): () => void {
  const { LIVE_MEMBERS: before } = env;
  const set = (value: string) =>
    Object.defineProperty(env, "LIVE_MEMBERS", {
      configurable: true,
      writable: true,
      enumerable: true,
      value,
    });
  set(String(count));
  return () => void set(before);
}

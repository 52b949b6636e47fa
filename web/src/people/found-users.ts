import type { FoundUser } from "parley-client/people";
import { useEffect, useState } from "preact/hooks";
import { useAccount } from "../state/context.ts";
import { type Loaded, useLoaded } from "../state/use-loaded.ts";

/** A lookup begins when nothing was typed for this time, in ms. */
const PAUSE = 250;

interface Found extends Loaded<readonly FoundUser[]> {
  /** what was looked up; empty: nothing yet */
  username: string;
}

/** The user with a username, once the user has typed it. The server knows whole usernames alone. */
export function useFoundUsers(text: string): Found {
  const { chat } = useAccount();
  const username = usePaused(text.trim(), PAUSE);
  const found = useLoaded(username, async () => {
    if (username === "") return [];
    return (await chat.api.call("get", "/v1/users", { query: { username } })).items;
  });
  return { username, ...found };
}

/** A value that follows another one when that has not changed for a time, in ms. */
function usePaused(value: string, pause: number): string {
  const [paused, setPaused] = useState(value);
  useEffect(() => {
    const wait = setTimeout(() => setPaused(value), pause);
    return () => clearTimeout(wait);
  }, [value, pause]);
  return paused;
}

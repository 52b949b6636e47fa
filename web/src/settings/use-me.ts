import type { components } from "parley-client";
import { useAccount } from "../state/context.ts";
import { type Loaded, useLoaded } from "../state/use-loaded.ts";

/** The user's own account, as only they are shown it. */
export type Me = components["schemas"]["Me"];

/** Loads the user's own account. */
export function useMe(): Loaded<Me> {
  const { chat } = useAccount();
  return useLoaded("me", () => chat.api.call("get", "/v1/me", {}));
}

import { useMemo, useSyncExternalStore } from "preact/compat";
import { nameOf } from "../lib/names.ts";
import { useAccount } from "./context.ts";

/** What users are called, by their ids. Those who are not known are asked for. */
export function useNames(ids: readonly number[]): ReadonlyMap<number, string> {
  const { chat, people } = useAccount();
  const known = useSyncExternalStore(people.subscribe, () =>
    JSON.stringify(
      ids.flatMap((id) => {
        const user = chat.state.user(id) ?? people.user(id);
        return user ? [[id, nameOf(user)]] : [];
      }),
    ),
  );
  return useMemo(() => new Map<number, string>(JSON.parse(known)), [known]);
}

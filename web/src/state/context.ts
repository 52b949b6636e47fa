import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Account } from "./account.ts";

const context = createContext<Account | null>(null);

/** Gives the account to what is inside of it. */
export const AccountProvider = context.Provider;

/** The account of the user who is signed in; null: nobody is. */
export function useSignedIn(): Account | null {
  return useContext(context);
}

/** The account of the user who is signed in, where nothing is shown to others. */
export function useAccount(): Account {
  const account = useSignedIn();
  if (!account) throw new Error("nobody is signed in here");
  return account;
}

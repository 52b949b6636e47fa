import { useLayoutEffect, useState } from "preact/hooks";
import { type Account, openAccount } from "../state/account.ts";
import { AccountProvider } from "../state/context.ts";
import { session } from "../state/session.ts";
import { lazy } from "../ui/lazy.tsx";
import { Boundary } from "../ui/missing/boundary.tsx";
import { Shell } from "./shell.tsx";

const resolveNamed: Parameters<typeof openAccount>[1] = async (account, item) => {
  const { resolveNamed: resolve } = await import("parley-react/mentions");
  return resolve(account, item);
};
const SignIn = lazy(async () => (await import("../account/sign-in.tsx")).SignIn);

/** The page: the sign-in, or what a user sees who is signed in. */
export function App() {
  const kept = session.value;
  // At /sign-in a user signs in, also one who has a session: they show once more who they are.
  const signedIn = location.pathname === "/" ? kept : null;
  const [account, setAccount] = useState<Account | null>(null);
  // Before the browser paints: nothing is shown without it.
  useLayoutEffect(() => {
    if (!signedIn) return setAccount(null);
    const opened = openAccount(signedIn.userId, resolveNamed);
    setAccount(opened);
    return () => void opened.close();
  }, [signedIn?.userId]);
  if (!signedIn) return <SignIn />;
  // The account of another session is still closing.
  if (account?.me !== signedIn.userId) return null;
  return (
    <AccountProvider value={account}>
      <Boundary>
        <Shell key={account.me} />
      </Boundary>
    </AccountProvider>
  );
}

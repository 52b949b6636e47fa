import { Problem } from "parley-client";
import { useEffect, useState } from "preact/hooks";
import { t } from "../../i18n/i18n.ts";
import { noteProof } from "../../lib/issuer/proof.ts";
import { alone, keepTokens, renewedAlone } from "../../lib/issuer/tokens.ts";
import { parseAddress } from "../../state/address.ts";
import { reason } from "../../state/problem.ts";
import { go } from "../../state/router.ts";
import { farewell, keptSession, session } from "../../state/session.ts";
import { ProblemText } from "../../ui/problem-text.tsx";
import { endSession, exchange } from "../anonymous.ts";
import { begin, FlowError, finish, type IssuerAnswer, takePending } from "./flow.ts";
import { hostOf, type PageIssuer, SIGN_IN_PATH } from "./place.ts";

/**
 * Signs a user in by an issuer: sends them there, and opens a session when they come back. A user who has a
 * session shows once more who they are.
 */
export function IssuerPage({ issuer }: { issuer: PageIssuer }) {
  const host = hostOf(issuer);
  const [problem, setProblem] = useState("");
  const orProblem = async (work: () => Promise<void>) => {
    setProblem("");
    try {
      await work();
    } catch (error) {
      setProblem(explain(error, host));
    }
  };
  const leave = () =>
    orProblem(async () => location.replace(await begin(issuer, location.hash, keptSession() !== null)));
  const enter = () =>
    orProblem(async () => {
      const answer = new URLSearchParams(location.search);
      const pending = takePending();
      const hash = pending?.hash ?? "";
      // The code stands in no history, and a reload does not show it once more.
      history.replaceState(null, "", SIGN_IN_PATH + hash);
      const found = await finish(issuer, answer, pending);
      // Another tab may come back at this moment, too.
      await alone(() => openSession(found, hash, pending?.isAgain));
    });
  useEffect(() => {
    if (new URLSearchParams(location.search).has("state")) void enter();
    else void leave();
  }, []);
  if (!problem) return <p role="status">{t("issuer.working", { host })}</p>;
  return (
    <>
      <ProblemText text={problem} />
      <button class="primary" type="button" onClick={() => void leave()}>
        {t("issuer.again")}
      </button>
      <a href={`/${location.hash}`}>{t("action.back")}</a>
    </>
  );
}

/** Opens a session in the place of the one that this browser has. @param hash what is shown then */
async function openSession(
  { idToken, signOutAddress }: IssuerAnswer,
  hash: string,
  isAgain = false,
): Promise<void> {
  const before = keptSession();
  // The former session is ended by its token, which may have ended while the user was at the issuer.
  const former = before && (before.isRenewed ? await renewedAlone() : before.token);
  const { access_token: token, refresh_token: refreshToken, user } = await exchange(idToken);
  if (isAgain && before && before.userId !== user.id) {
    await endSession(token);
    throw new FlowError("another");
  }
  keepTokens({ token, refreshToken, signOutAddress });
  history.replaceState(null, "", "/");
  go(parseAddress(hash), { replace: true });
  farewell.value = null;
  if (isAgain && before) noteProof();
  session.value = { userId: user.id, token, isRenewed: true };
  // Unless the new session has taken its place already.
  if (former) void endSession(former).catch(() => {});
}

function explain(error: unknown, host: string): string {
  if (error instanceof FlowError) return t(`issuer.${error.fault}`, { host, detail: error.message });
  if (error instanceof Problem && error.code === "forbidden") return t("issuer.unknown", { host });
  if (error instanceof Problem && error.code === "suspended") return t("issuer.suspended");
  if (error instanceof Problem && error.status === 400) return t("issuer.refused", { host });
  return reason(error);
}

import { Problem } from "parley-client";
import { useState } from "preact/hooks";
import { t } from "../i18n/i18n.ts";
import { BRAND } from "../lib/brand.ts";
import { route } from "../state/router.ts";
import { farewell } from "../state/session.ts";
import { useLoaded } from "../state/use-loaded.ts";
import { lazy } from "../ui/lazy.tsx";
import { ProblemText } from "../ui/problem-text.tsx";
import { SETUP, signInWays } from "./anonymous.ts";
import { Invited } from "./invited.tsx";
import { hostOf, SIGN_IN_PATH } from "./issuer/place.ts";
import { PasswordForm } from "./password-form.tsx";

const IssuerPage = lazy(async () => (await import("./issuer/issuer-page.tsx")).IssuerPage);

/** What is offered while the server does not say how users sign in. */
const UNKNOWN: Awaited<ReturnType<typeof signInWays>> = { registration: "open", setup: false, issuer: null };

/** Where a user signs in: by the issuer of the server, by a password, or by either. */
export function SignIn() {
  const now = route.value;
  // Most who follow a link of somebody have no account yet.
  const [isNew, setNew] = useState(!farewell.value && (now.view === "invitation" || now.view === "user"));
  const { value, problem, error } = useLoaded("", signInWays);
  const isRefused = !isSecureContext && error instanceof Problem && error.code === "internal";
  const ways = value ?? (problem && !isRefused ? UNKNOWN : undefined);
  const issuer = ways?.issuer;
  const invitation = now.view === "invitation" ? now.code : undefined;
  const isSetup = invitation?.startsWith(SETUP) ?? false;
  const isInvited = invitation !== undefined && ways?.registration === "invited";
  const isOpen = isSetup ? ways?.setup : isInvited || ways?.registration === "open";
  const isAtIssuer = issuer && location.pathname === SIGN_IN_PATH;
  const hasForm = ways && (isOpen || !issuer) && !isAtIssuer;
  const isRegistering = isNew && isOpen === true;
  return (
    <main class="sign-in">
      <section>
        <p class="brand">
          <img src="/icons/icon.svg" alt="" width="40" height="40" />
          {BRAND}
        </p>
        {invitation && !isSetup && <Invited key={invitation} code={invitation} />}
        {now.view === "user" && <p role="status">{t("account.toUser")}</p>}
        <h1>{t(!isRegistering ? "signIn.title" : isSetup ? "setup.title" : "register.title")}</h1>
        {isSetup && ways && <p role="status">{t(ways.setup ? "setup.text" : "setup.gone")}</p>}
        {!invitation && ways?.registration === "invited" && <p>{t("signIn.invited")}</p>}
        {farewell.value && <p role="status">{t(farewell.value)}</p>}
        {isRefused && <ProblemText text={t("signIn.notHere")} />}
        {isAtIssuer && <IssuerPage issuer={issuer} />}
        {issuer && !isAtIssuer && (
          <a class="primary" href={SIGN_IN_PATH + location.hash}>
            {t("signIn.issuer", { host: hostOf(issuer) })}
          </a>
        )}
        {issuer && hasForm && <p class="or">{t("signIn.or")}</p>}
        {hasForm && (
          <PasswordForm
            isNew={isRegistering}
            invitation={invitation}
            onOther={isOpen ? () => setNew(!isNew) : undefined}
            isFirst={!issuer}
          />
        )}
      </section>
    </main>
  );
}

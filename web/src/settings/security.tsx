import type { components } from "parley-client";
import { useState } from "preact/hooks";
import { isAbout } from "../account/is-about.ts";
import { when } from "../i18n/format.ts";
import { t } from "../i18n/i18n.ts";
import { deviceName } from "../lib/device.ts";
import { useAccount } from "../state/context.ts";
import { session } from "../state/session.ts";
import { useAction } from "../state/use-action.ts";
import { type Loaded, useLoaded } from "../state/use-loaded.ts";
import { ProblemText } from "../ui/problem-text.tsx";
import { toast } from "../ui/toasts.tsx";
import { PasswordField } from "./password-field.tsx";

/** The password and the sessions. */
export function Security() {
  const { chat } = useAccount();
  // The server opens no session by an issuer for a user who has a password.
  const hasPassword = !session.peek()?.isRenewed;
  const sessions = useLoaded("sessions", () => chat.api.call("get", "/v1/sessions", {}));
  return (
    <>
      {hasPassword && <PasswordForm done={sessions.reload} />}
      <Sessions sessions={sessions} />
    </>
  );
}

function PasswordForm({ done }: { done: () => void }) {
  const { chat } = useAccount();
  const [current, setCurrent] = useState("");
  const [next, setNext] = useState("");
  const [isWeak, setWeak] = useState(false);
  const change = useAction(async () => {
    setWeak(false);
    try {
      await chat.api.call("post", "/v1/me/password", { body: { current, next } });
    } catch (error) {
      if (!isAbout(error, "next")) throw error;
      return setWeak(true);
    }
    setCurrent("");
    setNext("");
    toast(t("security.changed"));
    done();
  });
  return (
    <form
      class="card"
      aria-label={t("security.password")}
      onSubmit={(event) => {
        event.preventDefault();
        void change.run();
      }}
    >
      <h4>{t("security.password")}</h4>
      <PasswordField
        label="security.current"
        value={current}
        onChange={setCurrent}
        autocomplete="current-password"
      />
      <PasswordField label="security.next" value={next} onChange={setNext} autocomplete="new-password" />
      <ProblemText text={isWeak ? t("account.weak") : change.problem} />
      <button class="secondary" type="submit" disabled={change.isBusy}>
        {t("security.change")}
      </button>
    </form>
  );
}

interface SessionsProps {
  sessions: Loaded<{ items: readonly components["schemas"]["Session"][] }>;
}

function Sessions({ sessions: { value, problem, reload } }: SessionsProps) {
  const { chat } = useAccount();
  const end = useAction(async (id: string) => {
    await chat.api.call("delete", "/v1/sessions/{id}", { path: { id } });
    reload();
  });
  return (
    <section class="card" aria-label={t("security.sessions")}>
      <h4>{t("security.sessions")}</h4>
      <p class="hint-text">{t("security.sessionsHint")}</p>
      {(problem || end.problem) && <p class="problem">{problem || end.problem}</p>}
      <ul class="people">
        {value?.items.map(({ id, user_agent: agent, last_seen_at: at, current }) => (
          <li key={id} class="person-row">
            <span class="session" title={agent}>
              {deviceName(agent)}
              <small>{current ? t("security.thisSession") : t("security.lastSeen", { at: when(at) })}</small>
            </span>
            {!current && (
              <button class="link" type="button" onClick={() => void end.run(id)}>
                {t("security.end")}
              </button>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

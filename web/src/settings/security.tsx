import type { components } from "parley-client";
import { useState } from "preact/hooks";
import type { Key } from "../i18n/catalog.ts";
import { when } from "../i18n/format.ts";
import { t } from "../i18n/i18n.ts";
import { deviceName } from "../lib/device.ts";
import { useAccount } from "../state/context.ts";
import { farewell } from "../state/session.ts";
import { useAction } from "../state/use-action.ts";
import { type Loaded, useLoaded } from "../state/use-loaded.ts";
import { Dialog } from "../ui/dialog.tsx";
import { ProblemText } from "../ui/problem-text.tsx";
import { toast } from "../ui/toasts.tsx";
import { signOut } from "./sign-out.ts";

/** The password, the sessions, and the end of the account. */
export function Security() {
  const { chat } = useAccount();
  const sessions = useLoaded("sessions", () => chat.api.call("get", "/v1/sessions", {}));
  return (
    <section class="form" aria-label={t("security.title")}>
      <h3>{t("security.title")}</h3>
      <PasswordForm done={sessions.reload} />
      <Sessions sessions={sessions} />
      <DeleteAccount />
    </section>
  );
}

function PasswordForm({ done }: { done: () => void }) {
  const { chat } = useAccount();
  const [current, setCurrent] = useState("");
  const [next, setNext] = useState("");
  const change = useAction(async () => {
    await chat.api.call("post", "/v1/me/password", { body: { current, next } });
    setCurrent("");
    setNext("");
    toast(t("security.changed"));
    done();
  });
  return (
    <form
      class="form"
      onSubmit={(event) => {
        event.preventDefault();
        void change.run();
      }}
    >
      <Password
        label="security.current"
        value={current}
        onChange={setCurrent}
        autocomplete="current-password"
      />
      <Password label="security.next" value={next} onChange={setNext} autocomplete="new-password" />
      <ProblemText text={change.problem} />
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
    <section class="group">
      <h3>{t("security.sessions")}</h3>
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

function DeleteAccount() {
  const account = useAccount();
  const { chat } = account;
  const [isOpen, setOpen] = useState(false);
  const [password, setPassword] = useState("");
  const remove = useAction(async () => {
    await chat.api.call("delete", "/v1/me", { body: { password } });
    farewell.value = "account.deleted";
    await signOut(account);
  });
  return (
    <>
      <button class="secondary" data-danger type="button" onClick={() => setOpen(true)}>
        {t("security.delete")}
      </button>
      {isOpen && (
        <Dialog title={t("security.delete")} onClose={() => setOpen(false)}>
          <form
            class="form"
            onSubmit={(event) => {
              event.preventDefault();
              void remove.run();
            }}
          >
            <p>{t("security.deleteHint")}</p>
            <Password
              label="account.password"
              value={password}
              onChange={setPassword}
              autocomplete="current-password"
            />
            <ProblemText text={remove.problem} />
            <button class="secondary" data-danger type="submit" disabled={remove.isBusy || password === ""}>
              {t("security.deleteForever")}
            </button>
          </form>
        </Dialog>
      )}
    </>
  );
}

interface PasswordProps {
  label: Key;
  value: string;
  onChange: (value: string) => void;
  autocomplete: "current-password" | "new-password";
}

function Password({ label, value, onChange, autocomplete }: PasswordProps) {
  return (
    <label class="field">
      {t(label)}
      <input
        type="password"
        required
        {...{ value, autocomplete }}
        onInput={({ currentTarget }) => onChange(currentTarget.value)}
      />
    </label>
  );
}

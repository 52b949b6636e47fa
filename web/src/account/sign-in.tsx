import { Problem } from "parley-client";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import type { Key } from "../i18n/catalog.ts";
import { t } from "../i18n/i18n.ts";
import { hasKeyboard } from "../lib/keyboard.ts";
import { isAbout, reason } from "../state/problem.ts";
import { route } from "../state/router.ts";
import { farewell } from "../state/session.ts";
import { ProblemText } from "../ui/problem-text.tsx";
import { register, signIn } from "./anonymous.ts";
import { Invited } from "./invited.tsx";

/** The form with which a user signs in, or creates an account. */
export function SignIn() {
  const now = route.value;
  // Most who follow a link of somebody have no account yet.
  const [isNew, setNew] = useState(!farewell.value && (now.view === "invitation" || now.view === "user"));
  const [problem, setProblem] = useState("");
  const [isBusy, setBusy] = useState(false);
  const [username, setUsername] = useState("");
  const [nickname, setNickname] = useState("");
  const [password, setPassword] = useState("");

  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    if (hasKeyboard()) form.current?.querySelector("input")?.focus();
  }, []);

  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    setBusy(true);
    setProblem("");
    try {
      if (isNew) await register({ username, password, ...(nickname && { nickname }) });
      else await signIn({ username, password });
      farewell.value = null;
    } catch (error) {
      setProblem(explain(error, isNew));
      setBusy(false);
    }
  };

  return (
    <main class="sign-in">
      <form ref={form} onSubmit={submit}>
        <p class="brand">
          <img src="/icons/icon.svg" alt="" width="40" height="40" />
          {t("app.name")}
        </p>
        {now.view === "invitation" && <Invited key={now.code} code={now.code} />}
        {now.view === "user" && <p role="status">{t("account.toUser")}</p>}
        <h1>{t(isNew ? "register.title" : "signIn.title")}</h1>
        {farewell.value && <p role="status">{t(farewell.value)}</p>}
        <Field
          label="account.username"
          hint={isNew ? "account.usernameHint" : undefined}
          value={username}
          onChange={setUsername}
          autocomplete="username"
        />
        {isNew && (
          <Field
            label="account.nickname"
            hint="account.nicknameHint"
            value={nickname}
            onChange={setNickname}
            autocomplete="nickname"
            required={false}
          />
        )}
        <Field
          label="account.password"
          hint={isNew ? "account.passwordHint" : undefined}
          value={password}
          onChange={setPassword}
          type="password"
          autocomplete={isNew ? "new-password" : "current-password"}
        />
        <ProblemText text={problem} />
        <button class="primary" type="submit" disabled={isBusy}>
          {t(isNew ? "register.submit" : "signIn.submit")}
        </button>
        <button
          class="link"
          type="button"
          onClick={() => {
            setNew(!isNew);
            setProblem("");
          }}
        >
          {t(isNew ? "register.toSignIn" : "signIn.toRegister")}
        </button>
      </form>
    </main>
  );
}

function explain(error: unknown, isNew: boolean): string {
  if (error instanceof Problem && error.code === "unauthenticated") return t("account.wrong");
  if (error instanceof Problem && error.code === "conflict") return t("account.taken");
  if (isNew && isAbout(error, "password")) return t("account.weak");
  if (isNew && isAbout(error, "username")) return t("account.badName");
  if (isNew && isAbout(error, "nickname")) return t("account.badNickname");
  return reason(error);
}

interface FieldProps {
  label: Key;
  hint?: Key | undefined;
  value: string;
  onChange: (value: string) => void;
  type?: "text" | "password";
  autocomplete: "username" | "nickname" | "current-password" | "new-password";
  required?: boolean;
}

function Field({ label, hint, value, onChange, type = "text", autocomplete, required = true }: FieldProps) {
  const id = useId();
  const shared = {
    ...{ id, value, required, autocomplete, spellcheck: false },
    "aria-describedby": hint && `${id}-hint`,
    onInput: ({ currentTarget }: { currentTarget: HTMLInputElement }) => onChange(currentTarget.value),
  };
  return (
    <div class="field">
      <label for={id}>{t(label)}</label>
      {type === "password" ? (
        <input type="password" {...shared} />
      ) : (
        <input type="text" autocapitalize="none" {...shared} />
      )}
      {hint && <small id={`${id}-hint`}>{t(hint)}</small>}
    </div>
  );
}

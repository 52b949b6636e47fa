import { Problem } from "parley-client";
import { useId, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Key } from "../i18n/catalog.ts";
import { t } from "../i18n/i18n.ts";
import { hasKeyboard } from "../lib/system/keyboard.ts";
import { reason } from "../state/problem.ts";
import { farewell } from "../state/session.ts";
import { ProblemText } from "../ui/problem-text.tsx";
import { register, signIn } from "./anonymous.ts";
import { isAbout } from "./is-about.ts";

interface Props {
  /** whether it creates an account */
  isNew: boolean;
  /** the code of the link that the user has followed, if it is an invitation */
  invitation: string | undefined;
  /** shows the other form; undefined: nobody can create an account */
  onOther: (() => void) | undefined;
  /** whether it is what the user came for, and has the focus */
  isFirst: boolean;
}

/** The form with which a user signs in by a password, or creates an account. */
export function PasswordForm({ isNew, invitation, onOther, isFirst }: Props) {
  const [problem, setProblem] = useState("");
  const [isBusy, setBusy] = useState(false);
  const [username, setUsername] = useState("");
  const [nickname, setNickname] = useState("");
  const [password, setPassword] = useState("");

  const form = useRef<HTMLFormElement>(null);
  // With the render of the form: a frame later the user may be in another field.
  useLayoutEffect(() => {
    if (isFirst && hasKeyboard()) form.current?.querySelector("input")?.focus();
  }, []);

  /** the last call had no answer: its account may be there */
  const mayBeMade = useRef(false);
  /** Creates the account, or signs in to it if a call without an answer has created it. */
  const create = async () => {
    try {
      const more = { ...(nickname && { nickname }), ...(invitation && { invitation }) };
      await register({ username, password, ...more });
    } catch (error) {
      const { code } = error instanceof Problem ? error : {};
      // Another one with this name may be there, too: its password is another one. The first account of a
      // server is made once.
      if (!(code === "conflict" || code === "forbidden") || !mayBeMade.current) {
        mayBeMade.current = code === "no_answer";
        throw error;
      }
      await signIn({ username, password }).catch(() => Promise.reject(error));
    }
  };
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    setBusy(true);
    setProblem("");
    try {
      if (isNew) await create();
      else await signIn({ username, password });
      farewell.value = null;
    } catch (error) {
      setProblem(explain(error, isNew));
      setBusy(false);
    }
  };

  return (
    <form ref={form} onSubmit={submit}>
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
      {onOther && (
        <button
          class="link"
          type="button"
          onClick={() => {
            setProblem("");
            onOther();
          }}
        >
          {t(isNew ? "register.toSignIn" : "signIn.toRegister")}
        </button>
      )}
    </form>
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

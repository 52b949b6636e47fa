import { useState } from "preact/hooks";
import { t } from "../i18n/i18n.ts";
import { nameOf } from "../lib/names.ts";
import { PictureField } from "../people/picture-field.tsx";
import { useAccount } from "../state/context.ts";
import { useAction } from "../state/use-action.ts";
import { ProblemText } from "../ui/problem-text.tsx";
import { toast } from "../ui/toasts.tsx";
import { type Me, useMe } from "./use-me.ts";

/** What only other apps of the server show of a user, as texts without a form. */
const FOR_OTHER_APPS = ["gender", "birthday", "location", "language"] as const satisfies (keyof Me)[];
/** The server takes as many characters in each of them. */
const MAX_LENGTH = 128;

/** The user's own profile: picture, name, and what they say of themself. */
export function ProfileForm() {
  const { value, problem } = useMe();
  if (problem) return <ProblemText text={problem} />;
  return value ? <Form me={value} /> : null;
}

function Form({ me }: { me: Me }) {
  const { chat } = useAccount();
  const [nickname, setNickname] = useState(me.nickname);
  const [signature, setSignature] = useState(me.signature);
  const [email, setEmail] = useState(me.email);
  const [more, setMore] = useState(() => Object.fromEntries(FOR_OTHER_APPS.map((name) => [name, me[name]])));
  const [avatar, setAvatar] = useState(me.avatar);
  const save = useAction(async () => {
    const body = { ...more, nickname, signature, email, avatar };
    await chat.api.call("patch", "/v1/me", { body });
    toast(t("profile.saved"));
  });
  return (
    <form
      class="settings-form"
      onSubmit={(event) => {
        event.preventDefault();
        void save.run();
      }}
    >
      <div class="card">
        {me.policies.profiles === "user" && (
          <>
            <PictureField id={me.id} name={nameOf(me)} value={avatar} onChange={setAvatar} />
            <label class="field">
              {t("profile.nickname")}
              <input
                type="text"
                value={nickname}
                autocomplete="nickname"
                onInput={({ currentTarget }) => setNickname(currentTarget.value)}
              />
            </label>
          </>
        )}
        <label class="field">
          {t("profile.signature")}
          <textarea
            dir="auto"
            value={signature}
            // Its label has the hint in it.
            aria-label={t("profile.signature")}
            aria-describedby="signature-hint"
            onInput={({ currentTarget }) => setSignature(currentTarget.value)}
          />
          <small id="signature-hint">{t("profile.signatureHint")}</small>
        </label>
      </div>
      <div class="card">
        <label class="field">
          {t("profile.email")}
          <input
            // Other apps may have stored what is no address: a form with it can be saved all the same.
            type="text"
            inputMode="email"
            autocomplete="email"
            maxLength={MAX_LENGTH}
            value={email}
            aria-label={t("profile.email")}
            aria-describedby="email-hint"
            onInput={({ currentTarget }) => setEmail(currentTarget.value)}
          />
          <small id="email-hint">{t("profile.emailHint")}</small>
        </label>
      </div>
      <details class="card more-fields">
        <summary>{t("profile.more")}</summary>
        <small>{t("profile.moreHint")}</small>
        {FOR_OTHER_APPS.map((name) => (
          <label key={name} class="field">
            {t(`profile.${name}`)}
            <input
              type="text"
              dir="auto"
              maxLength={MAX_LENGTH}
              value={more[name]}
              onInput={({ currentTarget: { value } }) => setMore((before) => ({ ...before, [name]: value }))}
            />
          </label>
        ))}
      </details>
      <ProblemText text={save.problem} />
      <button class="primary" type="submit" disabled={save.isBusy}>
        {t("profile.save")}
      </button>
    </form>
  );
}

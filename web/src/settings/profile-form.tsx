import type { components } from "parley-client";
import { useState } from "preact/hooks";
import { t } from "../i18n/i18n.ts";
import { nameOf } from "../lib/names.ts";
import { PictureField } from "../people/picture-field.tsx";
import { useAccount } from "../state/context.ts";
import { useAction } from "../state/use-action.ts";
import { useLoaded } from "../state/use-loaded.ts";
import { ProblemText } from "../ui/problem-text.tsx";
import { toast } from "../ui/toasts.tsx";

type Me = components["schemas"]["Me"];

const POLICIES = ["allow", "approve", "deny"] as const satisfies Me["friend_policy"][];

/** Whom the user lets do something without being asked first. */
const ADMITTED = ["everybody", "contacts", "friends", "nobody"] as const satisfies Me["who_may_write"][];
const CONSENTS = [
  { name: "who_may_write", title: "profile.whoMayWrite" },
  { name: "who_may_add", title: "profile.whoMayAdd" },
] as const;

/** What only other apps of the server show of a user, as texts without a form. */
const FOR_OTHER_APPS = ["gender", "birthday", "location", "language"] as const satisfies (keyof Me)[];
/** The server takes as many characters in each of them. */
const MAX_LENGTH = 128;

/**
 * The user's own profile: picture, name, what they say of themself, and who may become their friend, write to
 * them and add them to groups.
 */
export function ProfileForm() {
  const { chat } = useAccount();
  const { value, problem } = useLoaded("me", () => chat.api.call("get", "/v1/me", {}));
  if (problem) return <p class="problem">{problem}</p>;
  return value ? <Form me={value} /> : null;
}

function Form({ me }: { me: Me }) {
  const { chat } = useAccount();
  const [nickname, setNickname] = useState(me.nickname);
  const [signature, setSignature] = useState(me.signature);
  const [email, setEmail] = useState(me.email);
  const [more, setMore] = useState(() => Object.fromEntries(FOR_OTHER_APPS.map((name) => [name, me[name]])));
  const [policy, setPolicy] = useState(me.friend_policy);
  // What the user has not chosen is left to the server, which may get another setting.
  const [admitted, setAdmitted] = useState<Partial<Pick<Me, "who_may_write" | "who_may_add">>>({});
  const [avatar, setAvatar] = useState(me.avatar);
  const save = useAction(async () => {
    const body = { ...more, ...admitted, nickname, signature, email, avatar, friend_policy: policy };
    await chat.api.call("patch", "/v1/me", { body });
    toast(t("profile.saved"));
  });
  return (
    <form
      class="form"
      onSubmit={(event) => {
        event.preventDefault();
        void save.run();
      }}
    >
      <h3>{t("profile.title")}</h3>
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
      <details class="more-fields">
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
      <fieldset>
        <legend>{t("profile.friendPolicy")}</legend>
        {POLICIES.map((one) => (
          <label key={one}>
            <input type="radio" name="policy" checked={policy === one} onChange={() => setPolicy(one)} />
            {t(`profile.friendPolicy.${one}`)}
          </label>
        ))}
      </fieldset>
      {CONSENTS.map(({ name, title }) => (
        <fieldset key={name}>
          <legend>{t(title)}</legend>
          {ADMITTED.map((one) => (
            <label key={one}>
              <input
                type="radio"
                name={name}
                checked={(admitted[name] ?? me[name]) === one}
                onChange={() => setAdmitted((before) => ({ ...before, [name]: one }))}
              />
              {t(`profile.whoMay.${one}`)}
            </label>
          ))}
        </fieldset>
      ))}
      <small>{t("profile.whoMayHint")}</small>
      <ProblemText text={save.problem} />
      <button class="primary" type="submit" disabled={save.isBusy}>
        {t("profile.save")}
      </button>
    </form>
  );
}

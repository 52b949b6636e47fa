import type { components } from "parley-client";
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { showNotifications, showsNotifications } from "../attention/settings.ts";
import { t } from "../i18n/i18n.ts";
import { InvitationField } from "../invitation/invitation-field.tsx";
import { linkTo, passingOn, passOn } from "../invitation/link.ts";
import { BRAND } from "../lib/brand.ts";
import { nameOf } from "../lib/names.ts";
import { PictureField } from "../people/picture-field.tsx";
import { useAccount } from "../state/context.ts";
import { go, href } from "../state/router.ts";
import { useAction } from "../state/use-action.ts";
import { useLoaded } from "../state/use-loaded.ts";
import { ProblemText } from "../ui/problem-text.tsx";

type Me = components["schemas"]["Me"];

/** What a newcomer does first. Each step disappears when it is done, and all with the first conversation. */
export function FirstSteps() {
  const { chat } = useAccount();
  const { value: me, problem, reload } = useLoaded("me", () => chat.api.call("get", "/v1/me", {}));
  if (!me) return problem ? <p class="blank problem">{problem}</p> : null;
  return <Steps me={me} reload={reload} />;
}

function Steps({ me, reload }: { me: Me; reload: () => void }) {
  const { chat } = useAccount();
  const link = linkTo({ view: "user", id: me.id });
  const [isDenied, setDenied] = useState(false);
  const mayChange = me.policies.profiles === "user";
  const save = useAction(async (body: { nickname?: string; avatar?: string }) => {
    await chat.api.call("patch", "/v1/me", { body });
    reload();
  });
  return (
    <section class="first-steps" aria-labelledby="first-steps">
      <div>
        <h2 id="first-steps">{t("first.title", { name: nameOf(me) })}</h2>
        <p>{t("first.hint")}</p>
      </div>
      <Step title={t("first.link")} hint={t("first.linkHint")}>
        <div class="copied-field">
          <input readOnly value={link} aria-label={t("first.link")} />
          <button type="button" class="primary" onClick={() => void passOn(link)}>
            {passingOn()}
          </button>
        </div>
      </Step>
      <Step title={t("first.invitation")}>
        <InvitationField onFound={(code) => go({ view: "invitation", code })} />
      </Step>
      <Step title={t("first.write")}>
        <a class="secondary" href={href({ view: "new" })}>
          {t("new.title")}
        </a>
      </Step>
      {mayChange && me.avatar === "" && (
        <Step title={t("first.picture")}>
          <PictureField
            id={me.id}
            name={nameOf(me)}
            value=""
            onChange={(avatar) => void save.run({ avatar })}
          />
        </Step>
      )}
      {mayChange && me.nickname === "" && (
        <Step title={t("account.nickname")}>
          <NameField onSave={(nickname) => void save.run({ nickname })} isBusy={save.isBusy} />
        </Step>
      )}
      {"Notification" in window && !showsNotifications.value && (
        <Step title={t("notify.title")} hint={t("first.notifyHint", { name: BRAND })}>
          <button
            type="button"
            class="secondary"
            onClick={() => void showNotifications(true).then(setDenied)}
          >
            {t("notify.turnOn")}
          </button>
          {isDenied && <p class="problem">{t("notify.denied")}</p>}
        </Step>
      )}
      <ProblemText text={save.problem} />
    </section>
  );
}

interface StepProps {
  title: string;
  hint?: string;
  children: ComponentChildren;
}

function Step({ title, hint, children }: StepProps) {
  return (
    <section class="step card">
      <h3>{title}</h3>
      {hint && <p class="status">{hint}</p>}
      {children}
    </section>
  );
}

function NameField({ onSave, isBusy }: { onSave: (name: string) => void; isBusy: boolean }) {
  const [name, setName] = useState("");
  return (
    <form
      class="copied-field"
      onSubmit={(event) => {
        event.preventDefault();
        onSave(name.trim());
      }}
    >
      <input
        type="text"
        autocomplete="nickname"
        maxLength={64}
        aria-label={t("account.nickname")}
        value={name}
        onInput={({ currentTarget }) => setName(currentTarget.value)}
      />
      <button type="submit" class="secondary" disabled={isBusy || name.trim() === ""}>
        {t("profile.save")}
      </button>
    </form>
  );
}

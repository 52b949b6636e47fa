import type { components } from "parley-client";
import { useState } from "preact/hooks";
import { t } from "../../i18n/i18n.ts";
import { useAccount } from "../../state/context.ts";
import { useMaking } from "../../state/making/use-making.ts";
import { useAction } from "../../state/use-action.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { ProblemText } from "../../ui/problem-text.tsx";

type Hook = components["schemas"]["IncomingHook"];

interface Props {
  /** the group */
  id: number;
  /** its hooks; undefined: not loaded yet */
  known: readonly Hook[] | undefined;
  /** with the URL of the hook */
  onMade: (url: string) => void;
  onClose: () => void;
}

/** Makes a hook: by which name, and with which picture, its messages are shown. */
export function HookDialog({ id, known, onMade, onClose }: Props) {
  const { chat, me } = useAccount();
  const [name, setName] = useState("");
  const [avatar, setAvatar] = useState("");
  const making = useMaking<Hook, { url: string }>();
  const make = useAction(async () => {
    const body = { name: name.trim(), avatar: avatar.trim() };
    const path = { id };
    const made = await making({
      known,
      list: async () =>
        (await chat.api.call("get", "/v1/conversations/{id}/hooks", { path }, { retry: false })).items,
      idOf: (one) => one.id,
      isIt: (one) => one.created_by === me && one.name === body.name,
      make: () => chat.api.call("post", "/v1/conversations/{id}/hooks", { path, body }),
      // Its address was in the answer that was lost.
      adopt: ({ id: hook }) =>
        chat.api.call("post", "/v1/conversations/{id}/hooks/{hook}/rotate", { path: { id, hook } }),
    });
    onMade(made.url);
  });
  return (
    <Dialog title={t("hooks.make")} onClose={onClose}>
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault();
          void make.run();
        }}
      >
        <p>{t("hooks.about")}</p>
        <label class="field">
          <span>{t("hooks.name")}</span>
          <input
            value={name}
            required
            maxLength={100}
            onInput={({ currentTarget }) => setName(currentTarget.value)}
          />
        </label>
        <label class="field">
          <span>{t("hooks.avatar")}</span>
          <input
            type="url"
            value={avatar}
            placeholder="https://"
            onInput={({ currentTarget }) => setAvatar(currentTarget.value)}
          />
        </label>
        <ProblemText text={make.problem} />
        <button class="primary" type="submit" disabled={make.isBusy}>
          {t("hooks.make")}
        </button>
      </form>
    </Dialog>
  );
}

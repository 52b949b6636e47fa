import type { components } from "parley-client";
import { useState } from "preact/hooks";
import { t } from "../../i18n/i18n.ts";
import { useAccount } from "../../state/context.ts";
import { useMaking } from "../../state/making/use-making.ts";
import { useAction } from "../../state/use-action.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { ProblemText } from "../../ui/problem-text.tsx";

type Bot = components["schemas"]["OwnBot"];

interface Props {
  /** the bots that the user has; undefined: not loaded yet */
  known: readonly Bot[] | undefined;
  /** with the token of the bot */
  onMade: (token: string) => void;
  onClose: () => void;
}

/** Makes a bot: what it is called, and the name by which others find it. */
export function BotDialog({ known, onMade, onClose }: Props) {
  const { chat } = useAccount();
  const [nickname, setNickname] = useState("");
  const [username, setUsername] = useState("");
  const making = useMaking<Bot, { token: string }>();
  const make = useAction(async () => {
    const name = username.trim();
    const body = { nickname: nickname.trim(), ...(name && { username: name }) };
    const made = await making({
      known,
      list: async () => (await chat.api.call("get", "/v1/bots", {}, { retry: false })).items,
      idOf: ({ id }) => id,
      isIt: (one) => one.nickname === body.nickname,
      make: () => chat.api.call("post", "/v1/bots", { body }),
      // Its token was in the answer that was lost.
      adopt: ({ id }) => chat.api.call("post", "/v1/bots/{id}/token", { path: { id } }),
    });
    onMade(made.token);
  });
  return (
    <Dialog title={t("bots.make")} onClose={onClose}>
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault();
          void make.run();
        }}
      >
        <label class="field">
          <span>{t("profile.nickname")}</span>
          <input
            value={nickname}
            required
            maxLength={100}
            onInput={({ currentTarget }) => setNickname(currentTarget.value)}
          />
        </label>
        <label class="field">
          <span>{t("bots.username")}</span>
          <input
            value={username}
            autocapitalize="none"
            spellcheck={false}
            maxLength={64}
            onInput={({ currentTarget }) => setUsername(currentTarget.value)}
          />
        </label>
        <ProblemText text={make.problem} />
        <button class="primary" type="submit" disabled={make.isBusy}>
          {t("bots.make")}
        </button>
      </form>
    </Dialog>
  );
}

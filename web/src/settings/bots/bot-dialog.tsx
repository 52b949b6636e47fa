import { useState } from "preact/hooks";
import { t } from "../../i18n/i18n.ts";
import { useAccount } from "../../state/context.ts";
import { useAction } from "../../state/use-action.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { ProblemText } from "../../ui/problem-text.tsx";

interface Props {
  /** with the token of the bot */
  onMade: (token: string) => void;
  onClose: () => void;
}

/** Makes a bot: what it is called, and the name by which others find it. */
export function BotDialog({ onMade, onClose }: Props) {
  const { chat } = useAccount();
  const [nickname, setNickname] = useState("");
  const [username, setUsername] = useState("");
  const make = useAction(async () => {
    const name = username.trim();
    const body = { nickname: nickname.trim(), ...(name && { username: name }) };
    onMade((await chat.api.call("post", "/v1/bots", { body })).token);
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

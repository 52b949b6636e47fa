import { useState } from "preact/hooks";
import { t } from "../../i18n/i18n.ts";
import { nameOf } from "../../lib/names.ts";
import { useAccount } from "../../state/context.ts";
import { href } from "../../state/router.ts";
import { useAction } from "../../state/use-action.ts";
import { useLoaded } from "../../state/use-loaded.ts";
import { Avatar } from "../../ui/avatar.tsx";
import { confirmed } from "../../ui/confirm.tsx";
import { ProblemText } from "../../ui/problem-text.tsx";
import { BotDialog } from "./bot-dialog.tsx";
import { TokenDialog } from "./token-dialog.tsx";

/** The bots that the user has made. */
export function Bots() {
  const { chat } = useAccount();
  const { value: me } = useLoaded("me", () => chat.api.call("get", "/v1/me", {}));
  const { value, problem, reload } = useLoaded("bots", () => chat.api.call("get", "/v1/bots"));
  const [isMaking, setMaking] = useState(false);
  const [token, setToken] = useState<string>();
  const renew = useAction(async (id: number) => {
    setToken((await chat.api.call("post", "/v1/bots/{id}/token", { path: { id } })).token);
  });
  const remove = useAction(async (id: number) => {
    await chat.api.call("delete", "/v1/bots/{id}", { path: { id } });
    reload();
  });
  return (
    <section class="form" aria-label={t("bots.title")}>
      <header class="section-head">
        <h3>{t("bots.title")}</h3>
        {me?.policies.bots === "anyone" && (
          <button class="link" type="button" onClick={() => setMaking(true)}>
            {t("bots.make")}
          </button>
        )}
      </header>
      <p>{t("bots.about")}</p>
      <ProblemText text={problem || renew.problem || remove.problem} />
      <ul class="people">
        {value?.items.map((bot) => (
          <li key={bot.id} class="hook">
            <Avatar id={bot.id} name={nameOf(bot)} picture={bot.avatar} size="small" />
            <a href={href({ view: "user", id: bot.id })}>
              <bdi>{nameOf(bot)}</bdi>
            </a>
            <button
              class="link"
              type="button"
              aria-label={t("bots.tokenOf", { name: nameOf(bot) })}
              onClick={async () => {
                if (await confirmed(t("bots.token"), t("bots.tokenQuestion", { name: nameOf(bot) })))
                  void renew.run(bot.id);
              }}
            >
              {t("bots.token")}
            </button>
            <button
              class="link"
              type="button"
              aria-label={t("bots.deleteOf", { name: nameOf(bot) })}
              onClick={async () => {
                if (await confirmed(t("bots.delete"), t("bots.deleteQuestion", { name: nameOf(bot) })))
                  void remove.run(bot.id);
              }}
            >
              {t("bots.delete")}
            </button>
          </li>
        ))}
      </ul>
      {isMaking && (
        <BotDialog
          onMade={(made) => {
            setMaking(false);
            setToken(made);
            reload();
          }}
          onClose={() => setMaking(false)}
        />
      )}
      {token && <TokenDialog token={token} onClose={() => setToken(undefined)} />}
    </section>
  );
}

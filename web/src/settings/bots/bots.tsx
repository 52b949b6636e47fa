import { useState } from "preact/hooks";
import { t } from "../../i18n/i18n.ts";
import { nameOf } from "../../lib/names.ts";
import { useAccount } from "../../state/context.ts";
import { href } from "../../state/router.ts";
import { useAction } from "../../state/use-action.ts";
import { useLoaded } from "../../state/use-loaded.ts";
import { Avatar } from "../../ui/avatar.tsx";
import { confirmed } from "../../ui/confirm.tsx";
import { Icon } from "../../ui/icon.tsx";
import { LATER } from "../../ui/later/icons.ts";
import { Menu } from "../../ui/overlay/menu.tsx";
import { ProblemText } from "../../ui/problem-text.tsx";
import { useMe } from "../use-me.ts";
import { BotDialog } from "./bot-dialog.tsx";
import { TokenDialog } from "./token-dialog.tsx";

/** The bots that the user has made. */
export function Bots() {
  const { chat } = useAccount();
  const { value: me } = useMe();
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
    <div class="card">
      <p>{t("bots.about")}</p>
      <ProblemText text={problem || renew.problem || remove.problem} />
      <ul class="bots">
        {value?.items.map((bot) => (
          <li key={bot.id} class="hook">
            <Avatar id={bot.id} name={nameOf(bot)} picture={bot.avatar} size="small" />
            <a class="plain" href={href({ view: "user", id: bot.id })}>
              <bdi>{nameOf(bot)}</bdi>
              <small>@{bot.username}</small>
            </a>
            <Menu
              label={t("list.actions", { name: nameOf(bot) })}
              items={[
                {
                  label: t("bots.token"),
                  icon: LATER.undo,
                  onSelect: async () => {
                    if (await confirmed(t("bots.token"), t("bots.tokenQuestion", { name: nameOf(bot) })))
                      void renew.run(bot.id);
                  },
                },
                {
                  label: t("bots.delete"),
                  icon: LATER.trash,
                  isDanger: true,
                  onSelect: async () => {
                    if (await confirmed(t("bots.delete"), t("bots.deleteQuestion", { name: nameOf(bot) })))
                      void remove.run(bot.id);
                  },
                },
              ]}
            />
          </li>
        ))}
      </ul>
      {me?.policies.bots === "anyone" && (
        <button class="secondary" type="button" onClick={() => setMaking(true)}>
          <Icon name="plus" />
          {t("bots.make")}
        </button>
      )}
      {isMaking && (
        <BotDialog
          known={value?.items}
          onMade={(made) => {
            setMaking(false);
            setToken(made);
            reload();
          }}
          onClose={() => setMaking(false)}
        />
      )}
      {token && <TokenDialog token={token} onClose={() => setToken(undefined)} />}
    </div>
  );
}

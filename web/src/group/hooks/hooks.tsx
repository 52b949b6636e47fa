import { useState } from "preact/hooks";
import { t } from "../../i18n/i18n.ts";
import { useAccount } from "../../state/context.ts";
import { useAction } from "../../state/use-action.ts";
import { useLoaded } from "../../state/use-loaded.ts";
import { Avatar } from "../../ui/avatar.tsx";
import { confirmed } from "../../ui/confirm.tsx";
import { HookDialog } from "./hook-dialog.tsx";
import { UrlDialog } from "./url-dialog.tsx";

/** The hooks by which other services write in a group, for its admins. */
export function Hooks({ id }: { id: number }) {
  const { chat } = useAccount();
  const path = { id };
  const { value, problem, reload } = useLoaded(`${id}`, () =>
    chat.api.call("get", "/v1/conversations/{id}/hooks", { path }),
  );
  const [isMaking, setMaking] = useState(false);
  const [url, setUrl] = useState<string>();
  const rotate = useAction(async (hook: string) => {
    const ofHook = { path: { id, hook } };
    setUrl((await chat.api.call("post", "/v1/conversations/{id}/hooks/{hook}/rotate", ofHook)).url);
  });
  const remove = useAction(async (hook: string) => {
    await chat.api.call("delete", "/v1/conversations/{id}/hooks/{hook}", { path: { id, hook } });
    reload();
  });
  const failed = problem || rotate.problem || remove.problem;
  return (
    <section class="group">
      <header class="section-head">
        <h3>{t("hooks.title")}</h3>
        <button class="link" type="button" onClick={() => setMaking(true)}>
          {t("hooks.make")}
        </button>
      </header>
      {failed && <p class="problem">{failed}</p>}
      <ul class="people">
        {value?.items.map((hook) => (
          <li key={hook.id} class="hook">
            <Avatar id={0} name={hook.name} picture={hook.avatar} size="small" />
            <bdi>{hook.name}</bdi>
            {hook.waiting && <small>{t("hooks.waiting")}</small>}
            <button
              class="link"
              type="button"
              aria-label={t("hooks.rotateOf", { name: hook.name })}
              onClick={async () => {
                if (await confirmed(t("hooks.rotate"), t("hooks.rotateQuestion", { name: hook.name })))
                  void rotate.run(hook.id);
              }}
            >
              {t("hooks.rotate")}
            </button>
            <button
              class="link"
              type="button"
              aria-label={t("hooks.deleteOf", { name: hook.name })}
              onClick={async () => {
                if (await confirmed(t("hooks.delete"), t("hooks.deleteQuestion", { name: hook.name })))
                  void remove.run(hook.id);
              }}
            >
              {t("hooks.delete")}
            </button>
          </li>
        ))}
      </ul>
      {isMaking && (
        <HookDialog
          id={id}
          known={value?.items}
          onMade={(made) => {
            setMaking(false);
            setUrl(made);
            reload();
          }}
          onClose={() => setMaking(false)}
        />
      )}
      {url && <UrlDialog url={url} onClose={() => setUrl(undefined)} />}
    </section>
  );
}

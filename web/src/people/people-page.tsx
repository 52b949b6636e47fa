import type { FoundUser } from "parley-client/people";
import type { Key } from "../i18n/catalog.ts";
import { t } from "../i18n/i18n.ts";
import { nameOf } from "../lib/names.ts";
import { openSearch } from "../search/search.ts";
import { useAccount } from "../state/context.ts";
import { href } from "../state/router.ts";
import type { User } from "../state/types.ts";
import { useAction } from "../state/use-action.ts";
import { type Pages, usePages } from "../state/use-pages.ts";
import { useReload } from "../state/use-reload.ts";
import { Icon } from "../ui/icon.tsx";
import { Empty } from "../ui/missing/empty.tsx";
import { Placeholder } from "../ui/missing/placeholder.tsx";
import { MoreButton } from "../ui/more.tsx";
import { Menu } from "../ui/overlay/menu.tsx";
import { Page } from "../ui/page.tsx";
import { PersonRow } from "./person-row.tsx";
import { relationActions } from "./relations.ts";

/** The user's friends, the requests of both directions, and whom they block. */
export function PeoplePage() {
  const { chat } = useAccount();
  const { api } = chat;
  const friends = usePages((query) => api.call("get", "/v1/friends", { query }));
  const incoming = usePages(async (query) =>
    usersOf(await api.call("get", "/v1/friends/requests", { query: { ...query, direction: "incoming" } })),
  );
  const outgoing = usePages(async (query) =>
    usersOf(await api.call("get", "/v1/friends/requests", { query: { ...query, direction: "outgoing" } })),
  );
  const blocked = usePages((query) => api.call("get", "/v1/blocks", { query }));
  const all = [friends, incoming, outgoing, blocked];
  const reload = () => {
    for (const pages of all) pages.reload();
  };
  useReload(reload, ({ type }) => type === "friend");
  if (all.every(({ items, problem }) => items?.length === 0 && !problem))
    return (
      <Page title={t("people.title")} back={href({ view: "home" })}>
        <Empty icon="people" text={t("people.none")}>
          <button class="primary" type="button" onClick={() => openSearch("")}>
            {t("people.find")}
          </button>
        </Empty>
      </Page>
    );
  return (
    <Page title={t("people.title")} back={href({ view: "home" })}>
      <button class="secondary" type="button" onClick={() => openSearch("")}>
        <Icon name="search" />
        {t("people.find")}
      </button>
      <Group title="people.requests" pages={incoming} relation="requested_by" done={reload} />
      <Group title="people.friends" pages={friends} relation="friends" done={reload} isAlways />
      <Group title="people.sent" pages={outgoing} relation="requested" done={reload} />
      <Group title="people.blocked" pages={blocked} relation="blocked" done={reload} />
    </Page>
  );
}

interface GroupProps {
  title: Key;
  pages: Pages<User>;
  relation: FoundUser["relation"];
  done: () => void;
  /** shown without users too */
  isAlways?: boolean;
}

function Group({ title, pages: { items, hasMore, problem, more }, relation, done, isAlways }: GroupProps) {
  const account = useAccount();
  if (!isAlways && !items?.length && !problem) return null;
  return (
    <section class="group">
      <h3>{t(title)}</h3>
      {problem && <p class="problem">{problem}</p>}
      {isAlways && !items && !problem && <Placeholder />}
      {items?.length === 0 && <p class="status">{t("people.none")}</p>}
      <ul class="people">
        {items?.map((user) => (
          <PersonRow key={user.id} user={user}>
            {relation === "requested_by" && <Accept id={user.id} done={done} />}
            <Menu
              label={t("list.actions", { name: nameOf(user) })}
              items={relationActions(account, { ...user, relation }, done)}
            />
          </PersonRow>
        ))}
      </ul>
      <MoreButton pages={{ hasMore, more }} />
    </section>
  );
}

function Accept({ id, done }: { id: number; done: () => void }) {
  const { chat } = useAccount();
  const accept = useAction(async () => {
    await chat.api.call("put", "/v1/friends/{user_id}", { path: { user_id: id } });
    done();
  });
  return (
    <button class="secondary" type="button" disabled={accept.isBusy} onClick={() => void accept.run()}>
      {t("people.accept")}
    </button>
  );
}

function usersOf({ items, next_cursor }: { items: { user: User }[]; next_cursor: string | null }) {
  return { items: items.map(({ user }) => user), next_cursor };
}

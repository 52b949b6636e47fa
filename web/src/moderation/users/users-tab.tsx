import { useState } from "preact/hooks";
import { st } from "../../i18n/staff.ts";
import { nameOf } from "../../lib/names.ts";
import { useAccount } from "../../state/context.ts";
import { usePages } from "../../state/use-pages.ts";
import { Avatar } from "../../ui/avatar.tsx";
import { More } from "../../ui/more.tsx";
import { staffHref } from "../links.tsx";
import { Nothing } from "../nothing.tsx";
import { UserDetail } from "./user-detail.tsx";

interface Props {
  /** the user who is shown; 0: none */
  id: number;
  mayAct: boolean;
}

/** A search for users, and one of them beside it, or in its place on a narrow screen. */
export function UsersTab({ id, mayAct }: Props) {
  const [written, setWritten] = useState("");
  const [q, setQuery] = useState("");
  return (
    <div class="admin-columns" data-open={id > 0}>
      <div class="admin-list">
        <form
          class="admin-search"
          onSubmit={(event) => {
            event.preventDefault();
            // Each search has a row in the audit log, so it does not follow each letter.
            setQuery(written.trim());
          }}
        >
          <label class="field">
            {st("users.search")}
            <input
              type="search"
              value={written}
              aria-describedby="users-hint"
              onInput={({ currentTarget }) => setWritten(currentTarget.value)}
            />
          </label>
          <small id="users-hint">{st("users.searchHint")}</small>
          <button class="secondary" type="submit" disabled={!written.trim()}>
            {st("users.find")}
          </button>
        </form>
        {q && <Found q={q} current={id} />}
      </div>
      <div class="admin-detail">
        {id > 0 ? (
          <UserDetail key={id} id={id} mayAct={mayAct} />
        ) : (
          <Nothing icon="search" text={st("users.choose")} />
        )}
      </div>
    </div>
  );
}

function Found({ q, current }: { q: string; current: number }) {
  const { chat } = useAccount();
  const pages = usePages(
    (query) => chat.api.call("get", "/v1/moderation/users", { query: { ...query, q } }),
    q,
  );
  return (
    <>
      <ul aria-label={st("tab.users")}>
        {pages.items?.map((user) => (
          <li key={user.id}>
            <a
              class="person"
              href={staffHref({ tab: "users", id: user.id })}
              aria-current={user.id === current ? "true" : undefined}
            >
              <Avatar id={user.id} name={nameOf(user)} picture={user.avatar} />
              <span class="row-name">
                <bdi data-bot={user.bot || undefined}>{nameOf(user)}</bdi>
                {user.role !== "user" && <span class="admin-label">{st(`role.${user.role}`)}</span>}
                {user.suspension?.shadow && <span class="admin-label">{st("user.shadowed")}</span>}
                {user.state === "suspended" && <span class="admin-label">{st("user.suspended")}</span>}
              </span>
              <small>@{user.username}</small>
            </a>
          </li>
        ))}
      </ul>
      <More pages={pages} icon="people" empty={st("users.none")} />
    </>
  );
}
